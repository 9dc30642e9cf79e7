"""Alertmanager's HTTP API, version 2, as far as stackctl asks it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from stackctl.clients.http import Answer, Http, NoAnswer
from stackctl.clients.prometheus import timestamp

_HASH = re.compile(r"^alertmanager_config_hash (\S+)$", re.MULTILINE)


@dataclass(frozen=True)
class ActiveAlert:
    """An alert that Alertmanager has, since when (Unix time), and the receivers that its routes have chosen."""

    labels: Mapping[str, str]
    receivers: tuple[str, ...]
    updated: float


@dataclass(frozen=True)
class Alertmanager:
    """The client. Every method raises `NoAnswer` when the server gives none, or gives an error."""

    http: Http

    def reload(self) -> Answer:
        return self.http.ask("/-/reload", method="POST")

    def config(self) -> str:
        """The loaded configuration as YAML, secrets hidden."""
        return self.http.json("/api/v2/status", lambda answer: str(answer["config"]["original"]))

    def config_hash(self) -> int:
        """Which configuration is loaded: the first six bytes of the MD5 sum of the file, as a little-endian number."""
        found = _HASH.search(self.http.ask("/metrics").text)
        if found is None:
            raise NoAnswer.of(f"{self.http.base}/metrics does not tell which configuration is loaded")
        return int(float(found[1]))

    def reload_ok(self) -> bool:
        """Whether the last reload of the configuration went well; what was loaded before is in force when not."""
        return "\nalertmanager_config_last_reload_successful 0" not in self.http.ask("/metrics").text

    def receivers(self) -> tuple[str, ...]:
        """The names of the loaded receivers."""
        return self.http.json("/api/v2/receivers", lambda answer: tuple(entry["name"] for entry in answer))

    def alerts(self, matcher: str) -> tuple[ActiveAlert, ...]:
        """The alerts that hold now, silenced and inhibited ones too, of those that `matcher` (`a="b"`) fits."""
        return self.http.json("/api/v2/alerts", _alerts, params={"filter": matcher})

    def end(self, alerts: Sequence[Mapping[str, str]]) -> None:
        """Say that the alerts with these labels are over."""
        now = datetime.now(timezone.utc).isoformat()
        answer = self.http.ask(
            "/api/v2/alerts", method="POST", body=[{"labels": dict(each), "endsAt": now} for each in alerts]
        )
        if not answer.ok:
            raise NoAnswer.of(f"{self.http.base} does not take the end of alerts: {answer.status} {answer.text}")

    def notifications(self) -> Mapping[str, tuple[float, float]]:
        """How many notifications each integration was to send, and how many of these failed, since the start."""
        text = self.http.ask("/metrics").text
        sent, failed = (_by_integration(text, f"alertmanager_notifications_{name}total") for name in ("", "failed_"))
        return {integration: (count, failed.get(integration, 0.0)) for integration, count in sent.items()}


def _alerts(answer: Any) -> tuple[ActiveAlert, ...]:
    return tuple(
        ActiveAlert(
            alert["labels"], tuple(receiver["name"] for receiver in alert["receivers"]), timestamp(alert["updatedAt"])
        )
        for alert in answer
    )


def _by_integration(text: str, name: str) -> dict[str, float]:
    """The counter `name` of an exposition, summed by its `integration`."""
    result: dict[str, float] = {}
    for labels, value in re.findall(rf"^{name}\{{(.*)\}} (\S+)$", text, re.MULTILINE):
        integration = re.findall(r'integration="([^"]*)"', labels)
        result[integration[0]] = result.get(integration[0], 0.0) + float(value)
    return result
