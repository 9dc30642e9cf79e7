"""`component.ready` of servers that somebody else runs: each answers, is ready, and is what it was given as.

Behind a URL may be a login page, another server, or one that has a part of the API only. So it is not enough that
something answers: the API is asked for what every such server can say.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from stackctl import conventions as c
from stackctl.checks.components import ID
from stackctl.clients.http import AGENT, Answer, Http, NoAnswer, first_line
from stackctl.clients.prometheus import Store
from stackctl.components import registry
from stackctl.diagnostic import Diagnostic
from stackctl.model import Server
from stackctl.verification.context import Context
from stackctl.verification.subject import Subject

# What is asked of each to know that it is one: its path, parameters, and the key that its answer has.
_ASKED: dict[str, tuple[str, dict[str, str], str]] = {
    c.PROMETHEUS: ("/api/v1/query", {"query": "vector(1)"}, "data"),
    c.ALERTMANAGER: ("/api/v2/status", {}, "config"),
    c.GRAFANA: ("/api/health", {}, "database"),
}
_LOGIN = "Correct the user and the password, or the token: see `stackctl verify --help`."
_URL = "Correct the URL: it is the base of the server's API, with its path prefix."
# The versions of Prometheus' API serve readiness under one path; others than Prometheus have it elsewhere.
_ELSEWHERE = (400, 404, 405)
_ASK = "Ask it for that path with `curl`, and see its log."
# So many stores are named with their errors.
_SHOWN = 10


def check(context: Context) -> Iterable[Diagnostic]:
    """A finding for every given server. Others that a stack in a cluster has are targets of its Prometheus; what is
    asked as a view of all replicas of that has a check of its own."""
    is_view = context.cluster is not None and context.cluster.view is not None
    asked = _ASKED.keys() - ({c.PROMETHEUS} if is_view else set())
    servers = [each for each in context.stack.components if each.name in asked]
    if not servers:
        return []
    with ThreadPoolExecutor(len(servers)) as pool:  # in parallel: one that is away is waited for
        return list(pool.map(lambda server: _server(context, server), servers))


def _server(context: Context, server: Server) -> Diagnostic:
    subject = Subject(ID, server.name, server.origin)
    http = Http(context.access(server))
    path, params, key = _ASKED[server.name]
    answer = context.settle(lambda: http.ask(path, params=params), lambda seen: seen.status < 500)
    if isinstance(answer, NoAnswer):
        return subject.failed(answer.summary, _unreached(answer))
    is_agent = AGENT in answer.text
    if not is_agent and (found := _strange(subject, f"{http.base}{path}", answer)):
        return found
    try:
        if not is_agent:
            http.json(path, lambda content: _is_one(content, key), params=params)
    except NoAnswer as error:
        return subject.failed(f"{error.summary}; it is not {_called(server)}", _URL)
    ready = registry.of(server).ready
    state = context.settle(lambda: http.ask(ready), lambda seen: seen.ok or seen.status in _ELSEWHERE)
    if isinstance(state, NoAnswer):
        return subject.failed(state.summary, _unreached(state))
    if not state.ok and state.status not in _ELSEWHERE:
        summary = f"{http.base}{ready} returns {state.status}: {first_line(state.text)}"
        return subject.failed(summary, f"See `stackctl logs {server.name}`.")
    if server.name == c.PROMETHEUS and (partial := _partial(context, subject)):
        return partial
    agent = ", as an agent: it answers no queries" if is_agent else ""
    return subject.passed(f"{'ready' if state.ok else 'answers'} at {http.base}{agent}")


def _partial(context: Context, subject: Subject) -> Diagnostic | None:
    """The failure of a Thanos Query that has only a part of what it answers for, or nothing.

    It is ready without the servers that it asks, and soon answers as if there were no others.
    """
    client = context.prometheus()
    stores = context.settle(client.stores, lambda found: found is None or _are_whole(found))
    if isinstance(stores, NoAnswer):
        return subject.failed(f"it may be a Thanos Query that does not reach its stores: {stores.summary}", _ASK)
    if stores is None or _are_whole(stores):
        return None
    remedy = "Start what it does not reach, or correct its `--endpoint`."
    lost = [each for each in stores if each.error]
    if not lost:
        return subject.failed(f"{client.http.base} is a Thanos Query that asks no store", remedy)
    summary = f"{client.http.base} is a Thanos Query that does not reach {len(lost)} of its {len(stores)} stores"
    return subject.failed(summary, remedy, "\n".join(f"{each.name}: {each.error}" for each in lost[:_SHOWN]))


def _are_whole(stores: Sequence[Store]) -> bool:
    return bool(stores) and not any(each.error for each in stores)


def _strange(subject: Subject, url: str, answer: Answer) -> Diagnostic | None:
    """The failure of an answer that no such server gives when it is asked rightly."""
    if answer.status in (401, 403):
        return subject.failed(f"{url} returns {answer.status}: it rejects the login, or requires one", _LOGIN)
    if answer.status // 100 == 3:
        summary = f"{url} returns {answer.status}, a redirect: it may lead to a login page"
        return subject.failed(summary, f"{_URL} A proxy before it has to accept the given login.")
    if not answer.ok:
        return subject.failed(f"{url} returns {answer.status}: {first_line(answer.text)}", _URL)
    return None


def _unreached(error: NoAnswer) -> str:
    if error.distrusted:
        return "Name the CA that has signed its certificate with `--ca-file`, or renew an expired certificate."
    return "Start the server, or correct its URL; it has to be reachable from this machine."


def _is_one(content: Any, key: str) -> bool:
    """Return that it is. Raises LookupError, TypeError or ValueError for what no such server answers."""
    if content[key] is None:
        raise ValueError(key)
    return True


def _called(server: Server) -> str:
    return {c.PROMETHEUS: "a Prometheus", c.ALERTMANAGER: "an Alertmanager", c.GRAFANA: "a Grafana"}[server.name]
