"""Targets of which several processes answer in turn: workers of one program, or replicas behind one address.

Each process has counters of its own, so a counter of such a target goes back whenever another one answers, and `rate()`
takes that for a restart. A restart brings a later start time, and less CPU time. That both go back, and more than once,
is neither a restart nor the clock of the machine.
"""

from __future__ import annotations

from collections.abc import Iterable

from stackctl.clients.prometheus import ActiveTarget, Prometheus
from stackctl.promql.selectors import Selector, of_jobs
from stackctl.scrape import Job
from stackctl.verification.context import Context
from stackctl.verification.targets import Place, place_of

# Of how many scrapes the values are compared, and how often they have to have gone back.
_SCRAPES = 20
_BACK = 2
_STARTED, _USED = "process_start_time_seconds", "process_cpu_seconds_total"


def alternating(context: Context, client: Prometheus, ups: Iterable[tuple[Job, ActiveTarget]]) -> frozenset[Place]:
    """Return the labels `job` and `instance` of the targets in `ups`, all of which are up, that are several processes.

    Jobs that honor labels are left out: their series are those of others. Raises NoAnswer.
    """
    jobs: dict[float, set[str]] = {}
    for job, target in ups:
        if not job.honors_labels:
            jobs.setdefault(context.interval(job), set()).add(target.labels.get("job", ""))
    return frozenset(
        place_of(labels)
        for interval, names in sorted(jobs.items())
        for labels, _ in client.values(_query(sorted(names), _SCRAPES * interval))
    )


def _query(jobs: list[str], seconds: float) -> str:
    """The query for what has gone back often enough within so many seconds."""
    selectors = (Selector(name, (of_jobs(jobs),)).text for name in (_STARTED, _USED))
    return " and ".join(f"resets({selector}[{seconds:.0f}s]) >= {_BACK}" for selector in selectors)
