"""Logs of the pods of a stack in a cluster, by its API server."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stackctl.cluster.objects import Thing
    from stackctl.model import Stack
    from stackctl.operations.cluster.session import Session

_POLL_SECONDS = 1.0


@dataclass
class _Source:
    """A container of a pod, and the time of the last of its lines that was shown."""

    pod: str
    container: str
    last: str = ""

    def __str__(self) -> str:
        return f"{self.pod} {self.container}"


@dataclass
class _Sources:
    """The containers of some workloads; pods that start later join them."""

    session: Session
    workloads: Sequence[Thing]
    known: dict[tuple[str, str], _Source] = field(default_factory=dict)

    def read(self, tail: int | None) -> list[str]:
        """Return the lines that have come since the last call, in the order of their times. Raises NoAnswer."""
        found = [(*line, source) for source in self._sources() for line in self._added(source, tail)]
        width = max((len(str(each)) for each in self.known.values()), default=0)
        is_alone = len(self.known) == 1
        return [text if is_alone else f"{source!s:<{width}} | {text}" for _, text, source in sorted(found, key=_time)]

    def _sources(self) -> list[_Source]:
        for pod in self.session.pods_of(self.workloads):
            for container in pod["spec"]["containers"]:
                key = (pod["metadata"]["name"], container["name"])
                self.known.setdefault(key, _Source(*key))
        return [*self.known.values()]

    def _added(self, source: _Source, tail: int | None) -> list[tuple[str, str]]:
        """Return time and text of the new lines of a container; none of one that has not started, or is gone."""
        from stackctl.clients.http import NoAnswer

        place = self.session.place.namespace, source.pod, source.container
        try:
            text = self.session.server.log(*place, lines=tail, since=source.last)
        except NoAnswer as error:
            if error.status not in (400, 404):
                raise
            return []
        pairs = (line.partition(" ") for line in text.splitlines())
        lines = [(when, said) for when, _, said in pairs if when > source.last]
        source.last = lines[-1][0] if lines else source.last
        return lines


def _time(line: tuple[str, str, _Source]) -> str:
    return line[0]


def lines(stack: Stack, component: str | None, *, follow: bool, tail: int | None) -> Iterator[str]:
    """Yield the lines of the pods of a component, of all pods of the stack when that is None.

    `tail` is how many of the last ones of each container, None for all; with `follow` those to come too. From now on
    the stack's secrets are hidden in all output. Raises InputError for an unknown component, and Unavailable for one
    that has no pod that has started, and for a cluster that does not answer.
    """
    from stackctl import redaction
    from stackctl.operations.cluster.session import connect, explained

    session = connect(stack)
    with explained(session.place):
        owned = session.owned()
        redaction.hide(_secrets(owned))
        sources = _Sources(session, _workloads(session, owned, component))
        first = sources.read(tail)
        if not first and not follow:
            _refuse_never_started(session, sources)
        yield from first
        while follow:
            added = sources.read(None)
            yield from added
            if not added:
                time.sleep(_POLL_SECONDS)


def _workloads(session: Session, owned: Sequence[Thing], component: str | None) -> list[Thing]:
    """Return the workloads of a component: of a server by its name in the manifest, of a service or container too."""
    from stackctl.cluster.waiting import OPERATED, WORKLOADS
    from stackctl.errors import InputError, Unavailable
    from stackctl.export.kubernetes.names import dns_name
    from stackctl.export.kubernetes.server_pod import names_of

    components = {name: component for component, name in names_of(session.stack).items()}
    found = {
        each.kind.lower() if each.kind in OPERATED else components.get(each.name, each.name): each
        for each in owned
        if each.kind in WORKLOADS
    }
    if not found:
        raise Unavailable.of("stack.never-started", "nothing of this stack runs", remedy="Run `stackctl up`.")
    if component is None:
        return [*found.values()]
    chosen = found.get(component) or found.get(dns_name(component))
    if chosen is None:
        summary = f"there is no component `{component}` in the namespace `{session.place.namespace}`"
        raise InputError.of("usage.option", summary, remedy=f"Name one of these: {', '.join(sorted(found))}.")
    return [chosen]


def _secrets(owned: Sequence[Thing]) -> Iterator[str]:
    """Yield the content of the stack's Secrets."""
    for each in owned:
        if each.kind == "Secret" and not each.is_generation:
            for value in (each.content.get("data") or {}).values():
                yield base64.b64decode(value).decode(errors="replace")


def _refuse_never_started(session: Session, sources: _Sources) -> None:
    """Raise Unavailable where no container has said anything because none has started."""
    from stackctl.cluster.waiting import pod_reason
    from stackctl.errors import Unavailable

    pods = session.pods_of(sources.workloads)
    reasons = [f"{pod['metadata']['name']}: {reason}" for pod in pods if (reason := pod_reason(pod))]
    if reasons or not pods:
        names = ", ".join(map(str, sources.workloads))
        remedy = "`stackctl status` shows what it waits for."
        summary = f"{names} has not started"
        raise Unavailable.of("unit.not-started", summary, cause="\n".join(reasons), remedy=remedy)
