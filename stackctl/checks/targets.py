"""`target.up`: every declared target is up, by a scrape that was made while the check looked, and at a URL of its own.

An exporter of many targets returns its own metrics at another path, and its targets are up then too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from urllib.parse import parse_qs, urlsplit

from stackctl import conventions as c
from stackctl.clients.http import Away, NoAnswer
from stackctl.clients.prometheus import ActiveTarget
from stackctl.components import registry
from stackctl.diagnosis.dropped_targets import NOT_LOADED, dropped_by
from stackctl.diagnosis.probing import Diagnoses, Failed, probe_targets
from stackctl.diagnostic import Diagnostic
from stackctl.scrape import Endpoint, Job
from stackctl.verification import server_log
from stackctl.verification.addresses import addresses
from stackctl.verification.context import Context
from stackctl.verification.subject import Subject
from stackctl.verification.targets import ID as ID
from stackctl.verification.targets import (
    Place,
    TargetStates,
    is_as_declared,
    is_rare,
    is_skipped,
    named,
    place_of,
    settle,
    source_of,
)

# The message about a target that cannot be one, in lower case; how old it may be, in seconds; how many are shown.
_REFUSED, _LATELY, _SHOWN = "creating target failed", 90.0, 5
_DEFAULT_PATH = Job.metrics_path
# Other exporters that are asked about targets at a path of their own, by what only their own page has. Many, such as
# `idrac`, are asked at the default path, and say their build with the metrics of each target.
_OWN_PAGES = (
    "ipmi_exporter_build_info",
    "json_exporter_build_info",
    "snmp_exporter_build_info",
    "ssl_exporter_build_info",
)
# How many targets that are not up are named.
_NAMED = 20


def check(context: Context) -> Iterable[Diagnostic]:
    """A finding for every declared target, and one for every job whose targets are discovered."""
    seen = settle(context)
    found = probe_targets(context, _down(context, seen)) if isinstance(seen, TargetStates) else {}
    return [finding for job in context.jobs for finding in _job(context, job, seen, found)]


def _down(context: Context, seen: TargetStates) -> list[Failed]:
    """The targets of which Prometheus says why it could not scrape them."""
    jobs = [job for job in context.jobs if not is_skipped(context, job)]
    declared = [(job, each, seen.of(job, each)) for job in jobs for each in job.endpoints]
    found = [(job, _endpoint(job, each), each) for job in jobs if job.discovered for each in _of(job, seen)]
    return [
        Failed.as_scraped(job, endpoint, target)
        if context.given or _leads_elsewhere(job)
        else Failed(job, endpoint, target.last_error)
        for job, endpoint, target in (*declared, *found)
        if target and target.health != "up" and target.last_error
    ]


def _leads_elsewhere(job: Job) -> bool:
    """Return whether Prometheus may scrape the targets of a job at another address than their own."""
    return job.discovered or bool(job.service and job.service.scrape.get("relabel_configs"))


def _of(job: Job, seen: TargetStates) -> list[ActiveTarget]:
    return [target for target in seen.targets if target.job == job.name]


def _endpoint(job: Job, target: ActiveTarget) -> Endpoint:
    """A target that was discovered, as the endpoint of its job."""
    return Endpoint(target.address, target.instance, target.labels, job.origin)


def _job(context: Context, job: Job, seen: TargetStates | NoAnswer, found: Diagnoses) -> list[Diagnostic]:
    if job.discovered:
        return [_discovered(context, Subject(ID, job.name, job.origin), job, seen, found)]
    return [_target(context, job, endpoint, seen, found) for endpoint in job.endpoints]


def _discovered(
    context: Context, subject: Subject, job: Job, seen: TargetStates | NoAnswer, found: Diagnoses
) -> Diagnostic:
    if isinstance(seen, NoAnswer):
        return subject.unanswered(seen)
    targets = _of(job, seen)
    down = [target for target in targets if target.health != "up" or not seen.fresh(target)]
    if not targets:
        return _nothing_discovered(context, subject, job)
    if down and is_rare(context, job) and not any(target.last_error or seen.fresh(target) for target in down):
        return _not_scraped_yet(context, subject, job)
    if down:
        return _some_down(subject, job, len(targets), down, found)
    if refused := _lately_refused(context, job):
        return _not_usable(subject, refused)
    if fault := _not_asked(context, job, targets, targets):
        return subject.failed(*fault, stage="loaded")
    return subject.passed(f"all {len(targets)} discovered targets are up")


def _some_down(subject: Subject, job: Job, count: int, down: Sequence[ActiveTarget], found: Diagnoses) -> Diagnostic:
    """The failure of a job with targets that are not up: with the cause and its remedy, where all have the same."""
    known = [found.get(Failed.key_of(job, _endpoint(job, target))) for target in down]
    causes = {(each.cause, each.remedy) if each else None for each in known}
    summary = f"{len(down)} of {count} discovered targets are not up"
    words = [f"{each.cause}: " if each and len(causes) > 1 else "" for each in known]
    lines = [
        f"{target.instance}: {cause}{target.last_error or target.health}"
        for target, cause in zip(down[:_NAMED], words, strict=False)
    ]
    if len(causes) > 1 or known[0] is None:
        return subject.failed(summary, "Fix the targets named in the evidence.", "\n".join(lines), stage="loaded")
    _, *seen = known[0].evidence.splitlines()  # the first line is Prometheus' own, which the target's has
    evidence = "\n".join([*lines, *seen])
    return subject.failed(f"{summary}: {known[0].cause}", known[0].remedy, evidence, stage="loaded")


def _not_asked(
    context: Context, job: Job, of_job: Sequence[ActiveTarget], up: Sequence[ActiveTarget]
) -> tuple[str, str, str] | None:
    """Return the fault of targets that are up though nothing has asked them: summary, remedy and evidence.

    An exporter of many targets may have answered with its own metrics, or for one of them in the name of others.
    """
    own = [each for each in up if _names_target(each) and place_of(each.labels) in _pages_of_exporters(context)]
    if own:
        summary = f"{own[0].scrape_url} returns the metrics of the exporter itself, so nothing asks the target"
        remedy = "Write the path at which the exporter asks its targets, like `metrics_path: /probe` or `/snmp`."
        return summary, remedy, _scraped_at(own)
    for each in up if not _was_read(context) else ():
        others = [one for one in of_job if one.scrape_url == each.scrape_url and _name(job, one) != _name(job, each)]
        if others:
            summary = f"Prometheus scrapes the same URL for `{each.address}` and `{others[0].address}`"
            remedy = "Let `relabel` write the address of each target to its URL: to `__address__`, or `__param_target`."
            return summary, remedy, _scraped_at([each, *others])
    return None


def _name(job: Job, target: ActiveTarget) -> str:
    """The name that sets a target apart: its address, or its host where it is discovered once for each port."""
    if not job.discovered or "://" in target.address:
        return target.address
    return target.address.rpartition(":")[0]


def _names_target(target: ActiveTarget) -> bool:
    """Return whether it is scraped by the default path with a parameter that names a target."""
    url = urlsplit(target.scrape_url)
    return url.path == _DEFAULT_PATH and "target" in parse_qs(url.query)


def _pages_of_exporters(context: Context) -> frozenset[Place]:
    """The places of the targets that serve what an exporter says of itself."""

    names = "|".join(sorted({*_OWN_PAGES, *(each.own_page for each in registry.exporters())} - {""}))
    query = f'group by (job, instance) ({{__name__=~"{names}"}})'

    def look() -> frozenset[Place]:
        with suppress(NoAnswer):
            return frozenset(place_of(labels) for labels, _ in context.prometheus().values(query))
        return frozenset()

    return context.once(query, look)


def _scraped_at(found: Sequence[ActiveTarget]) -> str:
    return "\n".join(f"{each.instance}: {each.scrape_url}" for each in found[:_NAMED])


def _not_scraped_yet(context: Context, subject: Subject, job: Job) -> Diagnostic:
    when = "yet" if context.given else "while this check waited"
    summary = f"it is scraped every {context.interval(job):g} s, and was not scraped {when}"
    return subject.skipped(summary, "Run `stackctl verify` again after that time, or wait longer with --timeout.")


def _nothing_discovered(context: Context, subject: Subject, job: Job) -> Diagnostic:
    """The failure of a job without any target, with the discovery's own error where it has one."""
    log = server_log.entries(context.place, context.stack, c.PROMETHEUS)
    errors = [entry for entry in log if entry.fields.get("config") == job.name and entry.error]
    if refused := _refused(context, job):
        return _not_usable(subject, refused)
    if errors:
        remedy = "Correct the discovery block, or start the service that it queries; then run `stackctl reload`."
        summary = f"discovery fails: {errors[-1].error}"
        return subject.failed(summary, remedy, errors[-1].message, stage="loaded")
    try:
        dropped = [each for each in context.prometheus().dropped() if each.job == job.name]
    except NoAnswer as error:
        return subject.unanswered(error)
    if dropped:
        diagnosis = dropped_by(job, dropped[0].labels)
        summary = f"discovery found {len(dropped)} targets, and relabelling drops them: {diagnosis.cause}"
        return subject.failed(summary, diagnosis.remedy, diagnosis.evidence, stage="loaded")
    remedy = "Check the discovery block: its source must list at least one target."
    return subject.failed("discovery found no targets", remedy, stage="loaded")


