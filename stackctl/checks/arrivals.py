"""The way of alerts: whether each Alertmanager takes what Prometheus sends, by Prometheus' own counters, and whether
the alerts that fire are in the stack's own one. That Prometheus knows an Alertmanager says neither."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from stackctl import conventions as c
from stackctl.clients.alertmanager import ActiveAlert
from stackctl.clients.exposition import Exposition
from stackctl.clients.http import NoAnswer
from stackctl.clients.prometheus import FiringAlert, timestamp
from stackctl.promql import duration
from stackctl.verification import server_log
from stackctl.verification.context import Context

# Where an Alertmanager takes alerts.
API = "/api/v2/alerts"
_PREFIX = "prometheus_notifications_"
# How far back Prometheus' own series, where it scrapes itself, say what has become of its alerts.
_PAST = "15m"
# When Prometheus sends an alert again that was not taken, at the next evaluation after that, unless its flag says more.
_RESEND_SECONDS = 60.0
# Until then a Prometheus that has just started may not know where its Alertmanager is.
_DISCOVERY_SECONDS = 2 * c.TARGET_SYNC_SECONDS


@dataclass(frozen=True)
class Account:
    """The alerts that were sent to an Alertmanager, and the attempts of these that failed."""

    sent: float = 0.0
    failed: float = 0.0


@dataclass(frozen=True)
class Arrival:
    """The names of firing alerts that the stack's Alertmanager does not have.

    late    they are sent again before long
    lost    they had the time to arrive; `reason` is why, in Prometheus' words, "" where its log does not say it
    """

    late: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    reason: str = ""


def base_of(url: str) -> str:
    """The base of an Alertmanager's URLs, as Prometheus reports the one that it posts to."""
    return url.removesuffix(API)


def accounts(context: Context, active: Sequence[str]) -> Mapping[str, Account]:
    """The accounts of the last minutes, by URL; those since the start, where Prometheus does not scrape itself."""
    with suppress(NoAnswer):
        found = [
            {labels.get("alertmanager", ""): value for labels, value in context.prometheus().values(query)}
            for query in (
                f"sum by (alertmanager) (increase({_PREFIX}{name}_total[{_PAST}]))" for name in ("sent", "errors")
            )
        ]
        recent = {url: Account(found[0].get(url, 0.0), found[1].get(url, 0.0)) for url in active}
        if any(each.sent or each.failed for each in recent.values()):
            return recent
    with suppress(NoAnswer):
        metrics = context.prometheus().own_metrics()
        return {url: Account(_total(metrics, "sent", url), _total(metrics, "errors", url)) for url in active}
    return {}


def _total(metrics: Exposition, name: str, url: str) -> float:
    series = metrics.series(f"{_PREFIX}{name}_total")
    return sum(value for labels, value in series if labels.get("alertmanager") == url)


def look(context: Context) -> Arrival | NoAnswer:
    """Look which firing alerts the stack's Alertmanager does not have.

    Where `alert_relabel_configs` changes alerts on their way, or drops them, there is nothing to compare, unless it
    only takes labels off, as that of a replica.
    """
    alerting = context.tree.yaml(c.PROMETHEUS_FILE).get("alerting") or {}
    steps = [step for each in (alerting, *(alerting.get("alertmanagers") or ())) for step in _steps(each)]
    if not all(map(_takes_label_off, steps)):
        return Arrival()
    gone = {step["regex"] for step in steps}

    def observe() -> list[FiringAlert]:
        firing = [each for each in context.prometheus().alerts() if each.firing]
        arrived = context.alertmanager().all_alerts() if firing else ()
        return [each for each in firing if not _has(arrived, each, gone)]

    seen = context.settle(observe, lambda missing: not missing)
    if isinstance(seen, NoAnswer) or not seen:
        return seen if isinstance(seen, NoAnswer) else Arrival()
    try:
        due = _now(context) - _patience(context)
        began = max(context.prometheus().runtime_info().started, timestamp(context.alertmanager().started()))
        began += _DISCOVERY_SECONDS
    except NoAnswer as error:
        return error
    lost = [each for each in seen if max(each.since, began) < due]
    reason = _reason(context) if lost else ""
    return Arrival(_names(each for each in seen if each not in lost), _names(lost), reason)


def is_settled(context: Context) -> bool:
    """Return whether Prometheus has run for so long that it has sent again what was not taken at its start."""
    try:
        settled = context.prometheus().runtime_info().configured + _DISCOVERY_SECONDS
        return settled < _now(context) - _patience(context)
    except NoAnswer:
        return False


def _patience(context: Context) -> float:
    resend = _RESEND_SECONDS
    with suppress(NoAnswer, ValueError):
        resend = duration.seconds(context.prometheus().resend_delay())
    return resend + 2 * duration.seconds(context.stack.prometheus.evaluation_interval)


def _now(context: Context) -> float:
    """The Unix time by Prometheus' clock, to the precision of its last scrapes."""
    return context.prometheus().newest_sample()


def _steps(block: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return block.get("alert_relabel_configs") or ()


def _takes_label_off(step: Mapping[str, Any]) -> bool:
    """Return whether a step of relabelling only takes off the one label that it names."""
    return step.get("action") == "labeldrop" and c.LABEL_NAME.fullmatch(str(step.get("regex", ""))) is not None


def _has(arrived: Iterable[ActiveAlert], alert: FiringAlert, gone: Set[str]) -> bool:
    """Return whether an alert without the labels in `gone` is among those of an Alertmanager, to which Prometheus adds
    its external labels."""
    kept = {(name, value) for name, value in alert.labels.items() if name not in gone}
    return any(kept <= each.labels.items() for each in arrived)


def _names(alerts: Iterable[FiringAlert]) -> tuple[str, ...]:
    return tuple(sorted({each.labels.get("alertname", "") for each in alerts}))


def _reason(context: Context) -> str:
    log = server_log.entries(context.place, context.stack, c.PROMETHEUS)
    errors = [each.error for each in log if each.error and each.fields.get("component") == "notifier"]
    return errors[-1] if errors else ""
