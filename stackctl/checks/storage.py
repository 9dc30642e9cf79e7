"""`prometheus.storage`: what Prometheus scrapes is stored. A full or broken disk stops that, and nothing else shows it.

Targets stay up then, and queries give the last stored sample for five minutes more.
"""

from __future__ import annotations

from collections.abc import Iterable

from stackctl import conventions as c
from stackctl.clients.http import NoAnswer
from stackctl.diagnostic import Diagnostic
from stackctl.verification import targets
from stackctl.verification.context import Context
from stackctl.verification.subject import Subject

ID = "prometheus.storage"


def check(context: Context) -> Iterable[Diagnostic]:
    """One finding: whether a sample came into storage while the check looked. It waits for the next scrape."""
    subject = Subject(ID, c.PROMETHEUS, context.stack.prometheus.origin)
    client = context.prometheus()
    first: list[float] = []

    def newest() -> float:
        found = client.newest_sample()
        first[:] = first or [found]
        return found

    seen = context.settle(newest, lambda found: found > first[0], within=context.seconds)
    if isinstance(seen, NoAnswer):
        return [subject.unanswered(seen)]
    if seen <= first[0] and _scrapes_nothing(context):
        return [subject.skipped("Prometheus has no target, so no scrape shows whether samples are stored")]
    if seen <= first[0]:
        summary = "scraped samples do not reach storage"
        remedy = "See `stackctl logs prometheus`: its disk may be full, read-only or broken."
        return [subject.failed(summary, remedy, stage="loaded")]
    return [subject.passed("scraped samples are stored")]


def _scrapes_nothing(context: Context) -> bool:
    seen = targets.settle(context)
    return not isinstance(seen, NoAnswer) and not seen.targets
