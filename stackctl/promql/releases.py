"""Parts of PromQL that not every Prometheus has: since which release, and which need a feature flag."""

from __future__ import annotations

import re
from dataclasses import dataclass

from stackctl.promql.nodes import STRING_OR_COMMENT

Version = tuple[int, ...]

# Syntax and functions that were added, or became stable, in a release of version 3.
_SINCE: tuple[tuple[re.Pattern[str], str, Version], ...] = (
    (re.compile(r"</|>/"), "trimming of native histograms (`</`, `>/`)", (3, 11)),
    (re.compile(r"\bfirst_over_time\s*\("), "`first_over_time`", (3, 14)),
    (re.compile(r"\[[^\]]*(?:[-+*/^%]|\b(?:step|range)\s*\()[^\]]*\]"), "arithmetic in a range", (3, 14)),
    (re.compile(r"\]\s*(?:anchored|smoothed)\b"), "`anchored` and `smoothed`", (3, 16)),
)
# Functions and aggregations that every release refuses without a feature flag.
_EXPERIMENTAL = (
    "double_exponential_smoothing histogram_quantiles info integral limit_ratio limitk mad_over_time max_of min_of "
    "sort_by_label sort_by_label_desc start_timestamp ts_of_first_over_time ts_of_last_over_time ts_of_max_over_time "
    "ts_of_min_over_time"
)
_CALL = re.compile(rf"\b({'|'.join(_EXPERIMENTAL.split())})\s*(?:by\s*\([^)]*\)\s*|without\s*\([^)]*\)\s*)?\(")
_FILL = re.compile(r"\bfill(?:_left|_right)?\s*\(")


@dataclass(frozen=True)
class Unsupported:
    """A part of an expression that a Prometheus refuses. `since` is the release that takes it, () for none."""

    what: str
    since: Version = ()


def unsupported(expr: str, version: Version) -> list[Unsupported]:
    """Return what a Prometheus of `version` (() when it is not known) refuses of `expr` without feature flags."""
    bare = STRING_OR_COMMENT.sub('""', expr)
    found = [Unsupported(what, since) for sign, what, since in _SINCE if () < version < since and sign.search(bare)]
    found += [Unsupported(f"`{name}`") for name in dict.fromkeys(_CALL.findall(bare))]
    return [*found, Unsupported("`fill`")] if _FILL.search(bare) else found
