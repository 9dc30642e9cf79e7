"""`component.ready`: every server of the stack answers that it is ready."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from stackctl.clients.http import Http, NoAnswer
from stackctl.components import registry
from stackctl.diagnosis.causes import REWRITE
from stackctl.diagnostic import Diagnostic
from stackctl.model import Server
from stackctl.verification.context import Context
from stackctl.verification.subject import Subject

ID = "component.ready"


def check(context: Context) -> Iterable[Diagnostic]:
    """A finding for every declared component. One that the runtime could not have is skipped, never passed."""
    components = context.stack.components
    with ThreadPoolExecutor(len(components)) as pool:  # in parallel: one that is away is waited for
        return list(pool.map(lambda component: _component(context, component), components))


def _component(context: Context, component: Server) -> Diagnostic:
    subject = Subject(ID, component.name, component.origin)
    if component.name in context.skipped:
        return subject.skipped(f"is not running: {context.skipped[component.name]}")
    http, path = Http(context.access(component)), registry.of(component).ready
    answer = context.settle(lambda: http.ask(path), lambda seen: seen.ok)
    logs = f"`stackctl logs {component.name}`"
    if isinstance(answer, NoAnswer) and answer.distrusted:
        return subject.failed(answer.summary, f"{REWRITE} Renew an expired certificate first.")
    if isinstance(answer, NoAnswer):
        return subject.failed(answer.summary, f"Run `stackctl up`; {logs} shows why it stopped.")
    if answer.status == 401:
        return subject.failed(f"{http.base}{path} returns 401: it rejects the configured login", REWRITE)
    if not answer.ok:
        return subject.failed(f"{http.base}{path} returns {answer.status}", f"See {logs}.", answer.text[:400])
    return subject.passed(f"ready at {http.base}")
