"""The scrape jobs that the Prometheus Operator makes of a stack's objects, by the names that it gives them. Pure.

Names are those of the operator: `serviceMonitor/NAMESPACE/NAME/NUMBER`, `scrapeConfig/NAMESPACE/NAME` and the like.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from stackctl.cluster.objects import Thing

# Kind -> the field with the endpoints, of which each is a job; "" where the object is one job.
_ENDPOINTS = {"ServiceMonitor": "endpoints", "PodMonitor": "podMetricsEndpoints", "ScrapeConfig": "", "Probe": ""}


def pools(things: Iterable[Thing]) -> dict[str, Thing]:
    """Return the name of each scrape job that has to be there, with the object that it comes from."""
    return {name: thing for thing in things if thing.kind in _ENDPOINTS for name in _names(thing)}


def declared_job(thing: Thing) -> str:
    """Return the value of the label `job` that the targets of an object get, "" where none is set."""
    spec = thing.content["spec"]
    blocks = [spec, *(spec.get(_ENDPOINTS[thing.kind]) or () if _ENDPOINTS[thing.kind] else ())]
    rules = [rule for block in blocks for rule in block.get("relabelings") or ()]
    named = [str(rule["replacement"]) for rule in rules if rule.get("targetLabel") == "job"]
    return named[0] if named else str(spec.get("jobName") or "")


def _names(thing: Thing) -> Iterator[str]:
    prefix = f"{thing.kind[0].lower()}{thing.kind[1:]}/{thing.namespace}/{thing.name}"
    if field := _ENDPOINTS[thing.kind]:
        for number, _ in enumerate(thing.content["spec"][field]):
            yield f"{prefix}/{number}"
    else:
        yield prefix
