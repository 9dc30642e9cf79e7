"""`cluster.replica`: the replicas of a server that a cluster runs do the same, and know each other.

Each Prometheus has to scrape all targets and to send its alerts to each Alertmanager, so that either can be lost. The
Alertmanagers have to tell each other what they have sent: two that do not would notify of each alert twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import urlsplit

from stackctl import conventions as c
from stackctl.access import Access
from stackctl.clients.alertmanager import Alertmanager
from stackctl.clients.http import Http, NoAnswer
from stackctl.clients.prometheus import Prometheus
from stackctl.diagnostic import Diagnostic
from stackctl.verification.api_server import InCluster
from stackctl.verification.context import PROBE_SECONDS, Context
from stackctl.verification.subject import Subject

ID = "cluster.replica"
T = TypeVar("T")
# The longest time in which one that has just started joins the others, and in which targets are discovered.
_JOINS_SECONDS = 60.0
_SHOWN = 3
_UNJOINED = (
    "Let TCP and UDP port 9094 through between these pods, and restart the one that is not seen: "
    "`kubectl delete pod NAME`."
)
_UNSENT = "Let Prometheus reach the pods of Alertmanager; `stackctl logs prometheus` says what it cannot discover."
_UNSCRAPED = "See `stackctl logs prometheus`: it says what this replica cannot discover or load."
_OTHER = "Run `stackctl up`, which waits until each of them has loaded the same."


@dataclass(frozen=True)
class _Seen:
    """The answers of some replicas, by their pods: what is wrong with each, and those that do not answer."""

    wrong: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    unanswered: frozenset[str] = frozenset()


def check(context: Context) -> Iterable[Diagnostic]:
    """A finding for every replica of a server that has several."""
    state = context.cluster
    assert state  # noqa: S101 - this family is for clusters only
    for server, compared in ((c.PROMETHEUS, _prometheus), (c.ALERTMANAGER, _alertmanager)):
        if replicas := state.replicas.get(server):
            seen = context.settle(
                lambda replicas=replicas, compared=compared: compared(state, replicas),  # type: ignore[misc]
                lambda found: not (found.wrong or found.unanswered),
                within=_JOINS_SECONDS,
            )
            assert isinstance(seen, _Seen)  # noqa: S101 - each answer is looked at by itself
            yield from (_row(state, server, pod, seen, len(replicas)) for pod in replicas)


def _row(state: InCluster, server: str, pod: str, seen: _Seen, number: int) -> Diagnostic:
    subject = Subject(ID, pod, state.origin)
    workload = next((name for name in state.workloads if name.startswith(f"{server.capitalize()} ")), "")
    if state.workloads.get(workload) and (pod in seen.unanswered or pod in seen.wrong):
        return subject.depends(f"the pods of {workload} are not ready", f"cluster.workload {workload}")
    if pod in seen.unanswered:
        which = server if len(seen.unanswered) == number else named(server, pod)
        return subject.depends("it does not answer", f"component.ready {which}")
    if pod in seen.wrong:
        return subject.failed(*seen.wrong[pod], stage="loaded")
    if server == c.ALERTMANAGER:
        return subject.passed(f"one of {number} that tell each other what they have sent")
    return subject.passed(f"one of {number} that scrape the same targets, and send alerts to each Alertmanager")


def named(subject: str, pod: str) -> str:
    """Return the subject of a row that is about one replica only."""
    return f"{subject} ({pod})"


def _asked(replicas: Mapping[str, Access], ask: Callable[[Access], T]) -> tuple[dict[str, T], frozenset[str]]:
    """Return the answers of replicas, and those that give none."""

    def answer(access: Access) -> T | None:
        try:
            return ask(access)
        except NoAnswer:
            return None

    with ThreadPoolExecutor(len(replicas)) as pool:
        found = dict(zip(replicas, pool.map(answer, replicas.values()), strict=True))
    answers = {pod: each for pod, each in found.items() if each is not None}
    return answers, frozenset(found.keys() - answers.keys())


def _pods(state: InCluster, server: str) -> dict[str, str]:
    """Return the pods of a server, each with its address."""
    own = f"{server.capitalize()} "
    return {pod.name: address for address, pod in state.pods.items() if pod.workload.startswith(own)}


def _prometheus(state: InCluster, replicas: Mapping[str, Access]) -> _Seen:
    def ask(access: Access) -> tuple[frozenset[tuple[str, str]], frozenset[str]]:
        client = Prometheus(Http(access, PROBE_SECONDS, is_foreign=True))
        targets = frozenset((each.job, each.scrape_url) for each in client.targets())
        return targets, frozenset(urlsplit(url).hostname or "" for url in client.alertmanagers())

    found, unanswered = _asked(replicas, ask)
    everything = frozenset().union(*(targets for targets, _ in found.values()))
    wrong = {}
    for pod, (targets, alertmanagers) in found.items():
        unsent = [name for name, address in _pods(state, c.ALERTMANAGER).items() if address not in alertmanagers]
        if unscraped := sorted(everything - targets):
            shown = ", ".join(f"{job} {url}" for job, url in unscraped[:_SHOWN])
            wrong[pod] = (f"it does not scrape {len(unscraped)} targets that another replica has: {shown}", _UNSCRAPED)
        elif unsent:
            wrong[pod] = (f"it does not send its alerts to {', '.join(sorted(unsent))}", _UNSENT)
    return _Seen(wrong, unanswered)


def _alertmanager(state: InCluster, replicas: Mapping[str, Access]) -> _Seen:
    def ask(access: Access) -> tuple[str, frozenset[str], int]:
        client = Alertmanager(Http(access, PROBE_SECONDS, is_foreign=True))
        status, addresses = client.cluster()
        hosts = frozenset(each.rpartition(":")[0].strip("[]") for each in addresses)
        return status, hosts, client.config_hash()

    found, unanswered = _asked(replicas, ask)
    pods = _pods(state, c.ALERTMANAGER)
    first = next(iter(found), "")
    wrong = {}
    for pod, (status, peers, loaded) in found.items():
        unseen = [each for each in replicas if pods.get(each) not in peers]
        if unseen or len(peers) < len(replicas):
            summary = f"it does not know {', '.join(unseen) or 'the others'}: it has {len(peers)} peers"
            wrong[pod] = (f"{summary}, and each alert may be notified of more than once", _UNJOINED)
        elif status != "ready":
            wrong[pod] = (f"its cluster is `{status}` and not `ready`", _UNJOINED)
        elif loaded != found[first][2]:
            wrong[pod] = (f"it has loaded another configuration than {first}", _OTHER)
    return _Seen(wrong, unanswered)
