"""The routing section of a manifest in Alertmanager's own terms: a tree of routes, time intervals, inhibition."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from stackctl import conventions as c
from stackctl.model import Match, Period, Routing, RoutingRule

_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n"})


def route(routing: Routing) -> dict[str, Any]:
    """The root of the tree."""
    root: dict[str, Any] = {"receiver": routing.default, **routing.grouping}
    routes = [_route(rule) for rule in routing.rules]
    return {**root, "routes": routes} if routes else root


def time_intervals(routing: Routing) -> list[dict[str, Any]]:
    """The named times."""
    return [
        {"name": name, "time_intervals": [part for period in periods for part in _parts(period)]}
        for name, periods in routing.times.items()
    ]


def inhibit_rules(routing: Routing) -> list[dict[str, Any]]:
    """Criticals over warnings. Alerts that both lack a label agree in it, so the first one has to be there."""
    if not routing.inhibit:
        return []
    critical = Match(c.SEVERITY, "=", c.CRITICAL)
    present = Match(routing.inhibit[0], "!=", "")
    return [
        {
            "source_matchers": _matchers([critical, present]),
            "target_matchers": _matchers([Match(c.SEVERITY, "=", c.WARNING)]),
            "equal": list(routing.inhibit),
        }
    ]


def _route(rule: RoutingRule) -> dict[str, Any]:
    fields: dict[str, Any] = {"receiver": rule.receiver}
    if rule.matches:
        fields["matchers"] = _matchers(rule.matches)
    fields |= rule.grouping
    if rule.onward:
        fields["continue"] = True
    if rule.otherwise is None:
        return {**fields, "active_time_intervals": list(rule.during)} if rule.during else fields
    # Alertmanager knows no `else` for times: both children match, and one of them is silent.
    children = [
        {"receiver": rule.receiver, "continue": True, "active_time_intervals": list(rule.during)},
        {"receiver": rule.otherwise, "mute_time_intervals": list(rule.during)},
    ]
    return {**fields, "routes": children}


def _matchers(matches: Iterable[Match]) -> list[str]:
    """Quoted, with the escapes that both of Alertmanager's parsers read alike."""
    return [f"{_label(match.label)}{match.operator}{_quoted(match.value)}" for match in matches]


def _label(name: str) -> str:
    """A label's name: Alertmanager wants quotes around all but the plain ones."""
    return name if c.LABEL_NAME.fullmatch(name) else _quoted(name)


def _quoted(text: str) -> str:
    return f'"{text.translate(_ESCAPES)}"'


def _parts(period: Period) -> list[dict[str, Any]]:
    """A period as Alertmanager's intervals: none of them goes over midnight."""
    if period.start < period.end:
        return [_interval(period, period.start, period.end, period.weekdays)]
    after = tuple(c.WEEKDAYS[(c.WEEKDAYS.index(day) + 1) % 7] for day in period.weekdays)
    evening = _interval(period, period.start, "24:00", period.weekdays)
    return [evening, _interval(period, "00:00", period.end, after)] if period.end != "00:00" else [evening]


def _interval(period: Period, start: str, end: str, weekdays: tuple[str, ...]) -> dict[str, Any]:
    return {
        "times": [{"start_time": start, "end_time": end}],
        **({"weekdays": list(weekdays)} if weekdays else {}),
        "location": period.location,
    }
