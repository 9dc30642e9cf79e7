"""Alertmanager's HTTP API, version 2, as far as stackctl asks it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import Any

from stackctl.clients.exposition import Exposition
from stackctl.clients.http import Answer, Http, NoAnswer, words
from stackctl.clients.prometheus import timestamp

_HASH = re.compile(r"^alertmanager_config_hash (\S+)$", re.MULTILINE)
_STARTED = "process_start_time_seconds"


@dataclass(frozen=True)
class ActiveAlert:
    """An alert that Alertmanager has, since when (Unix time), and the receivers that its routes have chosen.

    Of what keeps it from them: the ids of `silences`, whether other alerts inhibit it, and the names of time intervals.
    """

    labels: Mapping[str, str]
    receivers: tuple[str, ...]
    updated: float
    silences: tuple[str, ...] = ()
    inhibited: bool = False
    muted: tuple[str, ...] = ()


@dataclass(frozen=True)
class Group:
    """Alerts that a receiver gets in one message: the labels of those that nothing keeps from it."""

    receiver: str
    active: tuple[Mapping[str, str], ...]


@dataclass(frozen=True)
class Silence:
    """A silence: who made it, until when it holds (Unix time), and the comment."""

    author: str
    ends: float
    comment: str


@dataclass(frozen=True)
class Account:
    """The attempts to notify since the start, and how many of these failed."""

    tried: float = 0.0
    failed: float = 0.0


@dataclass(frozen=True)
class Alertmanager:
    """The client. Every method raises `NoAnswer` when the server gives none, or gives an error."""

    http: Http

    def reload(self) -> Answer:
        return self.http.ask("/-/reload", method="POST")

    def config(self) -> str:
        """The loaded configuration as YAML, secrets hidden."""
        return self.http.json("/api/v2/status", lambda answer: str(answer["config"]["original"]))

    def started(self) -> str:
        """The time of its start, in its own words."""
        return self.http.json("/api/v2/status", lambda answer: str(answer["uptime"]))

    def cluster(self) -> tuple[str, tuple[str, ...]]:
        """The status of its cluster (`ready`, `settling`, `disabled`), and the addresses of all that are in it, its own
        too: `host:port`."""

        def read(answer: Any) -> tuple[str, tuple[str, ...]]:
            cluster = answer["cluster"]
            addresses = (str(peer.get("address", "")) for peer in cluster.get("peers") or ())
            return str(cluster.get("status", "")), tuple(addresses)

        return self.http.json("/api/v2/status", read)

    def peers(self) -> int:
        """The number of Alertmanagers in its cluster, 1 for one alone."""
        return len(self.cluster()[1]) or 1

    def config_hash(self) -> int:
        """The loaded configuration: the first six bytes of the MD5 sum of the file, as a little-endian number."""
        found = _HASH.search(self.http.ask("/metrics").text)
        if found is None:
            raise NoAnswer.of(
                "server.no-answer", f"{self.http.base}/metrics does not report which configuration is loaded"
            )
        return int(float(found[1]))

    def reload_ok(self) -> bool:
        """Return whether the last reload of the configuration succeeded; otherwise the previous one is still in use."""
        answer = self.http.ask("/metrics")
        if not answer.ok:
            raise self.http.refused("/metrics", answer)
        return "\nalertmanager_config_last_reload_successful 0" not in answer.text

    def receivers(self) -> tuple[str, ...]:
        """The names of the loaded receivers."""
        return self.http.json("/api/v2/receivers", lambda answer: tuple(entry["name"] for entry in answer))

    def alerts(self, matcher: str) -> tuple[ActiveAlert, ...]:
        """The alerts that hold now, silenced and inhibited ones too, of those that `matcher` (`a="b"`) fits."""
        return self.http.json("/api/v2/alerts", _alerts, params={"filter": matcher})

    def all_alerts(self) -> tuple[ActiveAlert, ...]:
        """The alerts that hold now, silenced and inhibited ones too."""
        return self.http.json("/api/v2/alerts", _alerts)

    def silence(self, name: str) -> Silence:
        """The silence with this id."""
        return self.http.json(
            f"/api/v2/silence/{name}",
            lambda answer: Silence(answer["createdBy"], timestamp(answer["endsAt"]), answer["comment"]),
        )

    def states(self, receiver: str) -> Mapping[str, int]:
        """State -> how many alerts of a receiver have it: `active`, `suppressed` (silenced, inhibited or muted), ...

        Asked of the groups, as only these know what is muted by a time interval.
        """

        def count(groups: Any) -> Mapping[str, int]:
            return Counter(alert["status"]["state"] for group in groups for alert in group["alerts"])

        return self.http.json("/api/v2/alerts/groups", count, params={"receiver": re.escape(receiver)})

    def groups(self) -> tuple[Group, ...]:
        """The groups of the alerts that hold now."""
        return self.http.json("/api/v2/alerts/groups", _groups)

    def fire(self, alerts: Sequence[Mapping[str, Mapping[str, str]]]) -> None:
        """Say that alerts (`labels` and `annotations`) fire, until `end`, or until its `resolve_timeout` is over."""
        self._post(alerts)

    def end(self, alerts: Sequence[Mapping[str, str]]) -> None:
        """Say that the alerts with these labels are over."""
        now = datetime.now(timezone.utc).isoformat()
        self._post([{"labels": dict(each), "endsAt": now} for each in alerts])

    def _post(self, alerts: Sequence[Mapping[str, Any]]) -> None:
        answer = self.http.ask("/api/v2/alerts", method="POST", body=alerts)
        if not answer.ok:
            error = NoAnswer.of(
                "server.no-answer", f"{self.http.base} does not accept alerts: {answer.status} {words(answer.text)}"
            )
            error.status = answer.status
            raise error

    def process_started(self) -> float | None:
        """The Unix time at which its process began, by its own metrics; None where they do not say it."""
        series = Exposition(self.http.ask("/metrics").text).series(_STARTED)
        return next((value for _, value in series), None)

    def notifications(self) -> Mapping[tuple[str, str], Account]:
        """The attempts to notify, by receiver and integration. The receiver is "" where the version does not say it."""
        return self.process_notifications()[1]

    def process_notifications(self) -> tuple[float | None, Mapping[tuple[str, str], Account]]:
        """The start of the process that answers, as `process_started`, and its `notifications`."""
        answer = self.http.ask("/metrics")
        if not answer.ok:
            raise self.http.refused("/metrics", answer)
        metrics = Exposition(answer.text)
        found: dict[tuple[str, str], Account] = {}
        for name in ("", "failed_"):
            for labels, value in metrics.series(f"alertmanager_notification_requests_{name}total"):
                key = labels.get("receiver_name", ""), labels.get("integration", "")
                known = found.get(key, Account())
                added = (
                    replace(known, failed=known.failed + value) if name else replace(known, tried=known.tried + value)
                )
                found[key] = added
        return next((value for _, value in metrics.series(_STARTED)), None), found


def _alerts(answer: Any) -> tuple[ActiveAlert, ...]:
    return tuple(
        ActiveAlert(
            alert["labels"],
            tuple(receiver["name"] for receiver in alert["receivers"]),
            timestamp(alert["updatedAt"]),
            tuple(alert["status"]["silencedBy"]),
            bool(alert["status"]["inhibitedBy"]),
            tuple(alert["status"].get("mutedBy") or ()),  # from Alertmanager 0.28 on
        )
        for alert in answer
    )


def _groups(answer: Any) -> tuple[Group, ...]:
    return tuple(
        Group(
            group["receiver"]["name"],
            tuple(alert["labels"] for alert in group["alerts"] if alert["status"]["state"] == "active"),
        )
        for group in answer
    )
