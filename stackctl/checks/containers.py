"""`container.running`: every container of `containers` runs, and is healthy if it has a health check."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from stackctl.clients.http import NoAnswer
from stackctl.diagnostic import Diagnostic
from stackctl.errors import StackctlError
from stackctl.model import Container, Stack
from stackctl.verification.context import Context
from stackctl.verification.place import FoundUnit
from stackctl.verification.subject import Subject

ID = "container.running"

# A container that ended by itself with code 0.
_FINISHED = "exited with code 0"


def check(context: Context) -> Iterable[Diagnostic]:
    """A finding for every declared container. One that the runtime could not run is skipped, never passed."""
    asked = [each for each in context.stack.containers if each.unit not in context.skipped]

    def observe() -> Mapping[str, FoundUnit]:
        return {unit.name: unit for unit in context.place.observe()}

    def settled(seen: Mapping[str, FoundUnit] | NoAnswer) -> bool:
        return isinstance(seen, Mapping) and not any(
            each.unit in seen and seen[each.unit].health == "starting" for each in asked
        )

    try:
        seen = context.settle(observe, settled, within=context.seconds) if asked else {}
    except StackctlError as error:
        return [_subject(each).failed(str(error), "Run `stackctl up`.") for each in context.stack.containers]
    assert isinstance(seen, Mapping)  # noqa: S101 - no server is asked
    return [_container(context, each, seen.get(each.unit)) for each in context.stack.containers]


def _subject(container: Container) -> Subject:
    return Subject(ID, container.unit, container.origin)


def _container(context: Context, container: Container, seen: FoundUnit | None) -> Diagnostic:
    subject, name = _subject(container), container.unit
    remedy = f"Run `stackctl up`; `stackctl logs {name}` shows why it stopped."
    if name in context.skipped:
        return subject.skipped(f"is not running: {context.skipped[name]}")
    if seen is None and container.profiles:
        profile = container.profiles[0]
        return subject.skipped(
            f"is not running: it belongs to the profile `{profile}`", f"Run `stackctl up --profile {profile}`."
        )
    if seen is None:
        return subject.failed("is not running", remedy)
    if seen.state == "exited" and seen.detail == _FINISHED:
        if _ends(container, context.stack):
            return subject.passed("has ended with code 0")
        remedy = f'{remedy} If it is meant to end, write `restart: "no"` in it.'
    if seen.state != "running":
        return subject.failed(seen.detail or seen.state, remedy)
    if seen.health not in ("", "healthy"):
        told = "its health check fails" if seen.health == "unhealthy" else "its health check has not passed yet"
        return subject.failed(f"is running, but {told}", f"See `stackctl logs {name}`.", stage="loaded")
    return subject.passed("is running and healthy" if seen.health else "is running")


def _ends(container: Container, stack: Stack) -> bool:
    """Return whether a container is declared as one that ends: by its `restart`, or by what waits for its end."""
    if str(container.fields.get("restart", "")).partition(":")[0] in ("no", "False", "on-failure"):
        return True
    waiting = [each.get("depends_on") for each in stack.compose_fields]
    conditions = [each.get(container.name) for each in waiting if isinstance(each, Mapping)]
    return any(
        isinstance(each, Mapping) and each.get("condition") == "service_completed_successfully" for each in conditions
    )
