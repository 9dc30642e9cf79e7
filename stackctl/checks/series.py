"""`prometheus.series`: the targets serve no more series than `prometheus.series_budget` allows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from stackctl import conventions as c
from stackctl.clients.http import NoAnswer
from stackctl.diagnostic import Diagnostic
from stackctl.verification import former_targets, targets
from stackctl.verification.context import Context
from stackctl.verification.subject import Subject

ID = "prometheus.series"
# What the last scrape of each target has left in storage: series that are gone count no longer.
_SERVED = "scrape_samples_post_metric_relabeling"
_NAMED = 3


def check(context: Context) -> Iterable[Diagnostic]:
    """A finding for a stack with a budget: the series that the last scrapes have stored, compared with it."""
    budget = context.stack.prometheus.series_budget
    if budget is None:
        return []
    subject = Subject(ID, c.PROMETHEUS, context.stack.prometheus.origin)
    try:
        jobs = _served(context)
    except NoAnswer as error:
        return [subject.unanswered(error)]
    total = jobs.total()
    if total <= budget:
        return [subject.passed(f"{total:,} of {budget:,} series")]
    most = ", ".join(f"`{job}` {series:,}" for job, series in jobs.most_common(_NAMED))
    return [
        subject.failed(
            f"the targets serve {total:,} series, and the budget is {budget:,}",
            "Drop what nobody needs, by `metric_relabel` of the service; or raise `prometheus.series_budget`.",
            f"most by job: {most}",
            stage="working",
        )
    ]


def _served(context: Context) -> Counter[str]:
    """The series that the last scrapes have stored, by the label `job` of targets. Raises NoAnswer without one."""
    seen = targets.settle(context)
    if isinstance(seen, NoAnswer):
        raise seen
    former = former_targets.places(context, seen)
    found: Counter[str] = Counter()
    for labels, series in context.prometheus().values(f"sum by (job, instance) ({_SERVED})"):
        if targets.place_of(labels) not in former:
            found[labels.get("job", "")] += int(series)
    return found
