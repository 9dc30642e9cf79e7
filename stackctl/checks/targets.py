"""`target.up`: every declared target is scraped, by a scrape newer than the start and the last reload."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from stackctl.checks.context import Context
from stackctl.checks.diagnose import diagnose
from stackctl.checks.finding import Finding, Subject
from stackctl.clients.http import NoAnswer
from stackctl.clients.prometheus import ActiveTarget
from stackctl.scrape import Endpoint, Job

ID = "target.up"


@dataclass(frozen=True)
class Observation:
    """The targets that Prometheus reports, and the time (its own) that a scrape has to be newer than."""

    targets: tuple[ActiveTarget, ...]
    since: float

    def of(self, job: Job, endpoint: Endpoint) -> ActiveTarget | None:
        """The target that `endpoint` became."""
        same_job = (target for target in self.targets if target.job == job.name)
        return next((target for target in same_job if target.instance == endpoint.instance), None)

    def fresh(self, target: ActiveTarget) -> bool:
        return target.last_scrape > self.since


def check(context: Context) -> Iterable[Finding]:
    """A finding for every declared target, and one for every job whose targets are discovered."""
    client = context.prometheus()
    # A target that is down is believed to be so once a scrape that began after this check says it again.
    begun: list[float] = []

    def observe() -> Observation:
        info = client.runtime_info()
        seen = Observation(client.targets(), max(info.started, info.configured))
        if not begun:
            begun.append(max((target.last_scrape for target in seen.targets), default=0.0))
        return seen

    def settled(seen: Observation) -> bool:
        return all(
            (target := seen.of(job, endpoint)) is not None
            and seen.fresh(target)
            and (target.health == "up" or target.last_scrape > begun[0])
            for job in context.jobs
            for endpoint in job.endpoints
            if not _skipped(context, job)
        ) and all(_discovered_up(seen, job) for job in context.jobs if job.discovered)

    seen = context.settle(observe, settled, within=context.seconds)
    return [finding for job in context.jobs for finding in _job(context, job, seen)]


def _skipped(context: Context, job: Job) -> str:
    """Why a job's only source does not run, if it was left out knowingly."""
    name = job.component.name if job.component else job.service.name if job.service else ""
    return context.skipped.get(name, "")


def _discovered_up(seen: Observation, job: Job) -> bool:
    targets = [target for target in seen.targets if target.job == job.name]
    return bool(targets) and all(target.health == "up" and seen.fresh(target) for target in targets)


def _job(context: Context, job: Job, seen: Observation | NoAnswer) -> list[Finding]:
    if job.discovered:
        return [_discovered(Subject(ID, job.name, job.origin), job, seen)]
    return [_target(context, job, endpoint, seen) for endpoint in job.endpoints]


def _discovered(subject: Subject, job: Job, seen: Observation | NoAnswer) -> Finding:
    if isinstance(seen, NoAnswer):
        return subject.failed(seen.summary, "Run `stackctl up`.")
    targets = [target for target in seen.targets if target.job == job.name]
    down = [target for target in targets if target.health != "up" or not seen.fresh(target)]
    if not targets:
        remedy = "Look at the discovery block: what it asks has to list at least one target."
        return subject.failed("discovery has found no target", remedy)
    if down:
        evidence = "\n".join(f"{target.instance}: {target.last_error or target.health}" for target in down[:20])
        summary = f"{len(down)} of {len(targets)} discovered targets are not up"
        return subject.failed(summary, "Mend the targets named in the evidence.", evidence)
    return subject.passed(f"all {len(targets)} discovered targets are up")


def _target(context: Context, job: Job, endpoint: Endpoint, seen: Observation | NoAnswer) -> Finding:
    subject = Subject(ID, f"{job.name}/{endpoint.instance}", endpoint.origin)
    reason = _skipped(context, job)
    if reason:
        return subject.skipped(f"does not run: {reason}")
    if isinstance(seen, NoAnswer):
        return subject.failed(seen.summary, "Run `stackctl up`.")
    target = seen.of(job, endpoint)
    if target is None:
        remedy = "Relabelling may drop it, or the running configuration is older than the manifest: `stackctl reload`."
        return subject.failed("Prometheus has no such target", remedy)
    if target.health != "up" and target.last_error:
        diagnosis = diagnose(job, endpoint, target.last_error, context.runtime)
        return subject.failed(f"down: {diagnosis.cause}", diagnosis.remedy, target.last_error)
    if not seen.fresh(target) or target.health != "up":
        summary = f"not scraped since the start or the last reload (health: {target.health})"
        remedy = "Wait longer with --timeout: a first scrape comes up to 5 s and one interval after the start."
        return subject.failed(summary, remedy)
    return subject.passed(f"up at {target.scrape_url}")
