"""Alertmanager's HTTP API, version 2, as far as stackctl asks it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import Any

from stackctl.clients.exposition import Exposition
from stackctl.clients.http import Answer, Http, NoAnswer
from stackctl.clients.prometheus import timestamp

_HASH = re.compile(r"^alertmanager_config_hash (\S+)$", re.MULTILINE)


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

    def end(self, alerts: Sequence[Mapping[str, str]]) -> None:
        """Say that the alerts with these labels are over."""
        now = datetime.now(timezone.utc).isoformat()
        answer = self.http.ask(
            "/api/v2/alerts", method="POST", body=[{"labels": dict(each), "endsAt": now} for each in alerts]
        )
        if not answer.ok:
            raise NoAnswer.of(
                "server.no-answer", f"{self.http.base} does not accept the end of alerts: {answer.status} {answer.text}"
            )

    def process_started(self) -> float | None:
        """The Unix time at which its process began, by its own metrics; None where they do not say it."""
        series = Exposition(self.http.ask("/metrics").text).series("process_start_time_seconds")
        return next((value for _, value in series), None)

    def notifications(self) -> Mapping[tuple[str, str], Account]:
        """The attempts to notify, by receiver and integration. The receiver is "" where the version does not say it."""
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
        return found


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
