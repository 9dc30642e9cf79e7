"""Metrics that targets announce with a TYPE line, and of which there are no series.

That is normal where nothing was counted yet. But Prometheus takes the type from what is served, before `metric_relabel`
drops the samples; and it remembers it for ten scrapes after a metric is no longer served.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import takewhile

from stackctl.clients.prometheus import Prometheus
from stackctl.diagnosis.relabel import relabelled
from stackctl.model import Service
from stackctl.scrape import Job

# For how many scrapes Prometheus remembers the type of a metric that is no longer served, and one more.
MEMORY_SCRAPES = 11


def dropped_by(
    client: Prometheus, jobs: Sequence[Job], labelled: Mapping[str, frozenset[str]], name: str, metric: str
) -> str:
    """Return the job whose `metric_relabel` drops all series of `name`, "" where any job that announces its metric
    keeps them.

    `labelled` has the values of the label `job` that the targets of each job carry. Raises NoAnswer without an answer.
    """
    dropping = {job.name for job in jobs if job.service and drops(job.service, name)}
    if not dropping:
        return ""
    labels = client.announcing(metric)
    announcing = sorted(job for job, own in labelled.items() if own & labels)
    return announcing[0] if announcing and dropping.issuperset(announcing) else ""


def drops(service: Service, name: str) -> bool:
    """Return whether `metric_relabel` of a service drops all series of that name, by the name alone."""
    steps = service.scrape.get("metric_relabel_configs", ())
    of_this_name = takewhile(lambda step: step.get("target_label") != "__name__", steps)
    by_name = [step for step in of_this_name if list(step.get("source_labels", ())) == ["__name__"]]
    with suppress(ValueError):  # a regular expression that cannot be read, which `check` reports
        return relabelled({"__name__": name}, by_name).dropped_by is not None
    return False
