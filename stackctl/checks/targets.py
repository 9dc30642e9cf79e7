"""`target.up`: every declared target is up, by a scrape that was made while the check looked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import urlsplit

from stackctl import conventions as c
from stackctl.checks import server_log
from stackctl.checks.context import Context
from stackctl.checks.dropped import NOT_LOADED, dropped_by
from stackctl.checks.finding import Finding, Subject
from stackctl.checks.look import Diagnoses, Failed, look
from stackctl.clients.http import NoAnswer
from stackctl.clients.prometheus import ActiveTarget
from stackctl.scrape import Endpoint, Job

ID = "target.up"
# Why a scrape fails while an application starts, or starts again: the same a moment later is no such failure.
_PASSING = re.compile(r"connection refused|connection reset|no such host|EOF$|status 50[234]\b")
# How long applications may take to start beside the stack.
_STARTING_SECONDS = 30.0

Key = tuple[str, str, str]


@dataclass(frozen=True)
class Observation:
    """The targets that Prometheus reports.

    A scrape counts when it is newer than `since`, the start or the last reload, and newer than the one that the
    target had at the first look (`before`): what was up a moment ago proves nothing of now. `failed` has the first such
    scrape of those that were down. All times are Prometheus' own, so clocks need not agree.
    """

    targets: tuple[ActiveTarget, ...]
    since: float
    before: Mapping[Key, float]
    failed: Mapping[Key, float] = field(default_factory=dict)

    @property
    def up(self) -> frozenset[str]:
        """The jobs that have a target that is up."""
        return frozenset(target.job for target in self.targets if target.health == "up")

    def of(self, job: Job, endpoint: Endpoint) -> ActiveTarget | None:
        """The target that `endpoint` became.

        It is known by its address and labels before relabelling, which may change all of them afterwards.
        """
        found = self._known.get((job.name, endpoint.address), [])
        wanted = {"instance": endpoint.instance, **endpoint.labels}
        alike = sorted(found, key=lambda target: -_shared(wanted, target.discovered))
        return next(iter(alike), None)

    @cached_property
    def _known(self) -> Mapping[tuple[str, str], list[ActiveTarget]]:
        """The targets by job and by address before relabelling: several may differ in labels alone."""
        known: dict[tuple[str, str], list[ActiveTarget]] = {}
        for target in self.targets:
            known.setdefault((target.job, target.address), []).append(target)
        return known

    @cached_property
    def labelled(self) -> Mapping[str, frozenset[str]]:
        """Job -> the values of the label `job` that its targets carry after relabelling."""
        found: dict[str, set[str]] = {}
        for target in self.targets:
            found.setdefault(target.job, set()).add(target.labels.get("job", ""))
        return {job: frozenset(values) for job, values in found.items()}

    def fresh(self, target: ActiveTarget) -> bool:
        return target.last_scrape > max(self.since, self.before.get(_key(target), 0.0))

    def final(self, target: ActiveTarget) -> bool:
        """Return whether a fresh scrape decides about a target.

        One that may be starting is given another scrape, and all those in the first seconds of the stack.
        """
        if not self.fresh(target):
            return False
        if target.health == "up" or not _PASSING.search(target.last_error):
            return True
        is_second = target.last_scrape > self.failed.get(_key(target), target.last_scrape)
        return is_second and target.last_scrape - self.since > _STARTING_SECONDS

    def settled(self, job: Job) -> bool:
        """Whether there is a fresh word on every target of `job`."""
        if job.discovered:
            own = [target for target in self.targets if target.job == job.name]
            return bool(own) and all(map(self.final, own))
        found = [(endpoint, target) for endpoint in job.endpoints if (target := self.of(job, endpoint))]
        known = len(found) == len(job.endpoints)
        return known and all(self.final(target) and is_as_declared(job, one, target) for one, target in found)


def _shared(wanted: Mapping[str, str], labels: Mapping[str, str]) -> int:
    return sum(labels.get(name) == value for name, value in wanted.items())


def is_as_declared(job: Job, endpoint: Endpoint, target: ActiveTarget) -> bool:
    """Return whether Prometheus asks a target for the declared path: it takes up a new one seconds after a reload.

    Relabelling may lead it elsewhere, as declared too, and so may the target's own labels.
    """
    service = job.service
    if service and "relabel_configs" in service.scrape:
        return True
    url = urlsplit(target.scrape_url)
    return (url.scheme, url.path) == (
        endpoint.labels.get("__scheme__", job.scheme),
        endpoint.labels.get("__metrics_path__", job.metrics_path),
    )


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
    failed: dict[Key, float] = {}

    def observe() -> Observation:
        info, targets = client.runtime_info(), client.targets()
        if not before:
            before.update({_key(target): target.last_scrape for target in targets})
        seen = Observation(targets, max(info.started, info.configured), before, failed)
        for target in targets:
            if target.health == "up":
                failed.pop(_key(target), None)
            elif seen.fresh(target):
                failed.setdefault(_key(target), target.last_scrape)
        return seen

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
        return [_discovered(context, Subject(ID, job.name, job.origin), job, seen)]
    return [_target(context, job, endpoint, seen, found) for endpoint in job.endpoints]


def _discovered(context: Context, subject: Subject, job: Job, seen: Observation | NoAnswer) -> Finding:
    if isinstance(seen, NoAnswer):
        return subject.unanswered(seen)
    targets = [target for target in seen.targets if target.job == job.name]
    down = [target for target in targets if target.health != "up" or not seen.fresh(target)]
    if not targets:
        return _nothing_discovered(context, subject, job)
    if down:
        evidence = "\n".join(f"{target.instance}: {target.last_error or target.health}" for target in down[:20])
        summary = f"{len(down)} of {len(targets)} discovered targets are not up"
        return subject.failed(summary, "Fix the targets named in the evidence.", evidence, stage="loaded")
    return subject.passed(f"all {len(targets)} discovered targets are up")


def _nothing_discovered(context: Context, subject: Subject, job: Job) -> Finding:
    """The failure of a job without any target, with the discovery's own error where it has one."""
    log = server_log.entries(context.place, context.stack, c.PROMETHEUS)
    errors = [entry for entry in log if entry.fields.get("config") == job.name and entry.error]
    if errors:
        remedy = "Correct the discovery block, or start what it asks; then run `stackctl reload`."
        summary = f"discovery fails: {errors[-1].error}"
        return subject.failed(summary, remedy, errors[-1].message, stage="loaded")
    try:
        dropped = [each for each in context.prometheus().dropped() if each.job == job.name]
    except NoAnswer as error:
        return subject.unanswered(error)
    if dropped:
        diagnosis = dropped_by(job, dropped[0].labels)
        summary = f"discovery has found {len(dropped)} targets, and relabelling drops them: {diagnosis.cause}"
        return subject.failed(summary, diagnosis.remedy, diagnosis.evidence, stage="loaded")
    remedy = "Check the discovery block: what it asks has to list at least one target."
    return subject.failed("discovery has found no target", remedy, stage="loaded")


