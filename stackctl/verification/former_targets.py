"""Former targets: those that Prometheus no longer scrapes, and of which it still has series.

A reload that removes a job does not end its series: queries return them for as long as Prometheus looks back, five
minutes by default, and those with a longer window for that long. They say nothing of what is declared now. They end
before the time of the configuration that is loaded; nothing that is scraped, federated or pushed now does.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from stackctl.clients.http import NoAnswer
from stackctl.clients.prometheus import Prometheus
from stackctl.promql import duration
from stackctl.promql.selectors import Condition, Selector, of_jobs
from stackctl.verification.context import Context
from stackctl.verification.targets import Place, TargetStates, place_of

# A configuration that was loaded longer ago has no former jobs: only queries with a longer window have series of them.
_LATELY = 86_400.0
_LOOKBACK = duration.seconds(duration.DEFAULT_LOOKBACK)
# What may come without an `up`, as by federation. Rules may go on recording from series that have ended: such series
# are named with colons, by custom.
_ANY = Selector("", (Condition("instance", "!=", ""), Condition("__name__", "!~", "ALERTS.*|.*:.*")))


def places(context: Context, seen: TargetStates) -> frozenset[Place]:
    """Return the labels of former targets of which there is still an `up`. Raises NoAnswer without an answer."""
    client = context.prometheus()
    since = _since(client, seen)
    ended = client.values(f"timestamp(up) < {since:.3f}") if since else ()
    return frozenset(place_of(labels) for labels, _ in ended) - {place_of(each.labels) for each in seen.targets}


def jobs(context: Context, seen: TargetStates, current: Collection[str]) -> tuple[str, ...]:
    """Return the values of the label `job` that were scraped until the configuration was loaded, and that nothing has
    had since. `current` are those of declared and of scraped jobs. Raises NoAnswer without an answer.

    A job whose targets come and go is no former one: it may come again.
    """
    client = context.prometheus()
    since = _since(client, seen)
    before = client.values("group by (job) (up)", at=since) if since else ()
    ended = {labels.get("job", "") for labels, _ in before} - {*current}
    if not ended:
        return ()
    ((_, now),) = client.values("vector(time())")
    age = now - since
    if not 0 < age < _LATELY:
        return ()
    for series, seconds in ((Selector("up"), age), (_ANY, min(age, _LOOKBACK))):
        if ended:
            coming = replace(series, conditions=(of_jobs(sorted(ended)), *series.conditions))
            # Of the functions of a window, this one keeps the names, without which series may be equal.
            query = f"group by (job) (last_over_time({coming.text}[{seconds * 1000:.0f}ms]))"
            ended -= {labels["job"] for labels, _ in client.values(query)}
    return tuple(sorted(ended))


def _since(client: Prometheus, seen: TargetStates) -> float:
    """The Unix time of the configuration that is loaded, 0.0 where the server does not tell."""
    try:
        return seen.since or client.runtime_info().configured
    except NoAnswer:
        return 0.0
