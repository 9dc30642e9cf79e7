"""Former targets: those that Prometheus no longer scrapes, and of which it still has series.

A reload that removes a job does not end its series: queries return them for as long as Prometheus looks back, five
minutes by default, and those with a longer window for that long. They say nothing of what is declared now. They end
before the time of the configuration that is loaded; nothing that is scraped, federated or pushed now does.
"""

from __future__ import annotations

from collections.abc import Collection

from stackctl.clients.http import NoAnswer
from stackctl.clients.prometheus import Prometheus
from stackctl.promql import duration
from stackctl.promql.selectors import Condition, Selector, of_jobs
from stackctl.verification.context import Context
from stackctl.verification.targets import TargetStates

# The labels `job` and `instance` of a target.
Place = tuple[str, str]

# Rules may go on recording from series that have ended: these are named with colons, by custom.
_RECORDED = Condition("__name__", "!~", "ALERTS.*|.*:.*")


def places(context: Context, seen: TargetStates) -> frozenset[Place]:
    """Return the labels of former targets of which there is still an `up`. Raises NoAnswer without an answer."""
    client = context.prometheus()
    since = _since(client, seen)
    ended = client.values(f"timestamp(up) < {since:.3f}") if since else ()
    current = {(each.labels.get("job", ""), each.instance) for each in seen.targets}
    return frozenset((labels.get("job", ""), labels.get("instance", "")) for labels, _ in ended) - current


def jobs(context: Context, seen: TargetStates, current: Collection[str]) -> tuple[str, ...]:
    """Return the values of the label `job` of former targets alone. `current` are those of declared and of scraped
    jobs. Raises NoAnswer without an answer."""
    client = context.prometheus()
    since = _since(client, seen)
    others = sorted({*client.label_values("job", "up")} - {*current}) if since else []
    if not others:
        return ()
    ((_, now),) = client.values("vector(time())")
    window = min(now - since, duration.seconds(duration.DEFAULT_LOOKBACK))
    coming = Selector("", (of_jobs(others), Condition("instance", "!=", ""), _RECORDED))
    # Of the functions of a window, this one keeps the names, without which series may be equal.
    query = f"group by (job) (last_over_time({coming.text}[{window * 1000:.0f}ms]))"
    found = {labels["job"] for labels, _ in client.values(query)} if window > 0 else set()
    return tuple(sorted({*others} - found))


def _since(client: Prometheus, seen: TargetStates) -> float:
    """The Unix time of the configuration that is loaded, 0.0 where the server does not tell."""
    try:
        return seen.since or client.runtime_info().configured
    except NoAnswer:
        return 0.0
