"""Replicas of a stack's servers in a cluster: the checks are run with each of them, and what differs names its pod."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from stackctl import conventions as c

if TYPE_CHECKING:
    from stackctl.access import Access
    from stackctl.cluster.objects import Thing
    from stackctl.diagnostic import Diagnostic
    from stackctl.operations.cluster.session import Session
    from stackctl.verification.api_server import View

# What is not asked of a Prometheus or an Alertmanager, or compares all replicas by itself.
_ONCE = ("cluster", "grafana", "panel")


@dataclass(frozen=True)
class Round:
    """One replica of each server: how these are asked, their pods, and the checks that are run with them. The `view` of
    all replicas of Prometheus, if any, is asked in place of that one."""

    session: Session
    servers: Mapping[str, Access]
    pods: Mapping[str, str]
    only: Sequence[str]
    view: Access | None = None


def replicas(session: Session, server: Thing) -> dict[str, Access]:
    """Return the pods that a Prometheus or an Alertmanager has to have, each with how it is asked."""
    component = server.kind.lower()
    names = [f"{component}-{server.name}-{number}" for number in range(server.content["spec"].get("replicas", 1))]
    return {name: through(session, component, name) for name in names}


def through(session: Session, component: str, pod: str) -> Access:
    """Return how a pod of a component is asked: by the proxy of the API server."""
    from stackctl.components import registry

    return session.server.through(session.place.namespace, pod, registry.component(component).port)


def one_of_each(session: Session, servers: Mapping[str, Access], only: Sequence[str], *, has_view: bool) -> list[Round]:
    """Return the rounds by which the checks in `only` (all when empty) see each replica. `servers` are the first ones.

    A server with fewer replicas is asked again by its last one. With a view of all replicas of Prometheus, that has the
    checks that are run once.
    """
    from stackctl.cluster.waiting import OPERATED

    found = {each.kind.lower(): [*replicas(session, each).items()] for each in session.things if each.kind in OPERATED}
    later = _chosen(only, once=False)
    bare = replace(session, stack=replace(session.stack, grafana=None))
    rounds = [] if has_view else [Round(session, servers, {name: pods[0][0] for name, pods in found.items()}, only)]
    most = max((len(pods) for pods in found.values()), default=1) if later else 0
    for number in range(len(rounds), most):
        chosen = {name: pods[min(number, len(pods) - 1)] for name, pods in found.items()}
        asked = {name: access for name, (_, access) in chosen.items()}
        rounds.append(Round(bare, asked, {name: pod for name, (pod, _) in chosen.items()}, later))
    return rounds


def by_view(session: Session, servers: Mapping[str, Access], view: View, only: Sequence[str]) -> list[Round]:
    """Return the round by which the checks in `only` (all when empty) see a view of all replicas of Prometheus; none
    where there is nothing to be asked of it."""
    from stackctl.export.kubernetes.thanos import HTTP_PORT

    chosen = _chosen(only, once=True)
    # Without a pod, the API server answers that there is none.
    nobody = session.server.through(session.place.namespace, view.name, HTTP_PORT)
    query = next(iter(view.queries.values()), nobody)
    return [Round(session, servers, {}, chosen, query)] if chosen else []


def _chosen(only: Sequence[str], *, once: bool) -> list[str]:
    """Return the checks in `only` (all when empty) that are run `once`, or those that look at one Prometheus and one
    Alertmanager."""
    from stackctl.checks import registry

    ids = [id for _, ids in registry.CLUSTER for id in ids if (id.partition(".")[0] in _ONCE) == once]
    return [id for id in ids if not only or id in only or id.partition(".")[0] in only]


def merged(rounds: Sequence[tuple[Mapping[str, str], Sequence[Diagnostic]]]) -> list[Diagnostic]:
    """Return the findings of all rounds, each with its pods: one where all replicas agree, else one of each.

    What only depends on another failure of the same replica is not said again.
    """
    if len(rounds) < 2:
        return [each for _, found in rounds for each in found]
    rows: dict[tuple[str, str, int], list[tuple[int, Diagnostic]]] = {}
    for number, (_, found) in enumerate(rounds):
        for key, each in _numbered(found):
            rows.setdefault(key, []).append((number, each))
    kept = {key: _told_apart(some) for key, some in rows.items()}
    renamed = {
        (number, f"{each.code} {each.subject}"): f"{each.code} {_named(each, rounds[number][0])}"
        for some, is_split in kept.values()
        for number, each in some
        if is_split
    }
    results = []
    for some, is_split in kept.values():
        for number, each in some:
            subject = _named(each, rounds[number][0]) if is_split else each.subject
            cause = renamed.get((number, each.depends_on), each.depends_on)
            results.append(replace(each, subject=subject, depends_on=cause))
    return results


def _numbered(found: Sequence[Diagnostic]) -> Iterator[tuple[tuple[str, str, int], Diagnostic]]:
    """Yield findings with a key that the same ones of other rounds have."""
    counts: dict[tuple[str, str], int] = {}
    for each in found:
        row = (each.code, each.subject)
        counts[row] = counts.get(row, 0) + 1
        yield (*row, counts[row]), each


def _told_apart(rows: Sequence[tuple[int, Diagnostic]]) -> tuple[Sequence[tuple[int, Diagnostic]], bool]:
    """Return those of some rows about the same that are reported, and whether each is about its own replica only."""
    own = [(number, each) for number, each in rows if not each.depends_on] or [*rows[:1]]
    if own[0][1].family in _ONCE:
        return own[:1], False
    if len({each.status for _, each in own}) > 1:
        return own, True
    # Of Alertmanagers that know each other, one notifies.
    used = [row for row in own if not _is_unused(row[1])]
    return (used or own)[:1], own[0][0] > 0


def _is_unused(finding: Diagnostic) -> bool:
    from stackctl.checks import notified

    return finding.code == notified.ID and finding.summary.startswith(notified.UNUSED)


def _named(finding: Diagnostic, pods: Mapping[str, str]) -> str:
    """Return the subject of a finding with the pod that it is about."""
    from stackctl.checks import alertmanager
    from stackctl.checks.replicas import named

    is_theirs = finding.code.startswith("alertmanager.") and finding.code != alertmanager.CONNECTED
    server = c.ALERTMANAGER if is_theirs or finding.subject == c.ALERTMANAGER else c.PROMETHEUS
    return named(finding.subject, pods.get(server, pods[c.PROMETHEUS]))
