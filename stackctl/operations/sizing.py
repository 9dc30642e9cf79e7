"""The size of a stack: what its contracts, its components and its running Prometheus say of the series of each job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stackctl.clients.prometheus import Prometheus
    from stackctl.model import Service, Stack
    from stackctl.scrape import Job
    from stackctl.sizing import JobSize, Now, Size

_PATIENCE_SECONDS = 5.0
# By the label that the samples of a scrape have; what Prometheus refused is not in these numbers.
_SERIES = "sum by (job) (scrape_samples_post_metric_relabeling)"
_TARGETS = "count by (job) (up)"


def size_of(manifest: Path, series_per_target: int | None = None) -> Size:
    """Return the size of the stack that `manifest` declares.

    A job is counted as it runs; else by its contract, else by what a component of its kind was seen to serve, else with
    `series_per_target` where that is given. Raises InputError for a manifest that cannot be read.
    """
    from stackctl.operations.checking import load_or_report
    from stackctl.sizing import Size, needs

    stack = load_or_report(manifest)
    running, now, unasked = _running(manifest, stack)
    jobs = tuple(_counted(each, running, series_per_target) for each in _declared(stack))
    kept = stack.kept_seconds if isfinite(stack.kept_seconds) else None
    resources = stack.prometheus.resources
    return Size(
        jobs,
        needs(jobs, kept),
        kept,
        tuple(each.job for each in jobs if each.series is None),
        _bytes(resources.memory) if resources.memory else None,
        _bytes(stack.prometheus.retention.size) if stack.prometheus.retention.size else None,
        now,
        unasked,
    )


def _declared(stack: Stack) -> list[JobSize]:
    """Return the jobs of a stack, and the services that push, by what the manifest says."""
    from stackctl.promql.duration import seconds
    from stackctl.runtimes.native.facts import FACTS
    from stackctl.scrape import jobs
    from stackctl.sizing import JobSize

    usual = stack.prometheus.scrape_interval
    found = []
    for job in jobs(stack, FACTS):
        targets = None if job.discovered else len(job.endpoints)
        series, is_least = _of_contract(job.service) if job.service else (None, False)
        known_by = "contract" if series is not None else ""
        if job.component and targets:
            series, known_by = _of_component(job, targets)
        found.append(
            JobSize(job.label or job.name, targets, series, seconds(job.scrape_interval or usual), known_by, is_least)
        )
    for service in stack.services:
        if service.push:
            series, is_least = _of_contract(service)
            found.append(JobSize(service.push.job, 0, series, seconds(usual), "contract" if series else "", is_least))
    return found


def _of_contract(service: Service) -> tuple[int | None, bool]:
    """Return how many series the targets of a service have together, and whether there may be more."""
    from stackctl.manifest.cardinality import estimates

    found = estimates(service)
    if not found or service.discovery:
        return None, False
    return sum(each.series for each in found), any(each.is_open for each in found)


def _of_component(job: Job, targets: int) -> tuple[int | None, str]:
    from stackctl.components import registry

    assert job.component  # noqa: S101 - the caller has looked
    known = registry.of(job.component)
    each = known.probe_series if "target" in job.params else known.target_series
    return (each * targets, "measured") if each else (None, "")


def _counted(job: JobSize, running: Mapping[str, tuple[int, int]], series_per_target: int | None) -> JobSize:
    """The same job as it runs; with a number that was given where nothing else is known."""
    if job.job in running:
        targets, series = running[job.job]
        return replace(job, targets=targets, series=series, known_by="running", is_least=False)
    if job.series is None and series_per_target is not None and job.targets:
        return replace(job, series=job.targets * series_per_target, known_by="assumed")
    return job


def _running(manifest: Path, stack: Stack) -> tuple[Mapping[str, tuple[int, int]], Now | None, str]:
    """Return targets and series of each job that runs, Prometheus itself, and why one that runs was not asked."""
    from stackctl import conventions as c
    from stackctl.clients.http import Http, NoAnswer
    from stackctl.clients.prometheus import Prometheus
    from stackctl.operations.moments import servers_of

    servers, unasked = servers_of(manifest, stack)
    access = servers.get(c.PROMETHEUS)
    if access is None:
        return {}, None, unasked
    client = Prometheus(Http(access, timeout=_PATIENCE_SECONDS))
    try:
        series, targets = client.each([_SERIES, _TARGETS])
    except NoAnswer as error:
        return {}, None, error.summary
    counts = {labels.get("job", ""): int(value) for labels, value in targets}
    found = {labels.get("job", ""): int(value) for labels, value in series}
    return {job: (counts.get(job, 0), number) for job, number in found.items() if number}, _now(client), ""


def _now(client: Prometheus) -> Now | None:
    """Return what Prometheus says of itself, None where it does not serve that."""
    from stackctl.clients.http import NoAnswer
    from stackctl.sizing import Now

    try:
        page = client.own_metrics()
    except NoAnswer:
        return None

    def value(*names: str) -> float | None:
        found = [number for name in names for _, number in page.series(name)]
        return sum(found) if found else None

    disk = value(
        *("prometheus_tsdb_storage_blocks_bytes", "prometheus_tsdb_wal_storage_size_bytes"),
        "prometheus_tsdb_head_chunks_storage_size_bytes",
    )
    return Now(value("prometheus_tsdb_head_series"), value("process_resident_memory_bytes"), disk)


def _bytes(text: str) -> float:
    """The bytes of an amount as the manifest writes it: `512m`, `10GB`. Its units are powers of two."""
    number = text.rstrip("bBkKmMgGtTpPeE")
    unit = text[len(number) :].lower().rstrip("b")
    return float(number) * 1024.0 ** (" kmgtpe".find(unit) if unit else 0)