def _not_usable(subject: Subject, errors: Sequence[str]) -> Diagnostic:
    """The failure of a job whose discovery finds what cannot be a target, which Prometheus leaves out."""
    summary = f"discovery found what Prometheus cannot scrape: {errors[-1]}"
    remedy = "List targets as `host:port`: scheme and path are `scheme` and `metrics_path` of the service."
    return subject.failed(summary, remedy, "\n".join(dict.fromkeys(errors[-_SHOWN:])), stage="loaded")


def _refused(context: Context, job: Job, since: float = 0.0) -> list[str]:
    """The errors about targets that cannot be one, which the log has each time that the list is read."""
    log = server_log.entries(context.place, context.stack, c.PROMETHEUS)
    return [entry.error for entry in log if entry.time >= since and _is_of(entry, job)]


def _lately_refused(context: Context, job: Job) -> list[str]:
    """Those of the errors that are not older than some readings of a list: it may have been corrected."""
    found = _refused(context, job)
    if not found:
        return []
    try:
        ((_, now),) = context.prometheus().values("vector(time())")
    except NoAnswer:
        return []  # which the row of the server reports
    return _refused(context, job, now - _LATELY)


def _is_of(entry: server_log.Entry, job: Job) -> bool:
    return entry.fields.get("scrape_pool") == job.name and entry.message.lower() == _REFUSED and bool(entry.error)


