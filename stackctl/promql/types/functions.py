"""The one table of what functions and aggregations do to values, by Prometheus' documentation."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Literal, TypeAlias

from stackctl.promql.types.unit import COUNT, MOMENT, Unit
from stackctl.promql.types.value import ANY, GAUGE, NUMBER, ONE, POSITIVE, QUANTILE, STATE, UNKNOWN, Range

# What comes of the unit and the range of the argument: "same", or something that the function gives.
UnitRule: TypeAlias = Literal["same", "per second", "observed", "unknown"] | Unit
RangeRule: TypeAlias = Literal["same", "whole", "spread"] | Range


@dataclass(frozen=True)
class Function:
    """The effect of a function or an aggregation.

    kind      the kind of the result; "same" for that of the argument
    unit      "observed" is the unit of what a histogram holds
    range     "whole" rounds to numbers around it; "spread" is no further from zero than the argument's values are apart
    argument  which argument has the series; None when the result has no labels
    """

    kind: str = GAUGE
    unit: UnitRule = "unknown"
    range: RangeRule = ANY
    argument: int | None = 0


_SAME = Function("same", "same", "same")
_OVER_TIME = Function(GAUGE, "same", "same")
_COUNTED = Function(GAUGE, COUNT, POSITIVE)
_RATE = Function("rate", "per second", POSITIVE)
_ANGLE = Function(GAUGE, range=Range(-1, 1))
_NO_SERIES = Function(NUMBER, argument=None)

FUNCTIONS: dict[str, Function] = {
    # Counters.
    "rate": _RATE,
    "irate": _RATE,
    "increase": Function("rate", "same", POSITIVE),
    "resets": _COUNTED,
    # Gauges.
    "delta": Function(GAUGE, "same"),
    "idelta": Function(GAUGE, "same"),
    "deriv": Function(GAUGE, "per second"),
    "predict_linear": Function(GAUGE, "same"),
    "double_exponential_smoothing": Function(GAUGE, "same"),
    "changes": _COUNTED,
    # Over time.
    **dict.fromkeys(("avg_over_time", "min_over_time", "max_over_time"), _OVER_TIME),
    "quantile_over_time": Function(GAUGE, "same", "same", 1),
    **dict.fromkeys(("last_over_time", "first_over_time"), _SAME),
    "sum_over_time": Function(UNKNOWN),
    "count_over_time": Function(GAUGE, COUNT, Range(1, inf)),
    "present_over_time": Function(STATE, range=ONE),
    "stddev_over_time": Function(GAUGE, "same", POSITIVE),
    "stdvar_over_time": Function(GAUGE, range=POSITIVE),
    "mad_over_time": Function(GAUGE, "same", POSITIVE),
    # Histograms. The series are those of the argument without `le`; see infer.py.
    "histogram_quantile": Function(QUANTILE, "observed", ANY, 1),
    "histogram_fraction": Function(GAUGE, "unknown", Range(0, 1), 2),
    "histogram_avg": Function(GAUGE, "observed"),
    "histogram_count": Function(GAUGE, COUNT, POSITIVE),
    "histogram_sum": Function(GAUGE, "observed"),
    "histogram_stddev": Function(GAUGE, "observed", POSITIVE),
    "histogram_stdvar": Function(GAUGE, range=POSITIVE),
    # Value by value.
    "abs": Function("same", "same", POSITIVE),
    **dict.fromkeys(("ceil", "floor", "round"), Function("same", "same", "whole")),
    "sgn": Function(GAUGE, range=Range(-1, 1)),
    "sqrt": Function(GAUGE, range=POSITIVE),
    "exp": Function(GAUGE, range=POSITIVE),
    **dict.fromkeys(("ln", "log2", "log10", "deg", "rad"), Function()),
    **dict.fromkeys(("sin", "cos", "tanh"), _ANGLE),
    **dict.fromkeys(("acos", "acosh", "asin", "asinh", "atan", "atanh", "cosh", "sinh", "tan"), Function()),
    **dict.fromkeys(("clamp", "clamp_min", "clamp_max"), _SAME),
    **dict.fromkeys(("sort", "sort_desc", "sort_by_label", "sort_by_label_desc"), _SAME),
    **dict.fromkeys(("label_replace", "label_join"), _SAME),
    # Time.
    "time": Function(NUMBER, MOMENT, POSITIVE, None),
    "timestamp": Function(GAUGE, MOMENT, POSITIVE),
    "minute": Function(GAUGE, range=Range(0, 59)),
    "hour": Function(GAUGE, range=Range(0, 23)),
    "day_of_week": Function(GAUGE, range=Range(0, 6)),
    "day_of_month": Function(GAUGE, range=Range(1, 31)),
    "day_of_year": Function(GAUGE, range=Range(1, 366)),
    "days_in_month": Function(GAUGE, range=Range(28, 31)),
    "month": Function(GAUGE, range=Range(1, 12)),
    "year": Function(GAUGE, range=POSITIVE),
    # Between numbers and series.
    "vector": Function(GAUGE, "same", "same", None),
    "scalar": Function(NUMBER, "same", "same", None),
    "pi": _NO_SERIES,
    "absent": Function(STATE, range=ONE),
    "absent_over_time": Function(STATE, range=ONE),
}

AGGREGATIONS: dict[str, Function] = {
    "sum": Function("sum", "same", "spread"),
    "avg": Function("sum", "same", "same"),
    **dict.fromkeys(("min", "max", "quantile"), Function("picked", "same", "same")),
    **dict.fromkeys(("topk", "bottomk", "limitk", "limit_ratio"), _SAME),
    "count": Function(GAUGE, COUNT, Range(1, inf)),
    "count_values": Function(GAUGE, COUNT, Range(1, inf)),
    "group": Function(STATE, range=ONE),
    "stddev": Function(GAUGE, "same", POSITIVE),
    "stdvar": Function(GAUGE, range=POSITIVE),
}

# Those that give back some of the series as they are.
PICKING = frozenset({"topk", "bottomk", "limitk", "limit_ratio"})
# Functions for what only grows; and those whose result means nothing for it.
FOR_COUNTERS = frozenset({"rate", "irate", "increase"})
NOT_FOR_COUNTERS = frozenset(
    [
        *("delta", "idelta", "deriv", "predict_linear", "double_exponential_smoothing"),
        *(f"{kind}_over_time" for kind in ("avg", "sum", "quantile", "stddev", "stdvar", "mad")),
    ]
)
# Functions that need two samples of a series in their window.
OF_TWO = FOR_COUNTERS | {"delta", "idelta", "deriv", "predict_linear", "double_exponential_smoothing"}
