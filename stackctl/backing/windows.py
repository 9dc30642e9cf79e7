"""Windows of expressions that are too short for two samples of what they select."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from stackctl.backing.series import Series
from stackctl.backing.verdict import Verdict
from stackctl.promql import duration
from stackctl.promql.selectors import Asked, Selector


def too_short(series: Series, asked: Asked) -> Verdict | None:
    """The failure of a window that cannot hold two scrapes of its job."""
    found = _short_window(series, asked, max)
    if found is None:
        return None
    selector, interval, source = found
    summary = f"{duration.shown(selector.window)} of `{selector.name}` is shorter than two {source}"
    least = f"at least {duration.shown(2 * interval)}, better {duration.shown(4 * interval)}"
    does = "It is scraped" if source.startswith("scrapes") else "That is evaluated"
    remedy = f"{does} every {duration.shown(interval)}: use {least}, or `$__rate_interval` in a panel."
    return Verdict("fail", summary, remedy)


def too_short_rate(series: Series, asked: Asked, seconds: float) -> Verdict | None:
    """The failure of a panel's query in which Grafana writes so many seconds for `$__rate_interval`, and which then
    has no result, of whichever job."""
    found = _short_window(series, asked, min)
    if found is None or found[0].window != seconds:
        return None
    selector, interval, source = found
    wide, every = duration.shown(4 * interval), duration.shown(interval)
    at_present = duration.shown(seconds)
    summary = f"`$__rate_interval` is {at_present} here, too short for two {source}, which are {every} apart"
    remedy = (
        f"Write the window of `{selector.name}` out, as `[{wide}]`; or set `Min step` of the query "
        f"(`interval` in Grafana's JSON), or `timeInterval` of the datasource for all panels, to `{every}`."
    )
    return Verdict("fail", summary, remedy)


def _short_window(series: Series, asked: Asked, of: Callable[..., Any]) -> tuple[Selector, float, str] | None:
    """The selector whose window cannot hold two of its samples, the seconds between these, and their source.

    Of several jobs it is that with the longest interval, or the shortest one: `of` is `max` or `min`.
    """
    for each in asked.selectors:
        if each.of_two and each.window < 2 * series.longest:
            interval, source = series.between_samples(each, of)
            if each.window < 2 * interval:
                return each, interval, source
    return None
