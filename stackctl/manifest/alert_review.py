"""Alerts that mean something else than their rules seem to say: warnings, as Prometheus accepts them all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackctl.diagnostic import Diagnostic
from stackctl.metrics import catalogue
from stackctl.model import Rule, Stack
from stackctl.promql.catalogue import Catalogue
from stackctl.promql.duration import seconds
from stackctl.promql.nodes import parse
from stackctl.promql.selectors import Asked, read
from stackctl.promql.types.infer import infer
from stackctl.promql.types.value import INFO

# A rule for other tools to see that alerts come at all: it fires always, and says so in its name.
_ALWAYS = ("watchdog", "deadman", "dead-man", "dead_man", "heartbeat", "alwaysfiring")


def alert_warnings(stack: Stack) -> Iterator[Diagnostic]:
    """Yield a warning for alerts without a condition, for those that repeat others, and for a `for` without effect."""
    known = catalogue(stack)
    # Without a manifest, another Prometheus evaluates them.
    interval = seconds(stack.prometheus.evaluation_interval) if stack.prometheus.origin.file else 0.0
    alerts = [rule for file in stack.rules for rule in file.rules if rule.kind == "alert"]
    for alert in alerts:
        yield from _no_condition(alert, known)
        yield from _short_for(alert, alert.interval_seconds or interval)
    yield from _repeated(alerts)


def _no_condition(alert: Rule, known: Catalogue) -> Iterator[Diagnostic]:
    asked = _read(alert.expr)
    if asked is None or not asked.selectors or asked.fallback or alert.name.lower().startswith(_ALWAYS):
        return
    if _filters(alert.expr, known, frozenset()) or _may_be_there_for_a_reason(alert.expr, known):
        return
    yield Diagnostic(
        "rule.no-condition",
        f"`{alert.name}` fires for every series that its expression finds, whatever its value",
        alert.passage.at(0) if alert.passage else alert.origin,
        remedy="Compare the expression with a number, as in `... > 0`.",
        rule=alert.origin,
    )


def _may_be_there_for_a_reason(expr: str, known: Catalogue) -> bool:
    """Return whether an expression is a selector whose series may be there only while something is wrong, or whose
    labels say so, as those of an info metric do.
    """
    typed = infer(expr, known)
    return typed.is_selector and (not typed.value.is_sure or typed.value.kind == INFO)


def _filters(expr: str, known: Catalogue, seen: frozenset[str]) -> bool:
    """Return whether an expression leaves something out by its value; yes where that cannot be known."""
    asked = _read(expr)
    if asked is None or asked.filters:
        return True
    for selector in asked.selectors:
        name = selector.name
        if name in ("", "ALERTS", "ALERTS_FOR_STATE"):
            return True
        if name in known.records:
            if name in seen or any(_filters(each.expr, known, seen | {name}) for each in known.records[name]):
                return True
        elif ":" in name:
            return True  # a recording rule of another server
    return False


def _read(expr: str) -> Asked | None:
    try:
        return read(expr)
    except ValueError:
        return None


def _short_for(alert: Rule, interval: float) -> Iterator[Diagnostic]:
    if not 0 < alert.for_seconds < interval:
        return
    yield Diagnostic(
        "rule.short-for",
        f"`for` of `{alert.name}` is {alert.for_seconds:g} s, and its group is evaluated every "
        f"{interval:g} s: it fires at the second evaluation",
        alert.origin,
        remedy="Write a `for` of several intervals, or evaluate the group more often.",
    )


def _repeated(alerts: list[Rule]) -> Iterator[Diagnostic]:
    """Alerts with the same condition and the same labels: people get each twice."""
    first: dict[Any, Rule] = {}
    for alert in alerts:
        try:
            shape = parse(alert.expr).prettify()
        except ValueError:
            continue
        key = (shape, tuple(sorted(alert.labels.items())), alert.for_seconds)
        other = first.setdefault(key, alert)
        if other is alert or other.origin == alert.origin:
            continue
        where = f" in {other.origin}" if other.origin.file != alert.origin.file else f" in line {other.origin.line}"
        yield Diagnostic(
            "rule.duplicate",
            f"`{alert.name}` has the same condition and labels as `{other.name}`{where}, so people get both",
            alert.origin,
            remedy="Remove one of them.",
        )
