"""`cluster.view`: Thanos Query has the data of every replica of Prometheus, and answers as if they were one.

Query is ready without the servers that it asks, and soon answers as if there were no others. With replicas that do the
same, nothing of its answers shows that one of them is missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from stackctl.access import Access
from stackctl.checks.cluster import OBJECT, WORKLOAD
from stackctl.clients.http import Http, NoAnswer
from stackctl.clients.prometheus import Prometheus, Store
from stackctl.diagnostic import Diagnostic
from stackctl.verification.api_server import InCluster, View
from stackctl.verification.context import PROBE_SECONDS, Context
from stackctl.verification.subject import Subject

ID = "cluster.view"
# The longest time in which the new address of a replica is found, and its first scrapes are made.
_FOUND_SECONDS = 60.0
_LOG = "See `stackctl logs {name}`."
_UNREACHED = (
    "Let Thanos Query reach port 10901 of this pod; `stackctl logs {name}` and `stackctl logs prometheus` say more."
)


@dataclass(frozen=True)
class _Query:
    """The answers of a pod of Thanos Query: its stores, None for what is not a Thanos Query; and of the series `up` the
    number that it has of each replica, and where it takes all replicas for one, or why it does not say."""

    stores: tuple[Store, ...] | None
    of_each: Mapping[str, int] = field(default_factory=dict)
    of_all: Mapping[str, int] = field(default_factory=dict)
    silence: str = ""


@dataclass(frozen=True)
class _Seen:
    """The problem of Query, "" for none, and those of its view of replicas: each a summary, and evidence."""

    query: tuple[str, str] = ("", "")
    replicas: Mapping[str, tuple[str, str]] = field(default_factory=dict)


def check(context: Context) -> Iterable[Diagnostic]:
    """A finding for Query, and for every replica that it has to reach; none where the manifest has no `thanos`."""
    state = context.cluster
    if state is None or state.view is None:
        return
    view = state.view
    seen = context.settle(
        lambda: _seen(state, view),
        lambda found: not (found.query[0] or found.replicas),
        within=_FOUND_SECONDS,
    )
    if isinstance(seen, NoAnswer):
        seen = _Seen((seen.summary, ""))
    yield _of_query(state, view, seen)
    for pod in view.replicas:
        yield _of_replica(state, view, pod, seen)


def _of_query(state: InCluster, view: View, seen: _Seen) -> Diagnostic:
    subject, (summary, evidence) = Subject(ID, view.name, view.origin), seen.query
    if not summary:
        number = len(view.replicas)
        return subject.passed(f"it answers as one for {number} replica{'' if number == 1 else 's'} of Prometheus")
    # Of a replica that is started again, Query has the earlier address for a while.
    cause = _cause(state, view, subject) or _unready(state, view.prometheus, subject)
    return cause or subject.failed(summary, _LOG.format(name=view.name), evidence)


def _of_replica(state: InCluster, view: View, pod: str, seen: _Seen) -> Diagnostic:
    subject = Subject(ID, pod, view.origin)
    if pod not in seen.replicas and not seen.query[0]:
        return subject.passed("Thanos Query reaches it, and has the series of all of its targets")
    if cause := _cause(state, view, subject):
        return cause
    if seen.query[0]:
        return subject.depends(f"{view.name} does not work: {seen.query[0]}", f"{ID} {view.name}")
    is_ready = any(each.name == pod and not each.reason for each in state.pods.values())
    if not is_ready and (cause := _unready(state, view.prometheus, subject)):
        return cause
    summary, evidence = seen.replicas[pod]
    return subject.failed(summary, _UNREACHED.format(name=view.name), evidence)


def _cause(state: InCluster, view: View, subject: Subject) -> Diagnostic | None:
    """Return the skip of what an object on the way explains, which has a row of its own."""
    if cause := _unready(state, view.workload, subject):
        return cause
    if changed := state.changed(view.objects):
        return subject.depends(f"the {changed} is not as declared", f"{OBJECT} {changed}")
    return None


def _unready(state: InCluster, workload: str, subject: Subject) -> Diagnostic | None:
    if not state.workloads.get(workload):
        return None
    return subject.depends(f"the pods of {workload} are not ready", f"{WORKLOAD} {workload}")


def _seen(state: InCluster, view: View) -> _Seen:
    """Return what is wrong. Raises NoAnswer where a pod of Query does not answer."""
    if not view.queries:
        return _Seen(("it has no pod", ""))
    with ThreadPoolExecutor(len(view.queries) + len(view.replicas)) as pool:
        asked = {pod: pool.submit(_query, access, view.label) for pod, access in view.queries.items()}
        served = {pod: pool.submit(_series, access, view.label) for pod, access in view.replicas.items()}
        series = {pod: each.result() for pod, each in served.items()}
        answers = {pod: each.result() for pod, each in asked.items()}
    wrong: dict[str, tuple[str, str]] = {}
    for pod, answer in answers.items():
        if problem := _problem(state, view, answer):
            return _Seen((f"{pod}: {problem[0]}", problem[1]))
        wrong |= {name: found for name in view.replicas if (found := _missing(state, name, series[name], answer))}
    return _Seen(replicas=wrong)


def _query(access: Access, label: str) -> _Query:
    client = Prometheus(Http(access, PROBE_SECONDS, is_foreign=True))
    stores = client.stores()
    try:
        return _Query(stores, client.up_by(label, of_each=True), client.up_by(label, of_each=False))
    except NoAnswer as error:  # it may wait for a store, which it will report
        return _Query(stores, silence=error.summary)


def _series(access: Access, label: str) -> int | None:
    """Return how many series `up` a replica itself has, None where it does not say."""
    try:
        return sum(Prometheus(Http(access, PROBE_SECONDS, is_foreign=True)).up_by(label, of_each=True).values())
    except NoAnswer:
        return None


def _problem(state: InCluster, view: View, answer: _Query) -> tuple[str, str] | None:
    """Return what is wrong with a pod of Query, with evidence."""
    if answer.stores is None:
        return "it answers, and is not a Thanos Query", ""
    own = [each for each in answer.stores if _pod_of(state, each) in view.replicas]
    # One that does not answer brings nothing: the address of a replica before it was started again.
    foreign = [each for each in answer.stores if not each.error and each not in own]
    if foreign:
        lines = "\n".join(f"{each.name}: {_pod_of(state, each) or 'no pod of the stack'}" for each in foreign)
        return f"it asks {len(foreign)} stores that are not replicas of this stack's Prometheus", lines
    if answer.silence and not any(each.error for each in own):
        return answer.silence, ""
    if apart := sorted(answer.of_all.keys() - {""}):
        summary = f"it does not take replicas for one: its series have the label `{view.label}`"
        return summary, "\n".join(apart)
    return None


def _missing(state: InCluster, pod: str, series: int | None, answer: _Query) -> tuple[str, str] | None:
    """Return what Query does not have of a replica that has so many `series` `up`, with evidence."""
    stores = [each for each in answer.stores or () if _pod_of(state, each) == pod]
    if not stores:
        return "Thanos Query does not ask it", "\n".join(f"it asks {each.name}" for each in answer.stores or ())
    if stores[0].error:
        return "Thanos Query does not reach it", stores[0].error
    if answer.silence:
        return None
    found = answer.of_each.get(pod, 0)
    if not found:
        return "Thanos Query has no series of it", ""
    if series is not None and found != series:
        return f"Thanos Query has {found} series `up` of it, and it has {series}", ""
    return None


def _pod_of(state: InCluster, store: Store) -> str:
    """Return the pod that a store is in, "" for one that is in no pod of the stack."""
    pod = state.pods.get(store.name.rpartition(":")[0].strip("[]"))
    return pod.name if pod else ""
