"""The wait for a second scrape, before a failure is reported of what is not served.

A program may serve a metric from its second scrape on: one that counts requests has counted none when it is scraped
for the first time, and Prometheus itself has no appended samples yet. The same is true of an exporter whose server was
still starting.
"""

from __future__ import annotations

from math import ceil

from stackctl.clients.prometheus import counted
from stackctl.promql.selectors import Selector, of_jobs
from stackctl.verification.context import Context
from stackctl.verification.targets import TargetStates

# A window that holds two scrapes, in scrape intervals.
_TWO_SCRAPES = 2.5


def wait(context: Context, seen: TargetStates) -> None:
    """Wait until each target that is up has been scraped twice in a row, or time is up. All families share this wait.

    A caller that saw a failure looks again afterwards, also where there was nothing to wait for: the second scrape may
    have come between the failure and this wait. Jobs that are scraped too seldom to wait for are left out.
    """
    context.once("second scrape", lambda: _wait(context, seen))


def _wait(context: Context, seen: TargetStates) -> None:
    queries = [_scraped_once(labels, seconds) for seconds, labels in _windows(context, seen).items()]
    client = context.prometheus()
    context.settle(lambda: not any(map(client.has_result, queries)), bool, within=context.seconds)


def _windows(context: Context, seen: TargetStates) -> dict[float, set[str]]:
    """Seconds that hold two scrapes -> the values of the label `job` of what is scraped so often."""
    windows: dict[float, set[str]] = {}
    for job in context.jobs:
        interval = context.interval(job)
        if job.name in seen.up and interval <= context.seconds:
            windows.setdefault(_TWO_SCRAPES * interval, set()).update(seen.labelled[job.name])
    return windows


def _scraped_once(jobs: set[str], seconds: float) -> str:
    """The query for targets that are up, and have not been so for two scrapes."""
    up = Selector("up", (of_jobs(sorted(jobs)),)).text
    window = f"{up}[{ceil(seconds * 1000)}ms]"
    return counted(f"{up} == 1 unless (count_over_time({window}) >= 2 and min_over_time({window}) == 1)")
