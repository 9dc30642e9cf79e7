"""A stack in a cluster, as checks take it: the scrape jobs that the Prometheus Operator makes of its objects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from stackctl.model import Contract
from stackctl.scrape import Job, passed_job
from stackctl.source import Position
from stackctl.verification import external, given
from stackctl.verification.context import Context
from stackctl.verification.given import Loaded


@dataclass(frozen=True)
class Declared:
    """A scrape job that the Prometheus Operator has to make: where it is declared, the value of the label `job`, and
    what its service promises."""

    origin: Position
    label: str
    contract: Contract | None = None


def jobs_of(declared: Mapping[str, Declared], loaded: Loaded) -> tuple[Job, ...]:
    """Return the job of each declared name, with the targets that Prometheus scrapes for it.

    One that is not loaded has no targets. What else is loaded is somebody else's.
    """
    found = {job.name: job for job in given.jobs_of(loaded, Position(""))}
    return tuple(
        _placed(found.get(name) or passed_job({"job_name": name, "none_sd_configs": []}, each.origin), each)
        for name, each in sorted(declared.items())
    )


def missing_jobs(context: Context, loaded: Loaded) -> Mapping[str, str]:
    """Return the jobs that are not loaded, each with the reason why nothing of it is checked."""
    known = {*external.loaded_blocks(loaded.config), *(target.job for target in loaded.targets)}
    answers = bool(loaded.prometheus or loaded.targets)
    return {job.name: external.NOT_LOADED for job in context.jobs if answers and job.name not in known}


def _placed(job: Job, declared: Declared) -> Job:
    assert job.service  # noqa: S101 - it is made with one
    place = declared.origin
    endpoints = tuple(replace(each, origin=place) for each in job.endpoints)
    service = replace(job.service, origin=place, contract=declared.contract)
    return replace(job, origin=place, endpoints=endpoints, service=service, label=declared.label)
