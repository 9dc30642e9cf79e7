"""`cluster.object` and `cluster.workload`, and `target.up` of a stack in a cluster, by what the API server reports.

An object that somebody has changed there, and a pod that does not start, are seen nowhere else: the server that would
have loaded the one goes on with what it had, and an earlier pod answers for the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from urllib.parse import urlsplit

from stackctl.checks import external, jobs, servers, targets
from stackctl.diagnostic import Diagnostic
from stackctl.scrape import Job
from stackctl.verification.api_server import InCluster
from stackctl.verification.context import Context
from stackctl.verification.subject import Subject
from stackctl.verification.targets import named

OBJECT = "cluster.object"
WORKLOAD = "cluster.workload"


def check_objects(context: Context) -> Iterable[Diagnostic]:
    """A finding for every declared object: the one in the cluster is as declared."""
    found = _state(context)
    if found.unknown:
        return [Subject(OBJECT, context.stack.name, found.origin).skipped(f"not checked: {found.unknown}")]
    subjects = [(Subject(OBJECT, name, found.origin), other) for name, other in found.objects.items()]
    return [
        subject.failed(other, "Run `stackctl up`.") if other else subject.passed("as declared")
        for subject, other in subjects
    ]


def check_workloads(context: Context) -> Iterable[Diagnostic]:
    """A finding for every declared workload: all of its pods are as declared, and ready."""
    remedy = "Correct what it waits for. `stackctl status` shows how it goes on."
    state = _state(context)
    for name, reason in state.workloads.items():
        subject = Subject(WORKLOAD, name, state.origin)
        summary, _, more = reason.partition("\n")
        found = subject.failed(summary, remedy, more) if reason else subject.passed("all of its pods are ready")
        yield _unless_changed(context, found, [name])


def check_servers(context: Context) -> Iterable[Diagnostic]:
    """The findings about servers; one that does not answer because its pods are not ready is their failure."""
    waiting = [name for name, reason in _state(context).workloads.items() if reason]
    for finding in servers.check(context):
        own = f"{finding.subject.capitalize()} "
        cause = next((name for name in waiting if name.startswith(own)), "")
        yield _not_ready(finding, cause) if cause and finding.status == "fail" else finding


def check_jobs(context: Context) -> Iterable[Diagnostic]:
    """The findings about scrape jobs; one of an object that was changed is that object's failure."""
    state = _state(context)
    found = [_unless_outdated(each, state.outdated.get(each.subject, "")) for each in jobs.check(context)]
    return [_unless_changed(context, each, state.jobs.get(each.subject, ())) for each in found]


def _unless_outdated(finding: Diagnostic, thing: str) -> Diagnostic:
    """Return a finding; in place of a pass the failure of a job that is loaded as its object was before."""
    if not thing or finding.status != "pass":
        return finding
    remedy = "Run `stackctl up`, which waits until it is loaded, and reports what it waits for."
    subject = Subject(finding.code, finding.subject, finding.position)
    return subject.failed(f"Prometheus has loaded other settings than the {thing} has", remedy)


def check_rules(context: Context) -> Iterable[Diagnostic]:
    """The findings about rules; those of an object that was changed are that object's failure."""
    files = _state(context).rules
    for finding in external.check_rules(context):
        own = [name for file, name in files.items() if finding.subject.startswith(f"{file}/")]
        yield _unless_changed(context, finding, own)


def check_receivers(context: Context) -> Iterable[Diagnostic]:
    """The findings about receivers, which are all in one object."""
    return [_unless_changed(context, each, [_state(context).routing]) for each in external.check_receivers(context)]


def check_dashboards(context: Context) -> Iterable[Diagnostic]:
    """The findings about dashboards, each of which is in an object of its own."""
    maps = _state(context).dashboards
    return [_unless_changed(context, each, [maps.get(each.subject, "")]) for each in external.check_dashboards(context)]


def _unless_changed(context: Context, finding: Diagnostic, objects: Iterable[str]) -> Diagnostic:
    """Return a finding; in place of a failure its cause, where that is one of some `objects` that was changed."""
    changed = _state(context).changed(objects) if finding.status == "fail" else ""
    return _because(finding, f"the {changed} is not as declared", f"{OBJECT} {changed}") if changed else finding


def check_targets(context: Context) -> Iterable[Diagnostic]:
    """The findings about targets, with what the cluster knows of those that are missing or down."""
    rows = {row: (job, host) for job in context.jobs for row, host in _rows(job)}
    for found in targets.check(context):
        job, host = rows[found.subject]
        finding = _unless_changed(context, found, _state(context).jobs.get(job.name, ()))
        if finding.status != "fail":
            yield finding
        elif host:
            yield _down(_state(context), finding, host)
        else:
            yield _without_targets(finding, job, _state(context))


def _rows(job: Job) -> Iterator[tuple[str, str]]:
    """Yield the names of the rows of a job, each with the address of the pod that it is about, "" for the whole job."""
    yield job.name, ""
    for endpoint in job.endpoints:
        yield named(job, endpoint), urlsplit(f"//{endpoint.address}").hostname or ""


def _without_targets(finding: Diagnostic, job: Job, found: InCluster) -> Diagnostic:
    """The failure of a job without targets. The operator's own relabelling explains nothing to a reader."""
    broken = found.breaks.get(job.name, "")
    if not broken:
        return finding
    remedy = "Give what is selected these labels, or correct the manifest; then run `stackctl up`."
    return replace(finding, summary=f"it has no targets: {broken}", remedy=remedy, evidence="")


def _down(state: InCluster, finding: Diagnostic, host: str) -> Diagnostic:
    """The failure of a target at an address: of a pod that is not ready, it is that of the workload."""
    pod = state.pods.get(host)
    if pod is None or not pod.reason:
        return finding
    if state.workloads.get(pod.workload):
        return _not_ready(finding, pod.workload)
    return replace(finding, evidence="\n".join(filter(None, (finding.evidence, f"the pod {pod.name}: {pod.reason}"))))


def _not_ready(finding: Diagnostic, workload: str) -> Diagnostic:
    return _because(finding, f"the pods of {workload} are not ready", f"{WORKLOAD} {workload}")


def _because(finding: Diagnostic, reason: str, check: str) -> Diagnostic:
    return Subject(finding.code, finding.subject, finding.position).depends(reason, check)


def _state(context: Context) -> InCluster:
    assert context.cluster  # noqa: S101 - these families are for clusters only
    return context.cluster
