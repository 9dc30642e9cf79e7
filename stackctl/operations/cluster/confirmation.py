"""Confirmation that the servers of a stack in a cluster have loaded the objects that were applied.

The Prometheus Operator makes the configuration of a server of the objects, the kubelet brings it to the pod, and a
sidecar has it loaded. So what the operator has written has to be what was applied, which for scrape jobs the digest of
their object shows, and what the server reports, rule by rule, has to be what the operator has written. Without the
former, what was loaded before would confirm a rollback that the operator has not taken up yet.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from stackctl import conventions as c
from stackctl.bounds.json_text import loads
from stackctl.bounds.packed import unpacked
from stackctl.cluster.pools import pools
from stackctl.cluster.waiting import waits
from stackctl.tree import File, Tree, load_yaml
from stackctl.verification.config_difference import config_difference
from stackctl.verification.external import loaded_blocks
from stackctl.verification.loaded import alertmanager_difference, dashboards_difference
from stackctl.verification.written_rules import rules_difference, written_rules

if TYPE_CHECKING:
    from stackctl.access import Access
    from stackctl.clients.prometheus import LoadedRule
    from stackctl.cluster.objects import Thing
    from stackctl.cluster.plan import Change
    from stackctl.operations.cluster.session import Session

_INTERVAL_SECONDS = 0.5
_OPERATOR = "the Prometheus Operator"
# The operator's sidecar puts the name of the pod in place of this.
_POD = b"$(POD_NAME)"
# The operator names the file of a rule object by its namespace, name and uid.
_UID = re.compile(r"-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.yaml$")


def waited_for(
    session: Session, changes: Sequence[Change], kinds: Sequence[str], deadline_seconds: float
) -> Mapping[str, str]:
    """Wait until all pods of the workloads of some `kinds` are as declared, and all servers have loaded the objects.

    Returns what is not so when `deadline_seconds` have passed, each with the reason; nothing when all of it is.
    """
    from stackctl.wait import TimedOut, wait_until

    last: list[Mapping[str, str]] = [{}]

    def look() -> Mapping[str, str]:
        seen = waits(session.seen(session.owned()))
        waiting = {str(each): reason for each, reason in seen.items() if each.kind in kinds}
        last[0] = waiting or differences(session, changes)
        return last[0]

    try:
        return wait_until(
            look,
            lambda found: not found,
            deadline_seconds,
            what="the pods to be ready, and their servers to load",
            describe=", ".join,
            interval=_INTERVAL_SECONDS,
        )
    except TimedOut:
        return last[0]


def differences(session: Session, changes: Sequence[Change]) -> dict[str, str]:
    """Return each server that has not loaded the objects, with a line for each thing that it has not.

    `changes` have been carried out: Grafana is only asked about their dashboards.
    """
    from stackctl.clients.http import NoAnswer
    from stackctl.operations.cluster.verification import accesses

    servers = {each.kind.lower(): each for each in session.things if each.kind in ("Prometheus", "Alertmanager")}
    access = accesses(session)
    asked = {
        c.PROMETHEUS: lambda: _prometheus(session, servers[c.PROMETHEUS], changes),
        c.ALERTMANAGER: lambda: _alertmanager(session, servers[c.ALERTMANAGER]),
        c.GRAFANA: lambda: _grafana(access[c.GRAFANA], changes),
    }
    found = {}
    for name in (*servers, *([c.GRAFANA] if c.GRAFANA in access else [])):
        try:
            lines = asked[name]()
        except NoAnswer as error:
            lines = [error.summary]
        if lines:
            found[str(servers.get(name) or f"Deployment {session.own_name(name)}")] = "\n".join(lines)
    return found


def _of_each(session: Session, server: Thing, differences_of: Callable[[str, Access], list[str]]) -> list[str]:
    """Return what is said of each replica, by its pod and how it is asked; of several, each line names its pod."""
    from concurrent.futures import ThreadPoolExecutor

    from stackctl.clients.http import NoAnswer
    from stackctl.operations.cluster.replicas import replicas

    def told(pod: str, access: Access) -> list[str]:
        try:
            return differences_of(pod, access)
        except NoAnswer as error:
            return [error.summary]

    found = replicas(session, server)
    if not found:
        return []
    with ThreadPoolExecutor(len(found)) as pool:
        lines = dict(zip(found, pool.map(told, found, found.values()), strict=True))
    return [f"{pod}: {line}" if len(found) > 1 else line for pod, some in lines.items() for line in some]


# -- Prometheus -----------------------------------------------------------------------------------------------


def _prometheus(session: Session, server: Thing, changes: Sequence[Change]) -> list[str]:
    gone = [each.thing for each in changes if each.action == "delete"]
    text = _of_operator(session, f"prometheus-{server.name}", "prometheus.yaml.gz").replace(b"$(SHARD)", b"0")
    untaken = _jobs_not_taken_up(session.things, gone, load_yaml(text) or {})
    untaken += _rules_not_taken_up(session, server, gone)
    return untaken or _of_each(
        session, server, lambda pod, access: _not_loaded(session, access, text.replace(_POD, pod.encode()), gone)
    )


def _of_operator(session: Session, name: str, key: str) -> bytes:
    """Return what the operator has written for a server into a Secret, unpacked; nothing where it has not yet."""
    metadata = {"name": name, "namespace": session.place.namespace}
    found = session.server.find({"apiVersion": "v1", "kind": "Secret", "metadata": metadata}) or {}
    try:
        return unpacked(base64.b64decode((found.get("data") or {}).get(key, "")))
    except ValueError:
        return b""


def _jobs_not_taken_up(things: Sequence[Thing], gone: Sequence[Thing], config: Mapping[str, Any]) -> list[str]:
    """Return where the operator's configuration is not that of the objects."""
    from stackctl.operations.cluster.verification import outdated_jobs

    blocks = loaded_blocks(config)
    absent = {job: str(each) for job, each in pools(things).items() if job not in blocks}
    old = {
        each: f"{_OPERATOR} has not taken up the {each}"
        for each in {**absent, **outdated_jobs(things, config)}.values()
    }
    left = {
        str(each): f"{_OPERATOR} has not taken out the {each}" for job, each in pools(gone).items() if job in blocks
    }
    return [*old.values(), *left.values()]


