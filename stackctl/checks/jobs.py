"""`job.loaded`: Prometheus has every declared scrape job, by its own list of what it scrapes."""

from __future__ import annotations

from collections.abc import Iterable

from stackctl import conventions as c
from stackctl.clients.http import NoAnswer
from stackctl.diagnostic import Diagnostic
from stackctl.scrape import Job
from stackctl.verification.context import Context
from stackctl.verification.subject import Subject

ID = "job.loaded"
# Twice the time in which Prometheus takes up the jobs of a new configuration.
_SYNC_SECONDS = 2 * c.TARGET_SYNC_SECONDS


def check(context: Context) -> Iterable[Diagnostic]:
    """A finding for every declared job."""
    names = {job.name for job in context.jobs}
    seen = context.settle(context.prometheus().jobs, names.issubset, within=_SYNC_SECONDS)
    return [_job(job, seen) for job in context.jobs]


def _job(job: Job, seen: frozenset[str] | NoAnswer) -> Diagnostic:
    subject = Subject(ID, job.name, job.origin)
    if isinstance(seen, NoAnswer):
        return subject.unanswered(seen)
    if job.name not in seen:
        loaded = ", ".join(sorted(seen)) or "none"
        return subject.failed("Prometheus has no such job", "Run `stackctl reload`.", f"it has: {loaded[:400]}")
    return subject.passed("loaded")
