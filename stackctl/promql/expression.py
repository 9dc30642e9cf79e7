"""Parsing of PromQL expressions, on the promql-parser package."""

from __future__ import annotations

import json
import re

from stackctl.bounds.regex import BadPattern, compiled
from stackctl.promql.nodes import parse

# Functions and aggregations, by Prometheus' documentation.
_NAMES = """
abs absent absent_over_time acos acosh asin asinh atan atanh avg avg_over_time bottomk ceil changes clamp
clamp_max clamp_min cos cosh count count_over_time count_values day_of_month day_of_week day_of_year
days_in_month deg delta deriv double_exponential_smoothing exp floor group histogram_avg histogram_count
histogram_fraction histogram_quantile histogram_stddev histogram_stdvar histogram_sum hour idelta increase
info irate label_join label_replace last_over_time limit_ratio limitk ln log10 log2 mad_over_time max
max_over_time min min_over_time minute month pi predict_linear present_over_time quantile quantile_over_time
rad rate resets round scalar sgn sin sinh sort sort_by_label sort_by_label_desc sort_desc sqrt stddev
stddev_over_time stdvar stdvar_over_time sum sum_over_time tan tanh time timestamp topk vector year
"""
FUNCTIONS = tuple(_NAMES.split())


def syntax_error(expr: str) -> str | None:
    """The parser's message when `expr` is not PromQL, or None when it is."""
    try:
        parse(expr)
    except ValueError as error:
        return str(error)
    return None


def regex_error(regex: str) -> str | None:
    """Return the error in a regular expression, or None. Judged by the PromQL parser, whose syntax is close to RE2."""
    if syntax_error(f"x{{x=~{json.dumps(regex)}}}") is None:
        return None
    try:
        re.compile(regex)  # its words name the character
        compiled(regex)
    except RecursionError:
        return "its groups are nested too deeply"
    except re.error as error:
        return error.msg if error.pos is None else f"{error.msg} at character {error.pos + 1}"
    except BadPattern as error:
        return str(error)
    return "it cannot be compiled"


def same(one: str, other: str) -> bool:
    """Return whether two expressions are the same but for spacing and redundant brackets."""
    if one == other:
        return True
    try:
        return bool(parse(one).prettify() == parse(other).prettify())
    except ValueError:
        return " ".join(one.split()) == " ".join(other.split())
