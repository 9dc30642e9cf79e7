"""Behaviour of a metric, guessed from its type, name, unit and labels where the contract does not say it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from stackctl.model import Label, Metric
from stackctl.simulate.scenario import chance

# What an open label usually says; for any other label the values are its name and a number.
_VALUES = {
    "method": ("GET", "POST"),
    "endpoint": ("/", "/items", "/orders"),
    "path": ("/", "/items", "/orders"),
    "route": ("/", "/items", "/orders"),
    "handler": ("/", "/items", "/orders"),
    "status": ("success", "error"),
    "result": ("success", "error"),
    "outcome": ("success", "error"),
    "status_code": ("200", "404", "500"),
    "code": ("200", "404", "500"),
    "http_status": ("200", "404", "500"),
    "grpc_code": ("OK", "NotFound", "Internal"),
    "error_type": ("timeout", "validation"),
    "exception": ("TimeoutError", "ValueError"),
    "version": ("1.0.0",),
    "operation": ("get", "set"),
    "direction": ("in", "out"),
    "partition": ("0", "1"),
    "query_type": ("select", "insert"),
}
_OUTCOME_LABELS = frozenset(
    {"status", "status_code", "code", "http_status", "grpc_code", "result", "outcome", "success", "response_code"}
)
# The second line of each is of gRPC: the codes that the server is to blame for, and those of its clients.
_FAILED_VALUE = re.compile(
    r"5..|error|err|fail(ed|ure)?|exception|timeout|rejected|invalid|false|ko"
    r"|unknown|deadline_?exceeded|unimplemented|internal|unavailable|data_?loss",
    re.IGNORECASE,
)
_RARE_VALUE = re.compile(
    r"4..|3..|cancell?ed|skipped|retry|retried|warning|miss"
    r"|invalid_?argument|not_?found|already_?exists|permission_?denied|unauthenticated|out_?of_?range",
    re.IGNORECASE,
)
_COUNTS_FAILURES = re.compile(
    r"(^|_)(errors?|failures?|failed|exceptions?|timeouts?|retries|rejected|dropped|lost|evictions?|issues)(_|$)"
    r"|_(Failed|Rejected)[A-Z]"
)
# A position in a log: a gauge for who exports it, and yet it only rises.
_OFFSET = re.compile(r"(^|_)(current|oldest|committed)_offset(_sum)?$")
_RARE = re.compile(r"(^|_)(miss(es)?|slow|aborts?)(_|$)")
_CONSTANT = re.compile(r"(^|_)(max|limit|capacity|quota|pool_size|maximum)(_|$)")
_UNITS = re.compile(r"(seconds|bytes|ratio|percent|celsius)(_total)?$")

RARE_SHARE = 0.08
DEFAULT_RATES = {"bytes": 100_000.0, "seconds": 0.5}
DEFAULT_RATE = 10.0

# What the name of a gauge says -> what it measures at rest, and when the service is saturated. The first hit counts.
_GAUGES: tuple[tuple[re.Pattern[str], tuple[float, float]], ...] = tuple(
    (re.compile(pattern), range)
    for pattern, range in (
        (r"percent", (0.0, 100.0)),
        (r"ratio", (0.0, 1.0)),
        (r"(^|_)(up|health|healthy|health_status|health_check_status|ready|available)$", (1.0, 0.0)),
        (r"bytes|memory", (64e6, 4e9)),
        (r"lag|backlog", (0.0, 20_000.0)),
        (r"depth|queue|pending|waiting", (0.0, 500.0)),
        (r"seconds", (0.0, 10.0)),
        (r"connections|active|threads|running|in_flight|inflight", (1.0, 120.0)),
        (r"idle|free|remaining", (50.0, 0.0)),
        (r"", (0.0, 100.0)),
    )
)
_BUCKETS = {
    "seconds": (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
    "bytes": (100.0, 1e3, 1e4, 1e5, 1e6, 1e7),
    "ratio": (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0),
}
_PLAIN_BUCKETS = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0)
DEFAULT_QUANTILES = (0.5, 0.9, 0.99)


@dataclass(frozen=True)
class Share:
    """One combination of label values: its share of what the metric counts, and whether that is what has failed."""

    labels: tuple[tuple[str, str], ...]
    weight: float
    failed: bool


def unit(metric: Metric) -> str:
    """The unit, as said or as the name ends with; "" when neither says it."""
    found = _UNITS.search(metric.name)
    return metric.unit or (found[1] if found else "")


def shares(metric: Metric, seed: int) -> list[Share]:
    """Every combination of label values, weighted alike in all metrics of a seed, so that sums agree.

    Of work with an outcome, the weights of what succeeds and of what fails add up to 1 each.
    """
    combinations = [Share((), 1.0, False)]
    for label in metric.labels:
        choices = _choices(label, seed)
        combinations = [
            Share((*one.labels, (label.name, value)), one.weight * weight, one.failed or failed)
            for one in combinations
            for value, weight, failed in choices
        ]
    return combinations


def values(label: Label) -> tuple[str, ...]:
    """The values that a label takes: those of its closed set, its examples, or what its name suggests."""
    guess = _VALUES.get(label.name) or (f"{label.name}-1", f"{label.name}-2")
    return label.values or label.examples or guess


def has_outcome(metric: Metric) -> bool:
    """Return whether a label tells what succeeded from what failed."""
    return any(failed for label in metric.labels for _, _, failed in _choices(label, 0))


def counts_failures(metric: Metric) -> bool:
    """Return whether a counter counts what goes wrong, by its name."""
    return bool(_COUNTS_FAILURES.search(metric.name))


def rate(metric: Metric) -> tuple[float, float]:
    """Return a counter's rate per second: when idle, and under full load."""
    usual = DEFAULT_RATES.get(unit(metric), DEFAULT_RATE)
    return metric.range or (0.0, usual * (RARE_SHARE if _RARE.search(metric.name) else 1.0))