def _absent(context: Context, subject: Subject, job: Job, endpoint: Endpoint) -> Finding:
    """A target that Prometheus does not have: dropped by a step of its job's relabelling, or never loaded."""
    try:
        found = [one for one in context.prometheus().dropped() if one.job == job.name]
    except NoAnswer as error:
        return subject.unanswered(error)
    dropped = next((one for one in found if one.address == endpoint.address), None)
    diagnosis = dropped_by(job, dropped.labels) if dropped else NOT_LOADED
    return subject.failed(diagnosis.cause, diagnosis.remedy, diagnosis.evidence)


def named(job: Job, endpoint: Endpoint) -> str:
    """The name of a target's row: by its instance, and by its address where several share the instance."""
    alike = sum(each.instance == endpoint.instance for each in job.endpoints)
    return f"{job.name}/{endpoint.instance}" + (f" ({endpoint.address})" if alike > 1 else "")


def _target(context: Context, job: Job, endpoint: Endpoint, seen: Observation | NoAnswer, found: Diagnoses) -> Finding:
    subject = Subject(ID, named(job, endpoint), endpoint.origin)
    if is_skipped(context, job):
        return subject.skipped(context.why_skipped(_source(job), "it"))
    if isinstance(seen, NoAnswer):
        return subject.unanswered(seen)
    target = seen.of(job, endpoint)
    if target is None:
        return _absent(context, subject, job, endpoint)
    away = context.away.get(job.component.name) if job.component and target.health != "up" else None
    if away:
        return subject.depends(away.summary, away.check)
    if target.health != "up" and target.last_error:
        diagnosis = found[Failed.key_of(job, endpoint)]
        return subject.failed(f"down: {diagnosis.cause}", diagnosis.remedy, diagnosis.evidence, stage="loaded")
    if not is_as_declared(job, endpoint, target):
        summary = f"Prometheus scrapes {target.scrape_url}, and not {job.metrics_path}"
        return subject.failed(summary, "Run `stackctl reload`, or wait longer with --timeout.", stage="loaded")
    if not seen.fresh(target) or target.health != "up":
        summary = f"not scraped while this check waited (health: {target.health})"
        remedy = "Wait longer with --timeout; if that changes nothing, look at `stackctl logs prometheus`."
        return subject.failed(summary, remedy, stage="loaded")
    return subject.passed(f"up at {target.scrape_url}")