def _was_read(context: Context) -> bool:
    """Return whether targets are those that Prometheus had a moment ago, and not declared one by one: they may go."""
    return bool(context.given) and (not context.has_manifest or context.cluster is not None)


def _absent(context: Context, subject: Subject, job: Job, endpoint: Endpoint) -> Diagnostic:
    """A target that Prometheus does not have: dropped by a step of its job's relabelling, or never loaded."""
    try:
        found = [one for one in context.prometheus().dropped() if one.job == job.name]
    except NoAnswer as error:
        return subject.unanswered(error)
    dropped = next((one for one in found if one.address == endpoint.address), None)
    diagnosis = dropped_by(job, dropped.labels) if dropped else NOT_LOADED
    return subject.failed(diagnosis.cause, diagnosis.remedy, diagnosis.evidence)


def _away(context: Context, job: Job, target: ActiveTarget) -> Away | None:
    """The failure of the server's own check that a target is down for, None where it has none."""
    if job.component:
        return context.away.get(job.component.name)
    here = addresses(target.scrape_url) if context.away and context.given else set()
    same = (name for name, access in context.given.items() if here & addresses(access.url))
    return next((context.away[name] for name in same if name in context.away), None)


def _target(
    context: Context, job: Job, endpoint: Endpoint, seen: TargetStates | NoAnswer, found: Diagnoses
) -> Diagnostic:
    subject = Subject(ID, named(job, endpoint), endpoint.origin)
    if is_skipped(context, job):
        return subject.skipped(context.why_skipped(source_of(job), "it"))
    if isinstance(seen, NoAnswer):
        return subject.unanswered(seen)
    target = seen.of(job, endpoint)
    if target is None and _was_read(context) and any(each.job == job.name for each in seen.targets):
        return subject.skipped("Prometheus scrapes it no more: it has gone since this check began")
    if target is None:
        return _absent(context, subject, job, endpoint)
    if target.health != "up" and (away := _away(context, job, target)):
        return subject.depends(away.summary, away.check)
    if target.health != "up" and target.last_error:
        diagnosis = found[Failed.key_of(job, endpoint)]
        return subject.failed(f"down: {diagnosis.cause}", diagnosis.remedy, diagnosis.evidence, stage="loaded")
    if is_rare(context, job) and not seen.fresh(target):
        return _not_scraped_yet(context, subject, job)
    if not is_as_declared(job, endpoint, target):
        summary = f"Prometheus scrapes {target.scrape_url}, not {job.metrics_path}"
        return subject.failed(summary, "Run `stackctl reload`, or wait longer with --timeout.", stage="loaded")
    if not seen.fresh(target) or target.health != "up":
        summary = f"not scraped while this check waited (health: {target.health})"
        remedy = "Wait longer with --timeout; if that does not help, see `stackctl logs prometheus`."
        return subject.failed(summary, remedy, stage="loaded")
    if fault := _not_asked(context, job, _of(job, seen), [target]):
        return subject.failed(*fault, stage="loaded")
    return subject.passed(f"up at {target.scrape_url}")
