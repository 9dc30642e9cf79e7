"""Proving that a cluster has loaded what the manifest declares, and that it works there."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stackctl import conventions as c

if TYPE_CHECKING:
    from stackctl.access import Access
    from stackctl.cluster.objects import Thing
    from stackctl.cluster.waiting import Seen
    from stackctl.diagnostic import Diagnostic
    from stackctl.model import Stack
    from stackctl.operations.cluster.replicas import Round
    from stackctl.operations.cluster.session import Session
    from stackctl.report.report import Report
    from stackctl.source import Position
    from stackctl.verification.api_server import InCluster, View
    from stackctl.verification.cluster import Declared
    from stackctl.verification.context import Context
    from stackctl.verification.given import Loaded

NAME = "kubernetes"


def verify_cluster(manifest: Path, stack: Stack, wait_seconds: float | None, only: Sequence[str]) -> Report:
    """Every finding about the stack in its cluster, or those of the checks in `only`; as `verify_stack`.

    Raises InputError for an unknown check or a context that cannot be used, and Unavailable for a cluster that does
    not answer.
    """
    from stackctl.checks import registry
    from stackctl.errors import raise_if_any
    from stackctl.operations.checker_errors import accept, unknown_checks, unused_in_verification
    from stackctl.operations.cluster.session import explained, open_session
    from stackctl.operations.selection import refuse_unknown_checks
    from stackctl.report.report import Report

    refuse_unknown_checks(only, [id for _, ids in registry.CLUSTER for id in ids])
    raise_if_any(unknown_checks(stack.waivers))
    begun, start = time.time(), time.monotonic()
    session = open_session(manifest, stack)
    with explained(session.place):
        found = accept(findings(session, in_cluster(session), only, wait_seconds), stack.waivers)
    found += unused_in_verification(stack.waivers, found)
    return Report(stack.name, NAME, "", tuple(found), time.monotonic() - start, begun, None)


def findings(session: Session, state: InCluster, only: Sequence[str], wait_seconds: float | None) -> list[Diagnostic]:
    """Return the findings of the checks in `only` (of all when empty) about a stack that is in this `state`."""
    from concurrent.futures import ThreadPoolExecutor

    from stackctl.operations.cluster.replicas import by_view, merged, one_of_each
    from stackctl.verification.given_words import in_words_of_cluster

    servers, seen_by_one = accesses(session), replace(state, view=None)
    rounds = one_of_each(session, servers, only, has_view=state.view is not None)
    whole = by_view(session, servers, state.view, only) if state.view else []
    asked = [*((each, seen_by_one) for each in rounds), *((each, state) for each in whole)]
    with ThreadPoolExecutor(len(asked)) as pool:
        found = [*pool.map(lambda each: _findings(each[0], each[1], wait_seconds), asked)]
    results = merged([(each.pods, rows) for each, rows in zip(rounds, found, strict=False)])
    results = _together(results, [row for rows in found[len(rounds) :] for row in rows])
    return [in_words_of_cluster(each) for each in results]


def _together(by_replicas: Sequence[Diagnostic], by_view: Sequence[Diagnostic]) -> list[Diagnostic]:
    """Return the findings by replicas and those by the view of all of them, each row once, in the order of reports."""
    from stackctl.checks import registry

    if not by_view:
        return [*by_replicas]
    places = {id: at for at, (_, ids) in enumerate(registry.CLUSTER) for id in ids}
    rows = {(each.code, each.subject) for each in by_view}
    found = [*(each for each in by_replicas if (each.code, each.subject) not in rows), *by_view]
    return sorted(found, key=lambda each: places.get(each.code, len(places)))


def _findings(asked: Round, state: InCluster, wait_seconds: float | None) -> list[Diagnostic]:
    """Return the findings about a stack by one replica of each of its servers, which says what all of them load."""
    from stackctl.checks import registry
    from stackctl.operations.given_verification import CONFIGURATIONS, read_loaded, with_unread

    loaded, unread = read_loaded({name: access for name, access in asked.servers.items() if name != c.GRAFANA})
    state = replace(state, outdated=outdated_jobs(asked.session.things, loaded.config))
    servers = {**asked.servers, c.PROMETHEUS: asked.view} if asked.view else asked.servers
    context = _context(asked.session, state, servers, loaded, wait_seconds)
    return with_unread(registry.run(context, asked.only), unread, asked.only, CONFIGURATIONS)


def outdated_jobs(things: Iterable[Thing], config: Mapping[str, Any]) -> dict[str, str]:
    """Return the scrape jobs that a configuration has, and not as the objects are now, each with its object."""
    from stackctl.cluster.objects import loaded_mark, mark_of
    from stackctl.cluster.pools import pools
    from stackctl.verification.external import loaded_blocks

    blocks = loaded_blocks(config)
    return {
        job: str(each)
        for job, each in pools(things).items()
        if job in blocks and loaded_mark(blocks[job]) != mark_of(each)
    }


def accesses(session: Session) -> dict[str, Access]:
    """Return how the servers of a stack are asked, by the names of components: by the proxy of the API server.

    It leads to the pods, as the operator's Services select those of all stacks in a namespace. It takes every login
    for its own, so Grafana is asked at a port that the API server forwards.
    """
    from stackctl.export.kubernetes.names import dns_name
    from stackctl.operations.cluster.replicas import through

    own = dns_name(session.stack.name)
    servers = [each.name for each in (session.stack.prometheus, session.stack.alertmanager) if each]
    found = {name: through(session, name, f"{name}-{own}-0") for name in servers}
    return {**found, **({c.GRAFANA: _grafana(session)} if session.stack.grafana else {})}


def running_accesses(stack: Stack) -> dict[str, Access]:
    """Return how those of Prometheus and Alertmanager are asked that have a pod in the cluster that a stack names: of
    several the first that is ready.

    Raises as `connect`.
    """
    from stackctl.cluster.waiting import operated, pod_reason
    from stackctl.export.kubernetes.names import dns_name
    from stackctl.operations.cluster.replicas import through
    from stackctl.operations.cluster.session import connect, explained

    session, own = connect(stack), dns_name(stack.name)
    found: dict[str, Access] = {}
    with explained(session.place):
        for name in (each.name for each in (stack.prometheus, stack.alertmanager) if each):
            pods = session.server.listed("v1", "Pod", session.place.namespace, operated(name, own))
            # One that is not ready may have nothing loaded yet.
            ranked = sorted(pods, key=lambda pod: (bool(pod_reason(pod)), pod["metadata"]["name"]))
            if ranked:
                found[name] = through(session, name, ranked[0]["metadata"]["name"])
    return found


def _grafana(session: Session) -> Access:
    from stackctl.cluster.forward import forwarded
    from stackctl.components import registry

    grafana = session.stack.grafana
    assert grafana  # noqa: S101 - asked for where there is one
    login = (grafana.admin_user, session.grafana_password.reveal())
    port = registry.of(grafana).port
    return forwarded(lambda: session.core, session.place, lambda: session.ready_pod(c.GRAFANA), port, login)


def _context(
    session: Session, state: InCluster, servers: Mapping[str, Access], loaded: Loaded, wait_seconds: float | None
) -> Context:
    from stackctl.export.external import external_tree
    from stackctl.manifest.routed_alike import misrouted
    from stackctl.model import External
    from stackctl.operations.given_verification import servers_context
    from stackctl.verification import cluster, external, given

    stack = session.stack
    named = tuple(External(name, access.url, _origin(stack, name)) for name, access in servers.items())
    found = external.stack_of(replace(stack, external=named), servers, loaded)
    theirs = replace(found, alertmanager=given.stack_of(servers, loaded).alertmanager)
    context = servers_context(
        servers,
        found,
        external.tree_of(external_tree(stack), loaded),
        cluster.jobs_of(pools_of(session), loaded),
        wait_seconds,
        has_manifest=True,
        cluster=state,
        misrouted=misrouted(found, theirs) if loaded.alertmanager else {},
    )
    # All jobs are in the configuration itself, so that nothing has to be waited for.
    return replace(context, skipped=cluster.missing_jobs(context, loaded))


def in_cluster(session: Session) -> InCluster:
    """Return the state of a stack that the API server reports. Raises NoAnswer."""
    from stackctl.cluster.endpoints import Namespace, break_of, by_key, way
    from stackctl.cluster.pools import pools
    from stackctl.cluster.waiting import OPERATED, WORKLOADS, ending, pod_reason, waits
    from stackctl.export.kubernetes import rule_objects
    from stackctl.export.kubernetes.alertmanager import secret_name
    from stackctl.export.kubernetes.grafana import datasource_url
    from stackctl.export.kubernetes.names import dns_name
    from stackctl.operations.cluster.replicas import replicas
    from stackctl.verification.api_server import InCluster, Pod

    owned = session.owned()
    seen = session.seen(owned)
    reasons = {str(each): reason for each, reason in {**ending(seen, time.time()), **waits(seen)}.items()}
    there = {str(each) for each in seen.workloads}
    declared = [str(each) for each in session.things if each.kind in WORKLOADS]
    services = tuple(session.server.listed("v1", "Service", session.place.namespace))
    namespace, prometheus = Namespace(by_key(owned), services, seen.pods), dns_name(session.stack.name)
    objects, unknown = _differences(session)
    jobs = pools(session.things)
    return InCluster(
        origin=session.place.origin,
        objects=objects,
        jobs={name: tuple(map(str, way(thing, session.things))) for name, thing in jobs.items()},
        rules={file: f"PrometheusRule {name}" for file, name in rule_objects(session.stack).items()},
        dashboards=_dashboards(session),
        routing=f"Secret {secret_name(prometheus)}" if session.stack.alertmanager else "",
        unknown=unknown,
        workloads={name: reasons.get(name, "") if name in there else "it is not in the cluster" for name in declared},
        breaks={name: break_of(thing, prometheus, namespace) for name, thing in jobs.items()},
        pods={
            str(pod["status"]["podIP"]): Pod(pod["metadata"]["name"], str(workload), pod_reason(pod))
            for workload in seen.workloads
            for pod in seen.pods_of(workload)
            if (pod.get("status") or {}).get("podIP")
        },
        replicas={
            thing.kind.lower(): replicas(session, thing)
            for thing in session.things
            if thing.kind in OPERATED and thing.content["spec"].get("replicas", 1) > 1
        },
        view=_view(session, seen),
        datasource=datasource_url(session.stack) if session.stack.grafana else "",
    )


def _view(session: Session, seen: Seen) -> View | None:
    """Return the one view of all replicas of Prometheus, None where the manifest has none."""
    from stackctl.export.kubernetes.thanos import HTTP_PORT, REPLICA_LABEL, query_name, sidecars_name
    from stackctl.operations.cluster.replicas import replicas
    from stackctl.verification.api_server import View

    if session.stack.thanos is None:
        return None
    name, ask = query_name(session.stack), session.server.through
    prometheus = next(each for each in session.things if each.kind == "Prometheus")
    pods = [pod["metadata"]["name"] for each in seen.workloads if each.name == name for pod in seen.pods_of(each)]
    return View(
        origin=session.stack.thanos.origin,
        name=name,
        label=REPLICA_LABEL,
        queries={pod: ask(session.place.namespace, pod, HTTP_PORT) for pod in sorted(pods)},
        replicas=replicas(session, prometheus),
        workload=f"Deployment {name}",
        prometheus=str(prometheus),
        objects=(f"Deployment {name}", f"Service {sidecars_name(session.stack)}", str(prometheus)),
    )


def _dashboards(session: Session) -> Mapping[str, str]:
    from stackctl.export.kubernetes.dashboard import map_names

    names = map_names(session.stack)
    found = {each.path: f"ConfigMap {names[each.uid]}" for each in session.stack.dashboards}
    return {**found, **({c.GRAFANA: f"Secret {session.own_name(c.GRAFANA)}"} if session.stack.grafana else {})}


def _differences(session: Session) -> tuple[Mapping[str, str], str]:
    """Return how each declared object differs from the one in the cluster, and why that is not known.

    The API server tells it by trying what `up` would do, for which it wants the same rights.
    """
    tried = session.tried()
    forbidden = next((each.refusal for each in tried if each.refusal and each.refusal.status == 403), None)
    if forbidden:
        return {}, f"the user may not apply objects, not even to try it: {forbidden.said}"
    return {str(each.thing): each.difference for each in tried}, ""


def _origin(stack: Stack, name: str) -> Position:
    return next((each.origin for each in stack.components if each.name == name), stack.origin)


def pools_of(session: Session) -> Mapping[str, Declared]:
    """Return the scrape jobs that the operator has to make for a stack, by their names."""
    from stackctl.cluster.pools import declared_job, pools
    from stackctl.verification.cluster import Declared

    places = {each.job: each.origin for each in session.stack.components}
    places |= {each.name: each.origin for each in session.stack.services}
    promised = {each.name: each.contract for each in session.stack.services}
    found = {name: declared_job(thing) for name, thing in pools(session.things).items()}
    return {
        name: Declared(places.get(job, session.stack.origin), job, promised.get(job)) for name, job in found.items()
    }
