"""The end of a drill in a cluster: rules, alerts, routes, sink, so that an alert under drill meets no real receiver.

What a drill has made has a label, and the configuration from before is in the generation that was confirmed last. So
each command that changes the stack can end a drill that was interrupted. The ConfigMap of the sink is made first and
removed last: where there is none, there is nothing to end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from stackctl.errors import Unavailable

if TYPE_CHECKING:
    from stackctl.cluster.objects import Thing
    from stackctl.cluster.plan import Change
    from stackctl.operations.cluster.session import Session
    from stackctl.operations.drill_changes import Servers
    from stackctl.progress import Progress

# How long a change may take: a kubelet takes up to a minute and a half to bring a file to its pod.
CHANGE_SECONDS = 150.0
_GONE_SECONDS = 60.0


def end_drill(session: Session, progress: Progress) -> str:
    """Take away what a drill has made, and return why a server does not confirm that, "" where all do.

    Whatever is confirmed, all objects are removed: drilled alerts that are left meet a route that notifies nobody.
    Raises NoAnswer.
    """
    from stackctl.cluster.generation import confirmed

    found = _left(session)
    if not found:
        return ""
    last = confirmed(session.generations())
    if last is None or session.stack.alertmanager is None:  # removed since, by another change
        _remove(session, found, progress)
        return ""
    before = replace(session, things=last.things())
    rules = [each for each in found if each.kind == "PrometheusRule"]
    reasons = [_end_rules(before, rules, progress), _end_alerts(before), _end_routes(before, progress)]
    _remove(session, [each for each in found if each not in rules], progress)
    return "; ".join(filter(None, reasons))


def ended_drill(session: Session, progress: Progress) -> bool:
    """End a drill that was interrupted, for a command that then changes the stack; return whether there was one."""
    if not _left(session):
        return False
    progress.warn("a drill was interrupted: ending it")
    if late := end_drill(session, progress):
        progress.warn(f"the end of the drill is not confirmed: {late}")
    return True


def _left(session: Session) -> list[Thing]:
    """Return what a drill has made and not taken away yet."""
    if not session.drilled():
        return []
    return [each for each in session.owned() if each.is_of_drill]


def _end_rules(session: Session, rules: Sequence[Thing], progress: Progress) -> str:
    """Remove the rules, and wait until they are not loaded; the routes are left as they are."""
    secret = secret_of(session.things)
    now = session.server.find(secret.content)
    kept = replace(secret, content={**secret.content, "data": now["data"]}) if now else secret
    led = replace(session, things=tuple(kept if each == kept else each for each in session.things))
    return _unconfirmed(led, _deleted(rules), progress) if rules else ""


def _end_alerts(session: Session) -> str:
    """Resolve the alerts at Alertmanager, and return why that is not so, "" where it is."""
    from stackctl.drill import EVERY
    from stackctl.operations.drill_changes import end_alerts

    try:
        end_alerts(servers_of(session).alertmanagers.values(), EVERY)
    except Unavailable as error:
        return error.problems[0].summary
    return ""


def _end_routes(session: Session, progress: Progress) -> str:
    """Bring back the routes from before, and return why they are not loaded, "" where they are."""
    routes = update(secret_of(session.things), "the routes are those from before the drill")
    return _unconfirmed(session, [routes], progress)


def _remove(session: Session, found: Sequence[Thing], progress: Progress) -> None:
    """Remove all objects of a drill, and wait until its pods have ended: what others need, and the mark, comes last."""
    from stackctl.cluster.objects import unlisted
    from stackctl.operations.cluster.generations import carry_out
    from stackctl.wait import wait_until

    workloads = [each for each in found if each.kind == "Deployment"]
    *others, mark = unlisted(found, ())
    carry_out(session, _deleted(others), progress)
    wait_until(
        lambda: session.pods_of(workloads),
        lambda pods: not pods,
        _GONE_SECONDS,
        what="the pod of the drill's sink to end",
        describe=lambda pods: f"{len(pods)} of them",
    )
    carry_out(session, _deleted([mark]), progress)


def _deleted(things: Sequence[Thing]) -> list[Change]:
    from stackctl.cluster.plan import Change

    return [Change("delete", each, "the drill is over") for each in things]


def _unconfirmed(session: Session, changes: Sequence[Change], progress: Progress) -> str:
    """Carry out changes, and return why a server does not confirm them. One without a pod is not waited for."""
    from stackctl.operations.cluster.generations import carry_out
    from stackctl.operations.cluster.refusal import refuse_stopped

    try:
        refuse_stopped(session)
    except Unavailable as error:
        carry_out(session, changes, progress)
        return error.problems[0].summary
    late = late_after(session, changes, progress)
    return "; ".join(f"{name}: {reason.partition(chr(10))[0]}" for name, reason in late.items())


# -- what a drill needs too -----------------------------------------------------------------------------------


def secret_of(things: Sequence[Thing]) -> Thing:
    """Return the Secret with the configuration of Alertmanager."""
    names = [each.content["spec"]["configSecret"] for each in things if each.kind == "Alertmanager"]
    return next(each for each in things if each.kind == "Secret" and each.name in names)


def servers_of(session: Session) -> Servers:
    """Return the two servers that an alert passes, with all of their replicas."""
    from stackctl.clients.alertmanager import Alertmanager
    from stackctl.clients.http import Http
    from stackctl.clients.prometheus import Prometheus
    from stackctl.cluster.waiting import OPERATED
    from stackctl.operations.cluster.replicas import replicas
    from stackctl.operations.drill_changes import Servers

    found: dict[str, dict[str, Http]] = {kind: {} for kind in OPERATED}
    for thing in session.things:
        if thing.kind in OPERATED:
            pods = replicas(session, thing)
            found[thing.kind] = {pod if len(pods) > 1 else thing.kind: Http(access) for pod, access in pods.items()}
    return Servers(
        {name: Prometheus(http) for name, http in found["Prometheus"].items()},
        {name: Alertmanager(http) for name, http in found["Alertmanager"].items()},
    )


def update(thing: Thing, cause: str) -> Change:
    """Return the change of an object that is there."""
    from stackctl.cluster.plan import Change

    return Change("update", thing, cause)


def late_after(session: Session, changes: Sequence[Change], progress: Progress) -> Mapping[str, str]:
    """Carry out changes, and return each server that has not loaded the objects of a session in time, with the reason.

    Raises NoAnswer.
    """
    from stackctl.cluster.waiting import OPERATED
    from stackctl.operations.cluster.confirmation import waited_for
    from stackctl.operations.cluster.generations import carry_out

    carry_out(session, changes, progress)
    return waited_for(session, changes, (*OPERATED, *{each.thing.kind for each in changes}), CHANGE_SECONDS)
