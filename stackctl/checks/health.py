"""`service.health`: the health endpoints that services declare answer 2xx."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from stackctl import conventions as c
from stackctl.clients.http import NoAnswer, first_line
from stackctl.diagnosis.probing import probe_unit
from stackctl.diagnostic import Diagnostic
from stackctl.model import Service
from stackctl.scrape import Endpoint, Job
from stackctl.verification import targets
from stackctl.verification.context import Context
from stackctl.verification.subject import Subject

ID = "service.health"
CONCURRENCY = 16


def check(context: Context) -> Iterable[Diagnostic]:
    """A finding for every health path of every target, asked from where Prometheus runs."""
    asked = [
        (job, job.service, kind, path, endpoint)
        for job in context.jobs
        if job.service
        for kind, path in (("live", job.service.health.live), ("ready", job.service.health.ready))
        if path
        for endpoint in _endpoints(job)
    ]
    with ThreadPoolExecutor(CONCURRENCY) as pool:
        return list(pool.map(lambda row: _ask(context, *row), asked))


def _endpoints(job: Job) -> tuple[Endpoint, ...]:
    return job.endpoints or (Endpoint("", job.name, {}, job.origin),)


def _ask(context: Context, job: Job, service: Service, kind: str, path: str, endpoint: Endpoint) -> Diagnostic:
    subject = Subject(ID, f"{service.name}/{endpoint.instance} {kind}", endpoint.origin)
    if service.name in context.skipped:
        return subject.skipped(f"is not running: {context.skipped[service.name]}")
    if not endpoint.address:
        remedy = "Declare `targets` so that it can be checked."
        return subject.skipped("the targets are discovered, so there is no address to check", remedy)
    if context.given and not context.runtime.shares_network:
        return subject.skipped(f"it is asked from where Prometheus runs, and {context.runtime.network} is not reached")
    url = f"{service.scheme}://{endpoint.address}{path}"
    answer = context.settle(lambda: context.fetch(url), lambda seen: seen.ok)
    if isinstance(answer, NoAnswer) and (away := context.away.get(c.PROMETHEUS)):
        return subject.depends(away.summary, away.check)  # it was asked from where Prometheus should run
    if isinstance(answer, NoAnswer) and (cause := _failed_target(context, job, endpoint)):
        return subject.depends("its target is down", cause)
    if isinstance(answer, NoAnswer):
        found = probe_unit(context, job, endpoint)
        if found:
            return subject.failed(f"{answer.summary}: {found.cause}", found.remedy, found.evidence, stage="declared")
        return subject.failed(
            answer.summary, f"Start the service, or correct `health.{kind}` of `{service.name}`.", stage="declared"
        )
    if answer.ok:
        return subject.passed(f"{url} returns {answer.status}")
    meaning, remedy = _MEANINGS.get(answer.status) or _MEANINGS.get(answer.status // 100) or ("", _OTHER)
    summary = f"{url} returns {answer.status}: {meaning or first_line(answer.text)}"
    return subject.failed(summary, remedy, answer.text[:400], stage="declared")


def _failed_target(context: Context, job: Job, endpoint: Endpoint) -> str:
    """The check that reports the target of a health path as down, "" where that is up or unknown."""
    seen = targets.settle(context)
    target = None if isinstance(seen, NoAnswer) else seen.of(job, endpoint)
    return f"{targets.ID} {targets.named(job, endpoint)}" if target and target.health == "down" else ""


# A status, or the first digit of it -> what it means and what to do.
_LOGIN = ("it requires a login", "Allow access to the health path without a login, as probes need it.")
_MEANINGS = {
    401: _LOGIN,
    403: _LOGIN,
    404: ("the path does not exist", "Correct the health path."),
    3: ("it redirects", "Use a path that answers directly, without a redirect, or correct `scheme`."),
}
_OTHER = "See the service's own log."
