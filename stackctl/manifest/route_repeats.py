"""Routes whose `repeat_interval` is shorter than their `group_interval`.

Alertmanager looks at a group once in each `group_interval`, and repeats a notification only then: the shorter interval
has no effect. It accepts it, with a line in its log.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stackctl.diagnostic import Diagnostic
from stackctl.manifest.routing import routes_of
from stackctl.model import Stack
from stackctl.promql.duration import seconds

_KEYS = ("repeat_interval", "group_interval")
# What Alertmanager takes where no route on the way says anything.
_DEFAULTS = {"repeat_interval": "4h", "group_interval": "5m"}
_Place = tuple[str | int, ...]


def repeat_warnings(stack: Stack) -> Iterator[Diagnostic]:
    """Yield a warning for each route, and each rule of `routing`, that says so and has such intervals."""
    alertmanager = stack.alertmanager
    if alertmanager is None or "route" in alertmanager.extra:
        return
    if alertmanager.routing is not None:
        place: _Place = ("alertmanager", "routing")
        routing = alertmanager.routing
        yield from _of_route(stack, place, routing.grouping, _DEFAULTS)
        for index, rule in enumerate(routing.rules):
            yield from _of_route(stack, (*place, "rules", index), rule.grouping, {**_DEFAULTS, **routing.grouping})
    elif alertmanager.route is not None:
        known: dict[_Place, Mapping[str, Any]] = {}
        for at, route in routes_of(alertmanager.route, ("alertmanager", "route")):
            above = known.get(at[:-2], _DEFAULTS)
            known[at] = {**above, **_said(route)}
            yield from _of_route(stack, at, route, above)


def _of_route(stack: Stack, place: _Place, route: Mapping[str, Any], above: Mapping[str, Any]) -> Iterator[Diagnostic]:
    said = _said(route)
    intervals = {**above, **said}
    repeat, group = (_seconds(intervals[key]) for key in _KEYS)
    if not said or repeat is None or group is None or repeat >= group:
        return
    key = next(key for key in _KEYS if key in said)
    yield Diagnostic(
        "alertmanager.repeat-interval",
        f"notifications are repeated every {intervals['group_interval']}, not every {intervals['repeat_interval']}: "
        "`repeat_interval` is shorter than `group_interval`",
        stack.places.position((*place, key)),
        "Alertmanager repeats a notification only when it looks at the group, once in each `group_interval`.",
        f"Write a `group_interval` of {intervals['repeat_interval']} or less, or a longer `repeat_interval`.",
    )


def _said(route: Mapping[str, Any]) -> dict[str, Any]:
    return {key: route[key] for key in _KEYS if route.get(key) is not None}


def _seconds(duration: Any) -> float | None:
    """Return the seconds of a duration, None of what is none: Alertmanager's own checker refuses it."""
    try:
        return seconds(str(duration))
    except ValueError:
        return None