def _rules_not_taken_up(session: Session, server: Thing, gone: Iterable[Thing]) -> list[str]:
    """Return which rule objects are not in the rule files that the operator has written."""
    found = session.server.listed("v1", "ConfigMap", session.place.namespace, {"prometheus-name": server.name})
    files = {
        _object_of(name, session.place.namespace): load_yaml(text)
        for each in found
        for name, text in (each.get("data") or {}).items()
    }
    rules, left = _rule_objects(session.things), _rule_objects(gone)
    old = [f"{_OPERATOR} has not taken up the {each}" for each in rules if files.get(each.name) != each.content["spec"]]
    return old + [f"{_OPERATOR} has not taken out the {each}" for each in left if each.name in files]


def _not_loaded(session: Session, access: Access, text: bytes, gone: Iterable[Thing]) -> list[str]:
    """Return where the loaded configuration is not the operator's, and which rules are not those of the objects."""
    from stackctl.clients.http import Http
    from stackctl.clients.prometheus import Prometheus

    client = Prometheus(Http(access))
    objects = _rule_objects(session.things)
    files = {f"{c.RULES_FOLDER}{each.name}.yaml": File(json.dumps(each.content["spec"]).encode()) for each in objects}
    tree = Tree(session.stack.name, "", {c.PROMETHEUS_FILE: File(text), **files}, ())
    names = {each.name for each in (*objects, *_rule_objects(gone))}
    failed = [] if client.runtime_info().reload_ok else ["the last reload of the configuration failed"]
    rules = _of_objects(client.rules(), session.place.namespace, names)
    return [*failed, *config_difference(text, client.config()), *rules_difference(written_rules(tree), rules)]


def _rule_objects(things: Iterable[Thing]) -> list[Thing]:
    return [each for each in things if each.kind == "PrometheusRule"]


def _of_objects(rules: Iterable[LoadedRule], namespace: str, names: set[str]) -> Iterator[LoadedRule]:
    """Yield the loaded rules of some objects, as if each object were a file. Others may have rules there too."""
    for rule in rules:
        name = _object_of(PurePosixPath(rule.file).name, namespace)
        if name in names:
            yield replace(rule, file=f"/{c.RULES_FOLDER}{name}.yaml")


def _object_of(file: str, namespace: str) -> str:
    """Return the name of the rule object that is in a file of the operator's."""
    return _UID.sub("", file).removeprefix(f"{namespace}-")


# -- Alertmanager, Grafana ------------------------------------------------------------------------------------


def _alertmanager(session: Session, server: Thing) -> list[str]:
    """Return where the loaded configuration is not the operator's, which has to mean what is in the Secret."""
    from stackctl.clients.alertmanager import Alertmanager
    from stackctl.clients.http import Http

    secret = next(each for each in session.things if each.name == server.content["spec"]["configSecret"])
    text = _of_operator(session, f"alertmanager-{server.name}-generated", "alertmanager.yaml.gz")
    if load_yaml(text) != load_yaml(base64.b64decode(secret.content["data"]["alertmanager.yaml"])):
        return [f"{_OPERATOR} has not taken up the {secret}"]
    tree = Tree(session.stack.name, "", {c.ALERTMANAGER_FILE: File(text)}, ())
    return _of_each(session, server, lambda _, access: alertmanager_difference(Alertmanager(Http(access)), tree))


def _grafana(access: Access, changes: Sequence[Change]) -> list[str]:
    """Return which dashboards Grafana has not loaded, or still has, of those that were changed."""
    from stackctl.clients.grafana import Grafana
    from stackctl.clients.http import Http

    boards = [(each.action, board) for each in changes if each.thing.is_dashboard for board in _boards(each.thing)]
    if not boards:
        return []
    wanted = {board["uid"]: board for action, board in boards if action != "delete"}
    gone = [board["uid"] for action, board in boards if action == "delete" and board["uid"] not in wanted]
    return dashboards_difference(Grafana(Http(access)), wanted, gone)


def _boards(config_map: Thing) -> Iterator[dict[str, Any]]:
    for text in (config_map.content.get("data") or {}).values():
        yield loads(text)
