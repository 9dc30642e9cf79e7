"""A drill by Alertmanager's API alone, for servers that somebody else runs: their files are not stackctl's to write.

Alertmanager is handed alerts as Prometheus would send them, and the real receivers are notified. The rule is not
evaluated: its labels and texts are filled in as far as they are known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from stackctl.diagnostic import Diagnostic
from stackctl.drill.alerts import Drilled
from stackctl.drill.tracking import ID, Delivery, of_receivers
from stackctl.promql import duration
from stackctl.source import Position
from stackctl.verification.subject import Subject

# Tells the alerts of one drill from those of all others, so that none is taken for one that was notified before.
MARK = "drill_id"
# Alertmanager's own defaults.
_GROUP_WAIT, _GROUP_INTERVAL, _RESOLVE_TIMEOUT = "30s", "5m", "5m"
_LABEL = re.compile(r"\{\{-?\s*(?:\$labels|\.Labels)\.(\w+)\s*-?\}\}")
_ROUTES = (
    "`stackctl render --out DIR` writes the routes to `DIR/alertmanager/alertmanager.yml`: bring them into the "
    "configuration of that Alertmanager, and reload it."
)
_ONE = "Give the address of one Alertmanager itself: behind a load balancer another one may answer each time."
_DOUBT = "; messages about real alerts, which fire there too, were counted with it"
_NOT_PART = "the alerts were handed to Alertmanager, so that no rule was evaluated and Prometheus sent nothing"


def filled(alert: Drilled) -> Drilled:
    """Return `alert` with its labels in the texts that name them. A label with any other template is left out, as only
    Prometheus knows its value; an annotation keeps it."""
    labels = {name: _filled(value, alert.labels) for name, value in alert.labels.items()}
    known = {name: value for name, value in labels.items() if "{{" not in value}
    annotations = {name: _filled(text, known) for name, text in alert.annotations.items()}
    return replace(alert, labels={"alertname": alert.name, **known}, annotations=annotations)


def _filled(text: str, labels: Mapping[str, str]) -> str:
    return _LABEL.sub(lambda found: labels.get(found[1], ""), text)


def resolve_seconds(routing: Mapping[str, Any]) -> float:
    """Return the time after which a loaded configuration ends an alert that nobody has sent again, in seconds."""
    return duration.seconds(str((routing.get("global") or {}).get("resolve_timeout") or _RESOLVE_TIMEOUT))


def patience(routing: Mapping[str, Any], receivers: Sequence[str]) -> tuple[float, float]:
    """Return how long a loaded configuration makes the first notification of a group wait, and one that follows: the
    longest `group_wait` and `group_interval` of the routes to `receivers`, in seconds."""
    every = _times(routing.get("route") or {}, "", _GROUP_WAIT, _GROUP_INTERVAL)
    found = [times for receiver, *times in every if receiver in receivers]
    waits, intervals = zip(*found, strict=True) if found else ((_GROUP_WAIT,), (_GROUP_INTERVAL,))
    return max(map(duration.seconds, waits)), max(map(duration.seconds, intervals))


def _times(route: Mapping[str, Any], receiver: str, wait: str, interval: str) -> Iterator[tuple[str, str, str]]:
    receiver = str(route.get("receiver") or receiver)
    wait, interval = str(route.get("group_wait") or wait), str(route.get("group_interval") or interval)
    yield receiver, wait, interval
    for child in route.get("routes") or ():
        yield from _times(child, receiver, wait, interval)


def posted_finding(
    delivery: Delivery, waited_seconds: float, since: float, declared: frozenset[str], *, is_doubtful: bool
) -> Diagnostic:
    """Return the finding on an alert that was handed over at `since` (Unix time), and that the manifest leads to the
    receivers `declared`. It `is_doubtful` where the messages of real alerts were counted too."""
    subject = Subject(ID, delivery.alert.subject, delivery.alert.origin)
    if delivery.received is None:
        return subject.failed(
            f"Alertmanager has accepted it, but does not show it after {waited_seconds:g} s", _ONE, stage="loaded"
        )
    if lost := sorted(declared - {*delivery.receivers}):
        summary = f"taken by Alertmanager, whose routes lead it to {_listed(delivery.receivers)}, not to "
        return subject.failed(f"{summary}{_listed(lost)} as those of the manifest do", _ROUTES, stage="loaded")
    found = of_receivers(subject, delivery, "taken by Alertmanager", waited_seconds, since)
    if found.status == "pass" and is_doubtful:
        return replace(found, summary=f"{found.summary}{_DOUBT}")
    return found


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "nobody"


def dropped_finding(alert: Drilled, step: int) -> Diagnostic:
    """Return the finding on an alert that step number `step` of Prometheus' `alert_relabel_configs` drops."""
    summary = f"Prometheus does not send it: step {step} of its `alert_relabel_configs` drops it"
    remedy = "Correct that step in `alerting` of prometheus.yml, or leave this alert out of the drill."
    return Subject(ID, alert.subject, alert.origin).failed(summary, remedy)


def left_out(prometheus: Position) -> Diagnostic:
    """Return what such a drill does not show, with the position of the `prometheus` that it leaves out."""
    remedy = "Run `stackctl verify`: `rule.healthy` and `alertmanager.connected` prove that."
    return Diagnostic(ID, _NOT_PART, prometheus, remedy=remedy, status="info", subject="prometheus")
