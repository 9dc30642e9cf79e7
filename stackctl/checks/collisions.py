"""Series that become one: targets with the same labels, relabelling that removes what sets series apart, and a `up`
that a target serves itself.

Prometheus reports none of them. Targets with the same labels take turns in writing the same series; of samples that
relabelling makes equal it keeps the first, and so it does of the target's `up` and its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stackctl import conventions as c
from stackctl.bounds.regex import BadPattern, compiled
from stackctl.clients.http import NoAnswer
from stackctl.clients.prometheus import ActiveTarget, Prometheus
from stackctl.promql.selectors import Condition, Selector, of_jobs
from stackctl.scrape import Job
from stackctl.verification.context import Context

# The labels by which the series of a target are found.
_PLACE = ("job", "instance")
_NAMED_UP = frozenset({("__name__", "up")})
_SELECTING = ("keep", "drop", "keepequal", "dropequal")


@dataclass(frozen=True)
class Kept:
    """A job, its targets that are up, and the samples of a scrape of them that relabelling has left."""

    job: Job
    up: Sequence[ActiveTarget]
    samples: float


def same_labels(targets: Iterable[ActiveTarget]) -> Mapping[frozenset[tuple[str, str]], list[ActiveTarget]]:
    """Return the targets that share all labels with another one, by these labels."""
    found: dict[frozenset[tuple[str, str]], list[ActiveTarget]] = {}
    for target in targets:
        found.setdefault(frozenset(target.labels.items()), []).append(target)
    return {labels: alike for labels, alike in found.items() if len(alike) > 1}


def may_merge(job: Job) -> bool:
    """Return whether relabelling of samples may make series equal, and leaves the job and the instance as they are."""
    return bool(_changing(job)) and keeps_place(job)


def keeps_place(job: Job) -> bool:
    """Return whether all series of a job have the labels `job` and `instance` of their target."""
    return not job.honors_labels and all(map(_keeps_place, _changing(job)))


def _changing(job: Job) -> list[Mapping[str, Any]]:
    steps = job.service.scrape.get("metric_relabel_configs", ()) if job.service else ()
    return [each for each in steps if each.get("action", "replace") not in _SELECTING]


def _keeps_place(step: Mapping[str, Any]) -> bool:
    action, target = step.get("action", "replace"), str(step.get("target_label", ""))
    if action == "labelmap":
        return False  # what it writes is only known from the names of labels
    if action not in ("labeldrop", "labelkeep"):
        return target not in _PLACE and "$" not in target
    try:
        regex = compiled(str(step.get("regex", "(.*)")), newlines=True)
    except BadPattern:
        return False
    return all(bool(regex.fullmatch(name)) == (action == "labelkeep") for name in _PLACE)


def merged(context: Context, client: Prometheus, kept: Sequence[Kept]) -> Mapping[str, float]:
    """Return the jobs of which fewer series are stored than samples were kept, with how many are missing.

    What is missing once may be a scrape that was just stored in between, so it is looked at during two scrapes.
    Raises NoAnswer without an answer.
    """
    if not kept:
        return {}
    within = 2 * max(context.interval(one.job) for one in kept)
    seen = context.settle(lambda: _missing_of(client, kept), lambda found: not found, within=within)
    if isinstance(seen, NoAnswer):
        raise seen
    return seen


def _missing_of(client: Prometheus, kept: Iterable[Kept]) -> Mapping[str, float]:
    found = {one.job.name: _missing(client, one) for one in kept}
    return {job: count for job, count in found.items() if count > 0}


def _missing(client: Prometheus, one: Kept) -> float:
    """Return how many of the samples of a job that were kept have no series of their own."""
    jobs = sorted({target.labels.get("job", "") for target in one.up})
    stored = 0.0
    for instance in sorted({target.instance for target in one.up}):
        selector = Selector("", (of_jobs(jobs), Condition("instance", "=", instance)))
        stored += sum(value for _, value in client.values(f"count({selector.text})"))
    return one.samples + len(c.SERIES_OF_SCRAPES) * len(one.up) - stored


def own_up(context: Context, client: Prometheus, ups: Iterable[tuple[Job, ActiveTarget]]) -> frozenset[str]:
    """Return the jobs with a target that is scraped, while its series `up` says that it is not.

    The target may have changed in between, so it is looked at during two scrapes. Raises NoAnswer without an answer.
    """
    intervals = {job.name: context.interval(job) for job, _ in ups}

    def observe() -> frozenset[str]:
        labelled = {
            frozenset(target.labels.items()): target.job for target in client.targets() if target.health == "up"
        }
        found = [frozenset((*each.items(),)) - _NAMED_UP for each, value in client.values("up != 1")]
        return frozenset(labelled[labels] for labels in found if labels in labelled) & intervals.keys()

    seen = context.settle(observe, lambda found: not found, within=2 * max(intervals.values(), default=0.0))
    if isinstance(seen, NoAnswer):
        raise seen
    return seen
