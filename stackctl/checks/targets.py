"""`target.up`: every declared target is up, by a scrape that was made while the check looked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlsplit

from stackctl.checks.context import Context
from stackctl.checks.diagnose import NOT_LOADED, dropped_by
from stackctl.checks.finding import Finding, Subject
from stackctl.checks.look import Diagnoses, Failed, look
from stackctl.clients.http import NoAnswer
from stackctl.clients.prometheus import ActiveTarget
from stackctl.scrape import Endpoint, Job

ID = "target.up"


Key = tuple[str, str, str]


@dataclass(frozen=True)
class Observation:
    """The targets that Prometheus reports.

    A scrape counts when it is newer than `since`, the start or the last reload, and newer than the one that the
    target had at the first look (`before`): what was up a moment ago proves nothing of now. All times are
    Prometheus' own, so clocks need not agree.
    """

    targets: tuple[ActiveTarget, ...]
    since: float
    before: Mapping[Key, float]

    @property
    def up(self) -> frozenset[str]:
        """The jobs that have a target that is up."""
        return frozenset(target.job for target in self.targets if target.health == "up")

    def of(self, job: Job, endpoint: Endpoint) -> ActiveTarget | None:
        """The target that `endpoint` became."""
        return self._known.get((job.name, endpoint.instance))

    @cached_property
    def _known(self) -> Mapping[tuple[str, str], ActiveTarget]:
        """The targets by job and instance: of two alike the first."""
        return {(target.job, target.instance): target for target in reversed(self.targets)}

    def fresh(self, target: ActiveTarget) -> bool:
        return target.last_scrape > max(self.since, self.before.get(_key(target), 0.0))

    def settled(self, job: Job) -> bool:
        """Whether there is a fresh word on every target of `job`."""
        if job.discovered:
            found = [target for target in self.targets if target.job == job.name]
            return bool(found) and all(self.fresh(target) for target in found)
        found = [target for endpoint in job.endpoints if (target := self.of(job, endpoint))]
        known = len(found) == len(job.endpoints)
        return known and all(self.fresh(target) and is_as_declared(job, target) for target in found)


def is_as_declared(job: Job, target: ActiveTarget) -> bool:
    """Whether Prometheus asks a target for the declared path: it takes up a new one some seconds after a reload.

    Relabelling may lead it elsewhere, as declared too.
    """
    service = job.service
    if service and "relabel_configs" in service.scrape:
        return True
    url = urlsplit(target.scrape_url)
    return (url.scheme, url.path) == (job.scheme, job.metrics_path)


def check(context: Context) -> Iterable[Finding]:
    """A finding for every declared target, and one for every job whose targets are discovered."""
    seen = settle(context)
    found = look(context, _down(context, seen)) if isinstance(seen, Observation) else {}
    return [finding for job in context.jobs for finding in _job(context, job, seen, found)]


def _down(context: Context, seen: Observation) -> list[Failed]:
    """The declared targets of which Prometheus says why it could not scrape them."""
    declared = [(job, each) for job in context.jobs if not is_skipped(context, job) for each in job.endpoints]
    known = [(job, endpoint, seen.of(job, endpoint)) for job, endpoint in declared]
    return [
        Failed(job, endpoint, target.last_error)
        for job, endpoint, target in known
        if target and target.health != "up" and target.last_error
    ]


def settle(context: Context) -> Observation | NoAnswer:
    """The targets, after a fresh word on every one that runs or when time is up. All families share this look."""
    return context.once(ID, lambda: _settle(context))


def _settle(context: Context) -> Observation | NoAnswer:
    client, jobs = context.prometheus(), [job for job in context.jobs if not is_skipped(context, job)]
    before: dict[Key, float] = {}

    def observe() -> Observation:
        info, targets = client.runtime_info(), client.targets()
        if not before:
            before.update({_key(target): target.last_scrape for target in targets})
        return Observation(targets, max(info.started, info.configured), before)

    return context.settle(observe, lambda seen: all(map(seen.settled, jobs)), within=context.seconds)


def _key(target: ActiveTarget) -> Key:
    return target.job, target.instance, target.scrape_url


def is_skipped(context: Context, job: Job) -> bool:
    """Whether what a job scrapes was knowingly left out."""
    return _source(job) in context.skipped


def _source(job: Job) -> str:
    """The component or service that a job scrapes, "" when that is neither."""
    source = job.component or job.service
    return source.name if source else ""


def _job(context: Context, job: Job, seen: Observation | NoAnswer, found: Diagnoses) -> list[Finding]:
    if job.discovered:
        return [_discovered(Subject(ID, job.name, job.origin), job, seen)]
    return [_target(context, job, endpoint, seen, found) for endpoint in job.endpoints]


def _discovered(subject: Subject, job: Job, seen: Observation | NoAnswer) -> Finding:
    if isinstance(seen, NoAnswer):
        return subject.failed(seen.summary, "Run `stackctl up`.")
    targets = [target for target in seen.targets if target.job == job.name]
    down = [target for target in targets if target.health != "up" or not seen.fresh(target)]
    if not targets:
        remedy = "Look at the discovery block: what it asks has to list at least one target."
        return subject.failed("discovery has found no target", remedy, stage="loaded")
    if down:
        evidence = "\n".join(f"{target.instance}: {target.last_error or target.health}" for target in down[:20])
        summary = f"{len(down)} of {len(targets)} discovered targets are not up"
        return subject.failed(summary, "Mend the targets named in the evidence.", evidence, stage="loaded")
    return subject.passed(f"all {len(targets)} discovered targets are up")


def _absent(context: Context, subject: Subject, job: Job, endpoint: Endpoint) -> Finding:
    """A target that Prometheus does not have: dropped by a step of its job's relabelling, or never loaded."""
    try:
        found = [one for one in context.prometheus().dropped() if one.job == job.name]
    except NoAnswer as error:
        return subject.failed(error.summary, "Run `stackctl up`.")
    dropped = next((one for one in found if one.address == endpoint.address), None)
    diagnosis = dropped_by(job, dropped.labels) if dropped else NOT_LOADED
    return subject.failed(diagnosis.cause, diagnosis.remedy, diagnosis.evidence)


def _target(context: Context, job: Job, endpoint: Endpoint, seen: Observation | NoAnswer, found: Diagnoses) -> Finding:
    subject = Subject(ID, f"{job.name}/{endpoint.instance}", endpoint.origin)
    if is_skipped(context, job):
        return subject.skipped(context.why_skipped(_source(job), "it"))
    if isinstance(seen, NoAnswer):
        return subject.failed(seen.summary, "Run `stackctl up`.")
    target = seen.of(job, endpoint)
    if target is None:
        return _absent(context, subject, job, endpoint)
    if target.health != "up" and target.last_error:
        diagnosis = found[job.name, endpoint.instance]
        return subject.failed(f"down: {diagnosis.cause}", diagnosis.remedy, diagnosis.evidence, stage="loaded")
    if not is_as_declared(job, target):
        summary = f"Prometheus scrapes {target.scrape_url}, and not {job.metrics_path}"
        return subject.failed(summary, "Run `stackctl reload`, or wait longer with --timeout.", stage="loaded")
    if not seen.fresh(target) or target.health != "up":
        summary = f"not scraped while this check waited (health: {target.health})"
        remedy = "Wait longer with --timeout; if that changes nothing, look at `stackctl logs prometheus`."
        return subject.failed(summary, remedy, stage="loaded")
    return subject.passed(f"up at {target.scrape_url}")