def gauge_range(metric: Metric) -> tuple[float, float]:
    """Return a gauge's values when idle, and when the service is saturated."""
    if metric.range:
        return metric.range
    told = f"{metric.name}_{metric.unit}".rstrip("_")
    low, high = next(range for pattern, range in _GAUGES if pattern.search(told))
    return (high, high) if _CONSTANT.search(metric.name) else (low, high)


def is_uptime(metric: Metric) -> bool:
    """Return whether a gauge tells for how long the service has run."""
    return "uptime" in metric.name.lower()


def is_start_time(metric: Metric) -> bool:
    """Return whether a gauge tells when the service started."""
    return "start_time" in metric.name


def is_timestamp(metric: Metric) -> bool:
    """Return whether a gauge tells when something last happened."""
    return metric.name.endswith(("timestamp_seconds", "timestamp", "last_seen"))


def is_offset(metric: Metric) -> bool:
    """Return whether a gauge counts on like a counter."""
    return bool(_OFFSET.search(metric.name))


def buckets(metric: Metric) -> tuple[float, ...]:
    """The upper bounds of a histogram: those of its contract, or what client libraries take for its unit."""
    return metric.buckets or _BUCKETS.get(unit(metric), _PLAIN_BUCKETS)


def medians(metric: Metric, grades: int) -> list[float]:
    """The median of what a histogram or summary observes, by grade of slowness from the best to the worst.

    Only durations get worse; sizes and scores stay what they are.
    """
    bounds = [bound for bound in buckets(metric) if bound > 0] or [1.0]
    low, high = metric.range or (bounds[(len(bounds) - 1) // 4], bounds[-1])
    slows = metric.range is not None or unit(metric) == "seconds" or "latency" in metric.name
    if not slows:
        return [(low * high) ** 0.5] * grades
    return [low * (high / low) ** (grade / (grades - 1)) for grade in range(grades)]


def _choices(label: Label, seed: int) -> list[tuple[str, float, bool]]:
    """The values of a label, each with its weight and whether it stands for failed work."""
    named = values(label)
    failed = [label.name in _OUTCOME_LABELS and bool(_FAILED_VALUE.fullmatch(value)) for value in named]
    if all(failed):
        failed = [False] * len(named)
    raw = [_popularity(label, value, place, seed) for place, value in enumerate(named)]
    totals = {kind: sum(weight for weight, of in zip(raw, failed, strict=True) if of is kind) for kind in (True, False)}
    return [(value, weight / totals[of], of) for value, weight, of in zip(named, raw, failed, strict=True)]


def _popularity(label: Label, value: str, place: int, seed: int) -> float:
    rare = 0.02 if label.name in _OUTCOME_LABELS and _RARE_VALUE.fullmatch(value) else 1.0
    return rare * (0.8 + 0.4 * chance(seed, label.name, value)) / (place + 1.5)


def flag(range: Sequence[float]) -> bool:
    """Return whether a gauge says yes or no."""
    return sorted(range) == [0.0, 1.0]
