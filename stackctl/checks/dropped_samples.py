"""Samples that Prometheus has dropped, by its counters: for one of somebody else, whose log cannot be read.

The counters do not name a job. But while they rise, it is a job of which fewer series get samples than are scraped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from stackctl import conventions as c
from stackctl.clients.http import NoAnswer
from stackctl.clients.prometheus import ActiveTarget, Prometheus
from stackctl.promql.selectors import Condition, Selector, of_jobs
from stackctl.scrape import Job
from stackctl.verification.context import Context

# How Prometheus' message about such samples ends -> its counter of them, and how far back that is read.
COUNTERS = {
    "out-of-order samples": "prometheus_target_scrapes_sample_out_of_order_total",
    "different value but same timestamp": "prometheus_target_scrapes_sample_duplicate_timestamp_total",
    "too old or are too far into the future": "prometheus_target_scrapes_sample_out_of_bounds_total",
}
_RECENT = "5m"


@dataclass(frozen=True)
class Lost:
    """The `kinds` of samples that are dropped, keys of COUNTERS; of `jobs` that could be found out, how many."""

    kinds: tuple[str, ...] = ()
    jobs: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Scraped:
    """A job whose series carry the labels of its targets, those that are up, and the samples of a scrape of them."""

    job: Job
    up: Sequence[ActiveTarget]
    samples: float


def look(context: Context, client: Prometheus, scraped: Iterable[Scraped]) -> Lost:
    """Return what was dropped in the last minutes, or is while this looks. Raises NoAnswer without an answer."""
    kinds = _recent(client)
    if kinds is None:
        kinds = _rising(context, client)
    missing = {one.job.name: one.samples - _stored(context, client, one) for one in (scraped if kinds else ())}
    return Lost(kinds, {job: count for job, count in missing.items() if count > 0})


def _recent(client: Prometheus) -> tuple[str, ...] | None:
    """The kinds by what Prometheus scrapes of itself, None where it does not."""
    found = [client.values(f"sum(increase({name}[{_RECENT}]))") for name in COUNTERS.values()]
    if not all(found):
        return None
    return tuple(kind for kind, ((_, value),) in zip(COUNTERS, found, strict=True) if value > 0)


def _rising(context: Context, client: Prometheus) -> tuple[str, ...]:
    """The kinds by what Prometheus serves of itself, during a scrape of every job."""
    try:
        first = client.own_metrics()
    except NoAnswer:
        return ()  # they may be closed to this machine

    def observe() -> tuple[str, ...]:
        now = client.own_metrics()
        return tuple(kind for kind, name in COUNTERS.items() if now.total(name) > first.total(name))

    longest = max((context.interval(job) for job in context.jobs), default=0.0)
    found = context.settle(observe, bool, within=longest + c.TARGET_SYNC_SECONDS)
    return () if isinstance(found, NoAnswer) else found


def _stored(context: Context, client: Prometheus, one: Scraped) -> float:
    """The number of series of a job that have got a sample in its last two scrapes."""
    own = Condition("__name__", "!~", c.OF_SCRAPES)
    jobs = sorted({target.labels.get("job", "") for target in one.up})
    instances = Condition("instance", "=~", "|".join(sorted({re.escape(target.instance) for target in one.up})))
    selector = Selector("", (of_jobs(jobs), instances, own)).text
    window = f"{2000 * context.interval(one.job):.0f}ms"
    return sum(value for _, value in client.values(f"count(last_over_time({selector}[{window}]))"))
