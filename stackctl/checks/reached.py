"""`exporter.works` and `probe.success` of servers that somebody else runs: by the series that known exporters have for
that, wherever they are scraped. A target that is up says only that the exporter itself answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from stackctl.checks.exporters import PROBE, WORKS
from stackctl.clients.http import NoAnswer
from stackctl.clients.prometheus import Labels
from stackctl.components import registry
from stackctl.diagnostic import Diagnostic
from stackctl.verification.context import Context
from stackctl.verification.subject import Subject

_PROBE = "probe_success"
_HOLDS = "== 1"


def check(context: Context) -> Iterable[Diagnostic]:
    """A finding for every exporter and every probe that says whether it reaches what it is about."""
    series = _series()
    client = context.prometheus()
    found = context.settle(lambda: client.each([*series]), lambda _: True)
    if isinstance(found, NoAnswer):
        return [Subject(WORKS, context.stack.name, context.stack.origin).unanswered(found)]
    return [
        _finding(context, code, name, labels, value)
        for (name, code), results in zip(series.items(), found, strict=True)
        for labels, value in results
    ]


def _series() -> Mapping[str, str]:
    """The names of the series that are 1 for what is reached, each with the code of its findings."""
    works = [each.works for each in registry.every() if each.works]
    return {_PROBE: PROBE, **{each.series: WORKS for each in works if each.condition == _HOLDS}}


def _finding(context: Context, code: str, name: str, labels: Labels, value: float) -> Diagnostic:
    subject = Subject(code, f"{labels.get('job', '')}/{labels.get('instance', '')}", context.stack.prometheus.origin)
    if value == 1:
        return subject.passed(f"{name} {_HOLDS}")
    if code == PROBE:
        remedy = "Correct the URL or the module of the probe, or fix the probed service."
        return subject.failed("the probe fails", remedy, f"{name} is {value:g}", stage="loaded")
    remedy = "Read the exporter's log; correct the address and the login of its server, or start the server."
    summary = "the exporter responds, but does not reach its server"
    return subject.failed(summary, remedy, f"{name} is {value:g}", stage="loaded")
