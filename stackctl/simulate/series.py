"""From a contract to samples: what one instance of a service exposes at a moment. Pure, and fast.

Every series is a line that is ready but for its value; what changes is worked out once for all series of a metric.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import NormalDist

from stackctl import conventions as c
from stackctl.model import Contract, Metric
from stackctl.simulate import metric_defaults
from stackctl.simulate.flow import GRADES, Flow, Grades
from stackctl.simulate.scenario import Weather, chance

TEXT = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"

# How far observations scatter around their median, as the sigma of a lognormal distribution.
SPREAD = 0.6
# Of the types of OpenMetrics, what the older text format has instead.
_TEXT_TYPES = {"info": "gauge", "stateset": "gauge"}
# A gauge goes up and down in half to all of this time: slowly, compared with the time between two scrapes.
_WAVE_SECONDS = 1800.0
# A flag turns, and a state set leaves its first state, at this pressure.
_TURNS = 0.7


@dataclass(frozen=True)
class Reading:
    """Input for the samples of one moment."""

    flow: Flow
    weather: Weather


@dataclass(frozen=True)
class Family:
    """The series of one metric: the name of its TYPE line by format, and the lines at a moment."""

    metric: Metric
    lines: Callable[[Reading], list[str]]

    def head(self, openmetrics: bool) -> str:
        metric = self.metric
        name, kind = metric.name, metric.kind
        if openmetrics:
            name = name.removesuffix({"counter": "_total", "info": "_info"}.get(kind, ""))
        else:
            kind = _TEXT_TYPES.get(kind, kind)
        text = metric.help.replace("\\", "\\\\").replace("\n", "\\n")
        if openmetrics:
            text = text.replace('"', '\\"')
        return (f"# HELP {name} {text}\n" if text else "") + f"# TYPE {name} {kind}\n"


@dataclass(frozen=True)
class Exposition:
    """All that one instance of a service exposes."""

    families: tuple[Family, ...]

    @cached_property
    def speaks_openmetrics(self) -> bool:
        """A counter whose name lacks `_total` exists in the older format only."""
        return all(each.metric.kind != "counter" or each.metric.name.endswith("_total") for each in self.families)

    def text(self, reading: Reading, openmetrics: bool) -> str:
        """A scrape. `openmetrics` must not be asked for where it is not spoken."""
        heads = self._heads[openmetrics]
        parts = [f"{head}{_joined(family.lines(reading))}" for head, family in zip(heads, self.families, strict=True)]
        return "".join(parts) + ("# EOF\n" if openmetrics else "")

    @cached_property
    def _heads(self) -> dict[bool, list[str]]:
        return {form: [family.head(form) for family in self.families] for form in (False, True)}


def exposition(contract: Contract, seed: int) -> Exposition:
    """The exposition of one instance; instances differ by their seed."""
    return Exposition(tuple(Family(metric, _KINDS[metric.kind](metric, seed)) for metric in contract.metrics))


def _joined(lines: list[str]) -> str:
    return "\n".join(lines) + "\n" if lines else ""


# -- the types ------------------------------------------------------------------------------------------------


Lines = Callable[[Reading], list[str]]


def _counter(metric: Metric, seed: int) -> Lines:
    # One that counted less under load than at rest could fall.
    rest, full = sorted(metric_defaults.rate(metric))
    shares = metric_defaults.shares(metric, seed)
    only_failures = metric_defaults.counts_failures(metric) and not metric_defaults.has_outcome(metric)
    outcome = metric_defaults.has_outcome(metric)
    ready = [(f"{metric.name}{_labels(share.labels)} ", share.weight, share.failed) for share in shares]
    whole = metric_defaults.unit(metric) != "seconds"

    def lines(reading: Reading) -> list[str]:
        flow = reading.flow
        good = flow.failed if only_failures else flow.done if outcome else flow.work
        done, failed = rest * flow.awake + (full - rest) * good, (full - rest) * flow.failed
        if whole:
            return [f"{text}{int(weight * (failed if bad else done))}" for text, weight, bad in ready]
        return [f"{text}{weight * (failed if bad else done):.6f}" for text, weight, bad in ready]

    return lines


def _gauge(metric: Metric, seed: int) -> Lines:
    if metric_defaults.is_offset(metric):
        return _counter(metric, seed)
    low, high = metric_defaults.gauge_range(metric)
    texts = [f"{metric.name}{_labels(share.labels)} " for share in metric_defaults.shares(metric, seed)]
    if metric_defaults.is_uptime(metric):
        return lambda reading: [f"{text}{reading.flow.seconds:.3f}" for text in texts]
    if metric_defaults.is_start_time(metric):
        return lambda reading: [f"{text}{reading.flow.start:.3f}" for text in texts]
    if metric_defaults.is_timestamp(metric):
        return lambda reading: [f"{text}{reading.flow.time:.3f}" for text in texts]
    if metric_defaults.flag((low, high)) and metric_defaults.unit(metric) != "ratio":
        return lambda reading: [f"{text}{int(high if reading.weather.pressure > _TURNS else low)}" for text in texts]
    ready = [(text, chance(seed, text), (1 + chance(seed + 1, text)) / _WAVE_SECONDS) for text in texts]
    whole = low == int(low) and high == int(high) and abs(high - low) >= 2
    digits = 0 if metric_defaults.unit(metric) in ("", "bytes") and whole else 4

    def lines(reading: Reading) -> list[str]:
        pressure = reading.weather.pressure
        # What is empty or full does not waver.
        room = 0.35 * 4 * pressure * (1 - pressure)
        turn, sin = 2 * math.pi, math.sin
        time = reading.flow.time
        return [
            f"{text}{low + (high - low) * (pressure + room * 0.5 * sin(turn * (phase + time * speed))):.{digits}f}"
            for text, phase, speed in ready
        ]

    return lines


def _histogram(metric: Metric, seed: int) -> Lines:
    bounds, medians = metric_defaults.buckets(metric), metric_defaults.medians(metric, GRADES)
    certain = 1.0 if metric_defaults.unit(metric) == "ratio" else math.inf
    below = [[_below(bound, median, certain) for median in medians] for bound in bounds] + [[1.0] * GRADES]
    means = [min(median * math.exp(SPREAD**2 / 2), certain) for median in medians]
    names = [*(_number(bound) for bound in bounds), "+Inf"]
    outcome = metric_defaults.has_outcome(metric)
    ready = [
        (
            [f"{metric.name}_bucket{_labels((*share.labels, ('le', name)))} " for name in names],
            f"{metric.name}_sum{_labels(share.labels)} ",
            f"{metric.name}_count{_labels(share.labels)} ",
            share.weight * metric_defaults.DEFAULT_RATE,
            share.failed,
        )
        for share in metric_defaults.shares(metric, seed)
    ]

    def lines(reading: Reading) -> list[str]:
        flow = reading.flow
        good = _observed(flow.done_by_grade if outcome else flow.by_grade, below, means)
        bad = _observed(flow.failed_by_grade, below, means)
        made: list[str] = []
        for buckets, sum_, count, weight, failed in ready:
            counts, total = bad if failed else good
            made += [f"{text}{int(weight * value)}" for text, value in zip(buckets, counts, strict=True)]
            made += (f"{sum_}{weight * total:.6f}", f"{count}{int(weight * counts[-1])}")
        return made

    return lines


def _summary(metric: Metric, seed: int) -> Lines:
    medians = metric_defaults.medians(metric, GRADES)
    means = [median * math.exp(SPREAD**2 / 2) for median in medians]
    quantiles = metric.quantiles or metric_defaults.DEFAULT_QUANTILES
    factors = [math.exp(SPREAD * NormalDist().inv_cdf(min(max(each, 1e-6), 1 - 1e-6))) for each in quantiles]
    shares, outcome = metric_defaults.shares(metric, seed), metric_defaults.has_outcome(metric)

    def lines(reading: Reading) -> list[str]:
        flow, median = reading.flow, _at(medians, reading.weather.slowness)
        good = flow.done_by_grade if outcome else flow.by_grade
        made = []
        for share in shares:
            weight, grades = share.weight * metric_defaults.DEFAULT_RATE, flow.failed_by_grade if share.failed else good
            for quantile, factor in zip(quantiles, factors, strict=True):
                labels = _labels((*share.labels, ("quantile", _number(quantile))))
                made.append(f"{metric.name}{labels} {median * factor:.6f}")
            plain = _labels(share.labels)
            made.append(f"{metric.name}_sum{plain} {weight * _dot(grades, means):.6f}")
            made.append(f"{metric.name}_count{plain} {int(weight * sum(grades))}")
        return made

    return lines


def _info(metric: Metric, seed: int) -> Lines:  # noqa: ARG001 - an instance tells what it is, by no chance
    labels = tuple((label.name, metric_defaults.values(label)[0]) for label in metric.labels)
    line = [f"{metric.name}{_labels(labels)} 1"]
    return lambda _: line


def _stateset(metric: Metric, seed: int) -> Lines:
    ready = [
        (f"{metric.name}{_labels((*share.labels, (metric.name, state)))} ", place)
        for share in metric_defaults.shares(metric, seed)
        for place, state in enumerate(metric.states)
    ]

    def lines(reading: Reading) -> list[str]:
        beyond = max(reading.weather.pressure - _TURNS, 0.0) / (1 - _TURNS)
        now = min(math.ceil(beyond * (len(metric.states) - 1)), len(metric.states) - 1)
        return [f"{text}{int(place == now)}" for text, place in ready]

    return lines


_KINDS: dict[str, Callable[[Metric, int], Lines]] = {
    "counter": _counter,
    "gauge": _gauge,
    "histogram": _histogram,
    "summary": _summary,
    "info": _info,
    "stateset": _stateset,
}


# -- numbers and text -----------------------------------------------------------------------------------------


def _below(bound: float, median: float, certain: float) -> float:
    """The share of observations up to `bound`; all of them from `certain` on."""
    if bound >= certain:
        return 1.0
    return NormalDist().cdf(math.log(bound / median) / SPREAD) if bound > 0 else 0.0


def _observed(grades: Grades, below: Sequence[Sequence[float]], means: Sequence[float]) -> tuple[list[float], float]:
    """Return the count of a histogram up to each bound, and its sum."""
    return [_dot(grades, row) for row in below], _dot(grades, means)


def _dot(one: Sequence[float], other: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


def _at(medians: Sequence[float], slowness: float) -> float:
    place = slowness * (len(medians) - 1)
    lower = min(int(place), len(medians) - 2)
    return medians[lower] + (medians[lower + 1] - medians[lower]) * (place - lower)


def _number(value: float) -> str:
    """A number as OpenMetrics wants it in `le` and `quantile`: with a decimal point or an exponent."""
    return repr(float(value))


def _labels(pairs: Sequence[tuple[str, str]]) -> str:
    return "{" + ",".join(f'{_label(name)}="{_escaped(value)}"' for name, value in pairs) + "}" if pairs else ""


def _label(name: str) -> str:
    """A label's name: one that is not plain is quoted, as Prometheus 3 reads it."""
    return name if c.LABEL_NAME.fullmatch(name) else f'"{_escaped(name)}"'


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
