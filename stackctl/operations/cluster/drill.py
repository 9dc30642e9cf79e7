"""A drill in a cluster: alerts fire there, are followed to a sink in a pod, and nothing of it stays."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stackctl import conventions as c
from stackctl.errors import CheckFailed, InputError, Unavailable
from stackctl.operations.cluster.drill_end import (
    CHANGE_SECONDS,
    end_drill,
    late_after,
    secret_of,
    servers_of,
    update,
)
from stackctl.operations.cluster.recovery import recovered

if TYPE_CHECKING:
    from stackctl.cluster.objects import Thing
    from stackctl.cluster.plan import Change
    from stackctl.diagnostic import Diagnostic
    from stackctl.drill import Arrivals, Drilled, Place, Sink
    from stackctl.model import Stack
    from stackctl.operations.cluster.session import Session
    from stackctl.progress import Progress
    from stackctl.report.report import Report
    from stackctl.tree import Tree

# How long an arrival may take once the rules are loaded.
_PATIENCE_SECONDS = 20.0
_CONFIGURATION = "alertmanager.yaml"
_UP = "Run `stackctl up`, which waits until all of it is ready and loaded."


def drill_cluster(
    manifest: Path,
    stack: Stack,
    progress: Progress,
    names: Sequence[str] = (),
    labels: Mapping[str, str] | None = None,
    *,
    patience: float | None = None,
) -> Report:
    """Fire the alerts `names` (all when empty), whose series have `labels` too, and report where they arrived.

    `patience` is how long an arrival may take, in seconds. Raises as `run`, and as `open_session`.
    """
    from stackctl.operations.cluster.session import explained, open_session
    from stackctl.operations.cluster.verification import NAME
    from stackctl.report.report import DRILL, Report

    begun, start = time.time(), time.monotonic()
    session = open_session(manifest, stack)
    with explained(session.place):
        findings = run(session, progress, names, labels, patience=patience)
    return Report(stack.name, NAME, "", findings, time.monotonic() - start, begun, command=DRILL)


def run(
    session: Session,
    progress: Progress,
    names: Sequence[str] = (),
    labels: Mapping[str, str] | None = None,
    *,
    patience: float | None = None,
) -> tuple[Diagnostic, ...]:
    """A finding for each alert under drill. Afterwards the stack is what it was.

    Raises InputError for a bad choice of alerts, CheckFailed when the stack is not what the manifest says or what was
    changed is not confirmed, Unavailable for a server that is not there, and NoAnswer.
    """
    from stackctl.drill import choose, finding, reroute_to_sink, watch, ways

    alerts = choose(session.stack, names, labels or {})
    recovered(session, progress)
    _refuse(session)
    tree = _tree(session)
    servers = servers_of(session)
    servers.await_connection()
    seconds = patience or _PATIENCE_SECONDS
    place = _place(session)
    drilled = _Drilled(session, place, reroute_to_sink(tree, alerts, place))
    with _set_off(drilled, alerts, progress) as arrivals:
        deliveries = watch(
            alerts,
            servers.prometheus,
            servers.alertmanagers,
            lambda alert, receiver: ways(tree, alert, place).get(receiver, {}),
            arrivals,
            seconds,
        )
    return tuple(finding(delivery, seconds) for delivery in deliveries)


def _refuse(session: Session) -> None:
    """Raise what is in the way of a drill."""
    from stackctl.cluster.generation import generation_of, unfinished
    from stackctl.drill import undrillable
    from stackctl.operations.cluster.generations import confirmed_generation
    from stackctl.operations.cluster.refusal import refuse_stopped
    from stackctl.operations.cluster.up import tried_changes

    if session.stack.alertmanager is None:
        summary = "there is no Alertmanager, so alerts are not delivered"
        remedy = "Declare an `alertmanager` with a receiver."
        raise InputError.of("drill.no-alertmanager", summary, position=session.stack.origin, remedy=remedy)
    last, kept = confirmed_generation(session), session.generations()
    is_other = unfinished(kept) or generation_of(session.things, kept, 0.0).id != last.id
    if is_other or tried_changes(session):
        remedy = "Run `stackctl reload`, then run the drill again."
        raise CheckFailed.of("stack.drifted", "the running stack differs from the manifest", remedy=remedy)
    refuse_stopped(session)
    if problems := undrillable(_tree(session)):
        raise InputError(*problems)


# -- what is changed ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Drilled:
    """A drill: its session, where the sink is, and the configuration of Alertmanager that leads to it."""

    session: Session
    place: Place
    led: Tree

    @property
    def sink(self) -> list[Thing]:
        """The objects of the sink, in the order in which they are applied."""
        import inspect

        from stackctl.cluster.objects import thing
        from stackctl.drill import sink_pod
        from stackctl.export.kubernetes.drill import sink_objects

        ports = {"http": self.place.web_port, "smtp": self.place.mail_port}
        program = inspect.getsource(sink_pod)
        return [thing(each) for each in sink_objects(_objects(self.session), self.place.host, program, ports)]

    @property
    def routes(self) -> Thing:
        """The Secret with the routes that lead drilled alerts to the sink."""
        return _with_text(secret_of(self.session.things), self.led.files[c.ALERTMANAGER_FILE].content)

    def rules(self, alerts: Sequence[Drilled]) -> Thing:
        """The PrometheusRule that makes alerts fire."""
        from stackctl.cluster.objects import thing
        from stackctl.drill import set_off
        from stackctl.export.kubernetes.prometheusrule import prometheus_rule

        content = set_off(self.led, alerts).files[c.DRILL_RULES].content
        return thing(prometheus_rule(_objects(self.session), content, self.place.host))


def _place(session: Session) -> Place:
    """Return where the sink of a new drill is going to be. Its host is the name of all objects of the drill."""
    import secrets

    from stackctl.drill import Place
    from stackctl.drill.sink_pod import MAIL_PORT, WEB_PORT
    from stackctl.export.kubernetes.drill import drill_name

    token = secrets.token_hex(3)
    return Place(drill_name(session.stack.name, token), WEB_PORT, MAIL_PORT, token)


def _objects(session: Session) -> Any:
    """Return the beginning of all objects of a drill, with the label by which they are found again."""
    from stackctl.cluster.objects import DRILLED
    from stackctl.export.kubernetes.objects import Cluster, Objects

    return Objects(session.stack, Cluster(session.place.namespace, {DRILLED: "true"}))


def _with_text(secret: Thing, text: bytes) -> Thing:
    data = {**secret.content["data"], _CONFIGURATION: base64.b64encode(text).decode()}
    return replace(secret, content={**secret.content, "data": data})


def _tree(session: Session) -> Tree:
    """Return the configuration of Alertmanager as a tree whose routes can be led to a sink."""
    from stackctl.tree import File, Tree

    text = base64.b64decode(secret_of(session.things).content["data"][_CONFIGURATION])
    return Tree(session.stack.name, "", {c.ALERTMANAGER_FILE: File(text), c.PROMETHEUS_FILE: File(b"{}")}, ())


# -- firing ---------------------------------------------------------------------------------------------------


@contextmanager
def _set_off(drilled: _Drilled, alerts: Sequence[Drilled], progress: Progress) -> Iterator[Any]:
    """The alerts fire inside, and what is yielded returns what has arrived. Whatever happens, afterwards everything is
    as before.

    The routes come first, and are removed last, so that an alert under drill never meets those of real ones.
    """
    from stackctl.drill import Sink

    session, routes = drilled.session, drilled.routes
    led = replace(session, things=tuple(routes if each == routes else each for each in session.things))
    rules = drilled.rules(alerts)
    try:
        _confirm(led, [*_created(drilled.sink), update(routes, "the routes lead drilled alerts to the sink")], progress)
        _confirm(replace(led, things=(*led.things, rules)), _created([rules]), progress)
        yield lambda: _arrivals(session, drilled.place, Sink())
    finally:
        late = end_drill(session, progress)
    if late:
        summary = f"the end of the drill is not confirmed: {late}"
        raise CheckFailed.of("reload.not-confirmed", summary, remedy=_UP)


def _created(things: Sequence[Thing]) -> list[Change]:
    from stackctl.cluster.plan import Change

    return [Change("create", each, "for the drill") for each in things]


def _confirm(session: Session, changes: Sequence[Change], progress: Progress) -> None:
    """Carry out changes, and wait until all servers have loaded the objects of a session. Raises Unavailable."""
    late = late_after(session, changes, progress)
    if late:
        name, reason = next(iter(late.items()))
        summary = f"{name} is not ready for the drill after {CHANGE_SECONDS:g} s"
        raise Unavailable.of("unit.not-ready", summary, cause=reason, remedy=_UP)


def _arrivals(session: Session, place: Place, sink: Sink) -> Arrivals:
    """Return what the pod of the sink has printed until now. An API server that does not answer has nothing new.

    Raises NoAnswer where the user may not read it.
    """
    from stackctl.clients.http import NoAnswer

    try:
        for pod in session.server.listed("v1", "Pod", session.place.namespace, {"app": place.host}):
            sink.read(session.server.log(session.place.namespace, pod["metadata"]["name"], "sink", lines=None))
    except NoAnswer as error:
        if error.status in (401, 403):
            raise
    return sink.seen()
