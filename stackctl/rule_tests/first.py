"""The first test of an alert: series that hold it just below its threshold, just above, and below again."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, product
from typing import Any

import promql_parser as p

from stackctl.promql.duration import DEFAULT_LOOKBACK, seconds
from stackctl.promql.nodes import find, metric, parse, selectors, walk
from stackctl.promql.selectors import word
from stackctl.rule_tests.steady import OF_SLOPES, Series, Unsupported, accepted, conditions, values

# Label -> values that a series of this name may have, the likely ones first. None where nothing is known of the name.
Labels = Callable[[str], Mapping[str, Sequence[str]]]

_BY_LEVEL = "silent just below, fires above, resolves"
_BY_ABSENCE = "silent, fires as a series comes or goes, resolves"
# Levels of the series that stay the same, one after the other.
_OTHERS = (100.0, 1.0, 0.0)
_GRID = (0.0, 1.0, *(sign * 10.0**power for power in range(-6, 13) for sign in (1.0, -1.0)))
# How close to the threshold the levels are brought, as a share of it.
_NEAR = 0.02
# Without samples for so long, a series is gone.
_LOOKBACK_SECONDS = int(seconds(DEFAULT_LOOKBACK))
_MOST_SAMPLES = 20_000
# Values of labels for matchers that none of the known ones fulfils.
_WORDS = ("", "a", "b", "other", "200", "500", "1")


@dataclass(frozen=True)
class Alert:
    """An alerting rule, as Prometheus gets it. Times are in seconds."""

    name: str
    expr: str
    hold: float = 0.0
    keep: float = 0.0


@dataclass(frozen=True)
class Draft:
    """A first test: its series, the time between two samples, and when to look, in seconds: `silent` before it fires,
    while it `fires`, and once it has `resolved`. `by_absence` is whether it fires as a series is gone, or there."""

    alert: str
    interval: int
    series: tuple[tuple[str, str], ...]
    silent: int
    fires: int
    resolved: int
    by_absence: bool = False

    def test(self, expected: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Return the test for promtool; `expected` are the alerts that fire."""

        def case(at: int, alerts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
            return {"eval_time": _duration(at), "alertname": self.alert, "exp_alerts": [*alerts]}

        return {
            "name": f"{self.alert}: {_BY_ABSENCE if self.by_absence else _BY_LEVEL}",
            "interval": _duration(self.interval),
            "input_series": [{"series": name, "values": text} for name, text in self.series],
            "alert_rule_test": [case(self.silent, ()), case(self.fires, expected), case(self.resolved, ())],
        }


def first_test(alert: Alert, labels: Labels) -> Draft:
    """Return a test that should pass. Raises Unsupported, with the reason, when none can be derived."""
    tree = parse(alert.expr)
    series = _series(tree, labels)
    if not series:
        raise Unsupported("its expression selects no series by name")
    free, below, above, levels = _threshold(tree, series)
    windows = [each.range.total_seconds() for each in find(tree, p.MatrixSelector)]
    gone = _LOOKBACK_SECONDS if None in (below, above) else 0
    length = max(windows, default=0) + alert.hold + alert.keep + gone
    interval = _interval(windows, length)
    samples = math.ceil(length / interval) + 3
    phases = [(below, samples), (above, samples), (below, samples)]
    written: list[tuple[str, str]] = []
    for each in series:
        told = phases if each == free else [(levels[each], 3 * samples)]
        if each.bounds:
            written += _buckets(each, told, interval)
        elif any(level is not None for level, _ in told):
            written.append((_named(each), _values(told, interval, slope=each.slope)))
    silent, fires, resolved = (number * samples * interval - interval for number in (1, 2, 3))
    return Draft(alert.name, interval, tuple(written), silent, fires, resolved, None in (below, above))


def _interval(windows: Sequence[float], length: float) -> int:
    """Return the seconds between two samples: so few that every window holds some, and no more than are needed."""
    interval = min(60, max(1, int(min(windows, default=240) // 4)))
    if length / interval > _MOST_SAMPLES:
        raise Unsupported("its windows, or the times that it waits, are too far apart for one test")
    return interval


def _series(tree: Any, labels: Labels) -> list[Series]:
    """Return a series for each selector, and one that only the wider of two selectors of a name selects."""
    slopes = {
        id(node)
        for call in find(tree, p.Call)
        if call.func.name in OF_SLOPES
        for argument in call.args
        for node in selectors(argument)
    }
    found: dict[Series, None] = {}
    named = [node for node in selectors(tree) if metric(node)]
    if len(named) < len(list(selectors(tree))):
        raise Unsupported("its expression selects series without naming them")
    buckets = {
        id(node)
        for call in find(tree, p.Call)
        if call.func.name == "histogram_quantile"
        for node in selectors(call.args[1])
    }
    for node in named:
        chosen = _labels(node, labels, ())
        if id(node) in buckets:
            found[_histogram(node, chosen, labels)] = None
        else:
            found[Series(metric(node), chosen, id(node) in slopes)] = None
    plain = [node for node in named if id(node) not in buckets]
    for wide, narrow in product(plain, plain):
        if wide is not narrow and metric(wide) == metric(narrow) and conditions(narrow) != conditions(wide):
            try:
                other = _labels(wide, labels, (narrow,))
            except Unsupported:
                continue
            found[Series(metric(wide), other, id(wide) in slopes)] = None
    if len({(each.name, each.labels) for each in found}) < len(found):
        raise Unsupported("its expression takes a series both as it is and by its growth")
    return list(found)


def _histogram(selector: Any, chosen: Sequence[tuple[str, str]], known: Labels) -> Series:
    """Return the buckets that a quantile is taken of."""
    bounds = tuple(sorted(float(each) for each in known(metric(selector)).get("le", ())))
    if not bounds or not metric(selector).endswith("_bucket"):
        raise Unsupported("its expression takes a quantile of a histogram whose buckets are not known")
    return Series(metric(selector), tuple(pair for pair in chosen if pair[0] != "le"), slope=True, bounds=bounds)


def _labels(selector: Any, known: Labels, refusing: Sequence[Any]) -> tuple[tuple[str, str], ...]:
    """Return labels that a selector accepts, and that none of the selectors `refusing` does. Raises Unsupported."""
    asked = [*conditions(selector), *(each for other in refusing for each in conditions(other))]
    options = {name: list(values_) for name, values_ in known(metric(selector)).items()}
    for each in asked:
        given = options.get(each.label, [])
        options[each.label] = [*given, *_candidates(each.operator, each.value), *_WORDS]
    wanted = {name: [value for value in given if _fits(selector, name, value)] for name, given in options.items()}
    for name, given in wanted.items():
        if not given:
            raise Unsupported(f"no value is known for the label `{name}` of `{metric(selector)}`")
    chosen = {name: given[0] for name, given in wanted.items()}
    for other in refusing:
        if not accepted(other, chosen):
            continue
        for each in conditions(other):
            refused = [value for value in wanted[each.label] if not each.accepts(value)]
            if refused:
                chosen[each.label] = refused[0]
                break
        else:
            raise Unsupported("two of its selectors select the same")
    return tuple((name, value) for name, value in sorted(chosen.items()) if value)


def _fits(selector: Any, label: str, value: str) -> bool:
    return all(each.accepts(value) for each in conditions(selector) if each.label == label)


def _candidates(operator: str, value: str) -> list[str]:
    """Return values that may fulfil a matcher, of a regular expression the plain ones."""
    if operator in ("=", "!="):
        return [value]
    alternatives = value.strip("()").split("|")
    plain = [re.sub(r"\\(.)", r"\1", re.sub(r"(?<!\\)\.[*+]", "a", each)) for each in alternatives]
    return [*(each.replace(".", "0") for each in plain), *plain]


# -- where it begins to fire --------------------------------------------------------------------------------

Level = float | None


def _threshold(tree: Any, series: Sequence[Series]) -> tuple[Series, Level, Level, Mapping[Series, Level]]:
    """Return a series by whose level alone the alert fires, the levels just before and after that begins, and the
    levels of the others. Raises Unsupported."""
    constants = [float(node.val) for node in find(tree, p.NumberLiteral)]
    exact = any(isinstance(node, p.BinaryExpr) and str(node.op) in ("==", "!=") for node in walk(tree))
    for other, free in product(_OTHERS, series):
        levels: dict[Series, Level] = dict.fromkeys(series, other)

        def fires(level: Level, levels: dict[Series, Level] = levels, free: Series = free) -> bool:
            found = values(tree, {**levels, free: level})
            return any(not math.isnan(each) for each in found)

        for below, above in _flips(fires, constants, free):
            if exact or free.bounds or None in (below, above):
                return free, below, above, levels
            return free, *_nearest(fires, below, above), levels
    raise Unsupported("no level of one of its series makes it begin to fire")


def _flips(fires: Callable[[Level], bool], constants: Sequence[float], free: Series) -> Iterator[tuple[Any, Any]]:
    """Yield neighbouring levels of which the first does not fire and the second does, then one where the series is
    gone."""
    near = (each + step for each in constants for step in (-1.0, 0.0, 1.0))
    grid = sorted(each for each in {*_GRID, *near} if each >= 0 or not free.slope)
    for levels in [free.bounds] if free.bounds else [(0.0, 1.0), grid]:
        for one, other in pairwise(levels):
            if fires(one) != fires(other):
                yield (other, one) if fires(one) else (one, other)
    if not free.bounds and fires(None) != fires(1.0):
        yield (1.0, None) if fires(None) else (None, 1.0)


def _nearest(fires: Callable[[Level], bool], below: float, above: float) -> tuple[float, float]:
    """Return round levels close to where it begins to fire, on both sides of it."""
    low, high = below, above
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if fires(middle) else (middle, high)
    if abs(high) < abs(above - below) * 1e-9:
        return below, above  # it begins at 0, which nothing is close to
    step = abs(high) * _NEAR
    away = math.copysign(step, above - below)
    return _round(low - away, below, lambda level: not fires(level)), _round(high + away, above, fires)


def _round(level: float, otherwise: float, holds: Callable[[float], bool]) -> float:
    for digits in (2, 3, 4, 6, 12):
        rounded = float(f"{level:.{digits}g}")
        if holds(rounded) and abs(rounded - level) <= abs(level) * _NEAR / 2:
            return rounded
    return level if holds(level) else otherwise


# -- in promtool's notation ---------------------------------------------------------------------------------


def _named(series: Series) -> str:
    inside = ", ".join(f'{word(name)}="{_escaped(value)}"' for name, value in series.labels)
    return f"{series.name}{{{inside}}}" if inside else series.name


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _buckets(series: Series, phases: Sequence[tuple[Level, int]], interval: int) -> Iterator[tuple[str, str]]:
    """Yield the buckets of a histogram, in which each second something is observed."""
    for bound in (*series.bounds, math.inf):
        le = "+Inf" if bound == math.inf else _number(bound)
        counted = [(1.0 if level is not None and level <= bound else 0.0, samples) for level, samples in phases]
        yield _named(replace(series, labels=(*series.labels, ("le", le)))), _values(counted, interval, slope=True)


def _values(phases: Sequence[tuple[Level, int]], interval: int, *, slope: bool) -> str:
    """Return the samples of a series that has each of the levels for so many samples."""
    written, at = [], 0.0
    for level, samples in phases:
        if level is None:
            written.append(f"_x{samples}")
        elif slope:
            step = level * interval
            written.append(f"{_number(at + step)}+{_number(step)}x{samples - 1}")
            at += step * samples
        else:
            written.append(f"{_number(level)}x{samples - 1}")
    return " ".join(written)


def _duration(seconds: int) -> str:
    return f"{seconds // 60}m" if seconds % 60 == 0 else f"{seconds}s"


def _number(value: float) -> str:
    return f"{value:.10g}".replace("e+", "e")
