"""`exporter.works` and `probe.success`: an exporter reaches what it exports, and a probe gets its answer.

A target that is up says only that the exporter itself answers: a database that refuses it shows in its metrics.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from stackctl.addresses import reachable_url
from stackctl.clients.http import Http, NoAnswer, why
from stackctl.components import registry
from stackctl.diagnostic import Diagnostic
from stackctl.model import Exporter, Probe
from stackctl.verification import second_scrape, server_log, targets
from stackctl.verification.context import PROBE_SECONDS, Context
from stackctl.verification.place import secrets
from stackctl.verification.subject import Subject
from stackctl.verification.targets import TargetStates

WORKS = "exporter.works"
PROBE = "probe.success"


def check(context: Context) -> Iterable[Diagnostic]:
    """A finding for each exporter that has something to reach, and one for each probe."""
    names = {exporter.name for exporter in context.stack.exporters} - context.skipped.keys()
    jobs = [job for job in context.jobs if job.component and job.component.name in names]
    seen = targets.settle(context) if jobs else NoAnswer.of("server.no-answer", "nothing to query")
    exporters = [exporter for exporter in context.stack.exporters if registry.of(exporter).works]
    probes = [(exporter, probe) for exporter in context.stack.exporters for probe in exporter.probes]
    return [
        *(_works(context, exporter, seen) for exporter in exporters),
        *(_probe(context, exporter, probe, seen) for exporter, probe in probes),
    ]


def _works(context: Context, exporter: Exporter, seen: TargetStates | NoAnswer) -> Diagnostic:
    subject = Subject(WORKS, exporter.name, exporter.origin)
    if exporter.name in context.skipped:
        return subject.skipped(context.why_skipped(exporter.name, "it"))
    if away := context.away.get(exporter.name):
        return subject.depends(away.summary, away.check)
    if down := _down(context, exporter.job, seen):
        return subject.depends("its target is down", down)
    works = registry.of(exporter).works
    series, condition = (works.selector(exporter.job), works.condition) if works else ("", "")
    count = _holding(context, exporter.job, series, condition, seen)
    if isinstance(count, NoAnswer):
        return subject.unanswered(count)
    if not count:
        return _lost(context, subject, exporter, f"not met: {series} {condition}")
    return subject.passed(f"{series} {condition}".strip())


def _down(context: Context, name: str, seen: TargetStates | NoAnswer) -> str:
    """Return the check that reports that no target of a job is up, "" when one is or nothing is known of it."""
    if isinstance(seen, NoAnswer) or name in seen.up:
        return ""
    found = [(job, each) for job in context.jobs if job.name == name for each in job.endpoints]
    return next((f"{targets.ID} {targets.named(job, each)}" for job, each in found), "")


def _lost(context: Context, subject: Subject, exporter: Exporter, seen: str) -> Diagnostic:
    """The failure of an exporter that does not reach its server. Where it is in the network of this machine, it can be
    asked from here whether anybody is there at all."""
    silent = list(_silent(context, exporter)) if context.runtime.shares_network else []
    if silent:
        remedy = f"Start its server there, or correct its address under `exporters.{exporter.name}`."
        summary = f"the exporter responds, but its server does not: {', '.join(silent)}"
        return subject.failed(summary, remedy, seen, stage="loaded")
    remedy = f"See `stackctl logs {exporter.name}`; correct its server's settings in the manifest."
    return subject.failed("the exporter responds, but does not reach its server", remedy, seen, stage="loaded")


def _silent(context: Context, exporter: Exporter) -> Iterator[str]:
    """The addresses of its servers to which there is no connection, each with the reason."""
    for server in registry.of(exporter).asks(exporter.settings):
        host, port = _address(server)
        try:
            with context.dial(host, port, PROBE_SECONDS):
                pass
        except OSError as error:
            yield f"{f'[{host}]' if ':' in host else host}:{port}: {why(error)}"


def _address(server: str) -> tuple[str, int]:
    """Host and port of a URL, or of what has no scheme."""
    parts = urlsplit(server if "://" in server else f"//{server}")
    return parts.hostname or "localhost", parts.port or (443 if parts.scheme == "https" else 80)


def _probe(context: Context, exporter: Exporter, probe: Probe, seen: TargetStates | NoAnswer) -> Diagnostic:
    subject = Subject(PROBE, probe.name, probe.origin)
    if exporter.name in context.skipped:
        return subject.skipped(context.why_skipped(exporter.name, exporter.name))
    if away := context.away.get(exporter.name):
        return subject.depends(away.summary, away.check)
    job = f"probe-{probe.name}"
    if down := _down(context, job, seen):
        return subject.depends("its target is down", down)
    count = _holding(context, job, f'probe_success{{job="{job}"}}', "== 1", seen)
    if isinstance(count, NoAnswer):
        return subject.unanswered(count)
    if not count:
        reason = _reason(context, exporter, probe)
        summary = f"{probe.url} does not answer as `{probe.module}` expects{reason and f': {reason}'}"
        return subject.failed(summary, _PROBE_REMEDY, stage="loaded")
    return subject.passed(f"{probe.url} answers as `{probe.module}` expects")


_PROBE_REMEDY = (
    "Correct the URL or the module of the probe, or fix the probed service; `curl -v` shows the whole response."
)


def _reason(context: Context, exporter: Exporter, probe: Probe) -> str:
    """Return why a probe fails, in the words of the exporter's own log; "" where it does not say."""
    asked = {"module": probe.module, "target": reachable_url(probe.url, context.runtime), "debug": "true"}
    try:
        answer = Http(context.access(exporter), timeout=_PROBE_SECONDS).ask("/probe", params=asked)
    except NoAnswer:
        return ""
    return reason_in(context, answer.text)


def reason_in(context: Context, text: str) -> str:
    """Return why a probe fails, by the log that the blackbox exporter gives for `debug=true`; "" where it is none."""
    log, end, _ = text.partition("Metrics that would have been returned")
    entries = [server_log.entry(line, set(secrets(context.stack))) for line in log.splitlines()[:_PROBE_LINES]]
    failed = [each for each in entries if each.fields.get("level", "").lower() == "error" and each.message != _LAST]
    if not failed or not end:
        return ""
    last = failed[-1]
    if "status_code" in last.fields:
        circle = ", after a redirect loop" if any("Not following" in each.message for each in entries) else ""
        return f"it returns {last.fields['status_code']}{circle}"
    return last.error or last.message


# What the blackbox exporter writes at the end of every failed probe.
_LAST = "Probe failed"
_PROBE_SECONDS = 15.0
_PROBE_LINES = 200


def _holding(context: Context, job: str, series: str, condition: str, seen: TargetStates | NoAnswer) -> int | NoAnswer:
    """Count the `series` that fulfil `condition` in the scrape that was just seen; an earlier one proves nothing.

    Where that is the first scrape, the one after it is asked as well.
    """
    if isinstance(seen, NoAnswer):
        return seen
    scraped = min((target.last_scrape for target in seen.targets if target.job == job), default=0.0)
    # Samples carry the time of their scrape, to the millisecond.
    query = f"({series} {condition}) and timestamp({series}) >= {scraped - 0.001:.3f}"
    client = context.prometheus()
    count = context.settle(lambda: client.count(query), lambda count: count > 0)
    if count != 0:
        return count
    second_scrape.wait(context, seen)
    return context.settle(lambda: client.count(query), lambda _: True)
