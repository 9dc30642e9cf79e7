"""Servers that somebody else runs, as if a manifest had declared what they have loaded: the values that checks take."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from stackctl import conventions as c
from stackctl import model
from stackctl.access import Access
from stackctl.clients.alertmanager import Alertmanager
from stackctl.clients.probe import Dial
from stackctl.clients.prometheus import ActiveTarget, LoadedRule, Prometheus
from stackctl.errors import Unavailable
from stackctl.runtimes.facts import Facts
from stackctl.scrape import Endpoint, Job, passed_job
from stackctl.source import Position
from stackctl.tree import File, Tree, Unit, load_yaml
from stackctl.verification.place import FoundUnit, Peer

NAME = "external"
# The intervals of a Prometheus that does not report its configuration: its own defaults.
_DEFAULT_INTERVAL = "1m"
# How Prometheus and Alertmanager show a secret.
_HIDDEN = "<secret>"
_SECRET_KEYS = frozenset({"password", "credentials", "bearer_token"})
# Where an API server of Kubernetes passes requests on to a Service or a pod.
_PROXY = re.compile(r"/api/v1/namespaces/[^/]+/(services|pods)/[^/]+/proxy(/|$)")
_NO_RESOURCES = model.Resources()

FACTS = Facts(
    name=NAME,
    runs_images=False,
    has_names=False,
    this_machine="",
    shares_network=False,
    has_users=False,
    has_env_files=False,
    is_local=False,
    is_automatic=False,
    answers="it answers",
    unit="server",
    units="servers",
    network="the network of Prometheus",
    prometheus="the network of Prometheus",
    unresolved="Correct the host in `{}`, or make it resolve where Prometheus runs.",
)


@dataclass(frozen=True)
class Loaded:
    """Configurations, rules, targets and dashboards as the servers report them; "" and () for what is not known."""

    prometheus: str = ""
    rules: tuple[LoadedRule, ...] = ()
    targets: tuple[ActiveTarget, ...] = ()
    alertmanager: str = ""
    dashboards: tuple[model.Dashboard, ...] = ()

    @property
    def config(self) -> Mapping[str, Any]:
        """The configuration of Prometheus."""
        return _mapping(self.prometheus)

    @property
    def routing(self) -> Mapping[str, Any]:
        """The configuration of Alertmanager."""
        return _mapping(self.alertmanager)


def _mapping(text: str) -> Mapping[str, Any]:
    """The mapping of a YAML text. Raises ValueError when it holds anything else."""
    import yaml

    try:
        found = load_yaml(text) or {}
    except yaml.YAMLError:
        found = None
    if not isinstance(found, Mapping):
        raise ValueError("not a YAML mapping")
    return found


def loaded_config(client: Prometheus | Alertmanager) -> str:
    """The configuration that a server reports. Raises NoAnswer when it gives none, or no configuration."""
    text = client.config()
    try:
        _mapping(text)
    except ValueError:
        raise client.http.unexpected("/api/v1/status/config") from None
    return text


# -- the stack ------------------------------------------------------------------------------------------------


def stack_of(given: Mapping[str, Access], loaded: Loaded) -> model.Stack:
    """The stack that the servers in `given`, by the names of components, make with what they have `loaded`."""
    prometheus = given[c.PROMETHEUS]
    return model.Stack(
        name=urlsplit(prometheus.url).netloc,
        root=Path(),
        origin=Position(prometheus.url),
        prometheus=_prometheus(prometheus, loaded.config),
        alertmanager=_alertmanager(given[c.ALERTMANAGER], loaded.routing) if c.ALERTMANAGER in given else None,
        grafana=_grafana(given[c.GRAFANA]) if c.GRAFANA in given else None,
        rules=tuple(_rule_files(loaded.rules, Position(prometheus.url))),
        dashboards=loaded.dashboards,
    )


def _server(name: str, access: Access) -> dict[str, Any]:
    parts = urlsplit(access.url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    listen = model.Listen(parts.hostname or "", port, parts.scheme)
    return {
        "name": name,
        "image": "",
        "listen": listen,
        "resources": _NO_RESOURCES,
        "origin": Position(access.url),
    }


def _prometheus(access: Access, config: Mapping[str, Any]) -> model.Prometheus:
    common = config.get("global") or {}
    # What changes alerts on their way: without it their labels are known.
    changes = (config.get("alerting") or {}).get("alert_relabel_configs")
    return model.Prometheus(
        **_server(c.PROMETHEUS, access),
        scrape_interval=str(common.get("scrape_interval") or _DEFAULT_INTERVAL),
        evaluation_interval=str(common.get("evaluation_interval") or _DEFAULT_INTERVAL),
        retention=model.Retention(""),
        external_labels=common.get("external_labels") or {},
        remote_write=tuple(config.get("remote_write") or ()),
        extra={"alerting": {"alert_relabel_configs": changes}} if changes else {},
    )


def _alertmanager(access: Access, config: Mapping[str, Any]) -> model.Alertmanager:
    receivers = tuple(
        model.Receiver(
            str(block.get("name")),
            {key.removesuffix("_configs"): tuple(value or ()) for key, value in block.items() if _notifies(key, value)},
            Position(access.url),
        )
        for block in config.get("receivers") or ()
    )
    return model.Alertmanager(
        **_server(c.ALERTMANAGER, access), receivers=receivers, route=config.get("route") or None, extra={}
    )


def _notifies(key: str, value: Any) -> bool:
    return key.endswith("_configs") and bool(value)


def _grafana(access: Access) -> model.Grafana:
    return model.Grafana(**_server(c.GRAFANA, access), admin_user="", admin_password=None, extra_env={})


def _rule_files(loaded: Iterable[LoadedRule], origin: Position) -> Iterator[model.RuleFile]:
    by_file: dict[str, list[LoadedRule]] = {}
    for rule in loaded:
        by_file.setdefault(rule.file, []).append(rule)
    names = file_names(by_file)
    for file, rules in by_file.items():
        made = (_rule(rule, _place(origin, names[file], rule, n)) for n, rule in enumerate(rules, 1))
        yield model.RuleFile(names[file], {}, tuple(made), origin, file)


def _place(server: Position, file: str, rule: LoadedRule, number: int) -> Position:
    """The place of a rule, which no other has: its server, and its number in its file."""
    return Position(f"{server.file} {file}: {rule.group}/{rule.name} (rule {number})")


def file_names(files: Iterable[str]) -> Mapping[str, str]:
    """The names by which rule files are spoken of: without their folder, where no other has the same name."""
    files = list(files)
    short = [PurePosixPath(file).name for file in files]
    return {file: name if short.count(name) == 1 else file for file, name in zip(files, short, strict=True)}


def _rule(rule: LoadedRule, origin: Position) -> model.Rule:
    return model.Rule(
        rule.kind,
        rule.name,
        rule.query,
        rule.group,
        origin,
        rule.labels,
        rule.annotations,
        for_seconds=rule.hold,
        interval_seconds=rule.interval,
    )


# -- the tree -------------------------------------------------------------------------------------------------


def tree_of(stack: model.Stack, loaded: Loaded) -> Tree:
    """The files that would make servers load what is `loaded`, as far as checks read them."""
    files = {c.PROMETHEUS_FILE: loaded.prometheus.encode(), c.ALERTMANAGER_FILE: loaded.alertmanager.encode()}
    if not loaded.prometheus:
        files[c.PROMETHEUS_FILE] = b"{}"
    if not loaded.alertmanager:
        files[c.ALERTMANAGER_FILE] = b"{}"
    for number, file in enumerate(stack.rules):
        files[f"{c.RULES_FOLDER}{number}.yml"] = _rule_file(file)
    return Tree(stack.name, NAME, {path: File(content, secret=True) for path, content in files.items()}, ())


def _rule_file(file: model.RuleFile) -> bytes:
    import json

    groups: dict[str, dict[str, Any]] = {}
    for rule in file.rules:
        interval = f"{int(rule.interval_seconds * 1000)}ms"
        group = groups.setdefault(rule.group, {"name": rule.group, "interval": interval, "rules": []})
        group["rules"].append({rule.kind: rule.name, "expr": rule.expr, "labels": dict(rule.labels)})
    return json.dumps({"groups": list(groups.values())}).encode()


# -- the jobs -------------------------------------------------------------------------------------------------


def jobs_of(loaded: Loaded, origin: Position) -> tuple[Job, ...]:
    """The scrape jobs, each with the targets that Prometheus scrapes for it; as discovered, where it has none.

    Prometheus decides by relabelling what is a target: one that is dropped is dropped as configured.
    """
    blocks = {str(block.get("job_name")): block for block in loaded.config.get("scrape_configs") or ()}
    by_job: dict[str, list[ActiveTarget]] = {}
    for target in loaded.targets:
        by_job.setdefault(target.job, []).append(target)
    blocks = {**{job: block_of(job, targets) for job, targets in by_job.items()}, **blocks}
    return tuple(_job(block, by_job.get(job, ()), origin) for job, block in sorted(blocks.items()))


def block_of(job: str, targets: Sequence[ActiveTarget]) -> Mapping[str, Any]:
    """Return what targets tell of a job that is not in the configuration, but in one of its `scrape_config_files`."""
    found = {"scrape_interval": targets[0].interval, "scrape_timeout": targets[0].timeout} if targets else {}
    return {"job_name": job, **{key: value for key, value in found.items() if value}}


def _job(block: Mapping[str, Any], targets: Sequence[ActiveTarget], origin: Position) -> Job:
    # Where targets are scraped is up to relabelling, and to what discovers them.
    job = passed_job({"relabel_configs": [], **_without_secrets(block)}, origin)
    assert job.service  # noqa: S101 - it is made with one
    discovery = {} if targets else {key: block[key] for key in block if key.endswith("_configs")} or {"none": []}
    endpoints = tuple(
        Endpoint(each.address, each.instance, {**each.labels, **each.discovered}, origin) for each in targets
    )
    return replace(job, endpoints=endpoints, service=replace(job.service, targets=(), discovery=discovery))


def _without_secrets(value: Any) -> Any:
    """A block without the places of hidden secrets, which would be taken for the secrets."""
    if isinstance(value, Mapping):
        return {
            key: _without_secrets(item)
            for key, item in value.items()
            if not (key in _SECRET_KEYS and str(item).strip() == _HIDDEN)
        }
    return [_without_secrets(item) for item in value] if isinstance(value, list) else value


# -- the place ------------------------------------------------------------------------------------------------


def facts_of(access: Access) -> Facts:
    """The facts of the place where Prometheus runs: on this machine, this machine can answer for it."""
    if not is_here(access):
        return FACTS
    return replace(FACTS, shares_network=True, network="this machine", prometheus="this machine")


def is_here(access: Access) -> bool:
    """Return whether a server is asked at a loopback address, and is not in a cluster whose proxy listens there."""
    return (urlsplit(access.url).hostname or "") in c.LOCAL_HOSTS and not is_in_cluster(access)


def is_in_cluster(access: Access) -> bool:
    """Return whether a server is asked through the API server of a cluster, at the path of its proxy."""
    return _PROXY.search(urlsplit(access.url).path) is not None


def dial_for(access: Access, dial: Dial) -> Dial:
    """Return how this machine connects to what a Prometheus knows by its address: `dial`, as far as it means the same.

    Addresses of a cluster's pods may be those of others here, or of nobody.
    """
    if is_in_cluster(access):
        return _refuse("it is an address inside of a cluster")
    return dial if is_here(access) else beyond_loopback(dial)


def _refuse(reason: str) -> Dial:
    def connect(host: str, port: int, seconds: float) -> AbstractContextManager[socket.socket]:  # noqa: ARG001
        raise OSError(reason)

    return connect


@dataclass(frozen=True)
class Elsewhere:
    """The place of a Prometheus of which nothing is known but its API: no units, no logs, and perhaps no connection.

    `asks` makes connections from this machine, where that is where Prometheus runs.
    """

    asks: Dial | None = field(default=None)

    def dial(self, host: str, port: int, seconds: float) -> AbstractContextManager[socket.socket]:
        if self.asks is None:
            raise OSError("nothing is known of the network of Prometheus")
        return self.asks(host, port, seconds)

    def observe(self) -> Sequence[FoundUnit]:
        raise _unknown()

    def peers(self) -> Sequence[Peer]:
        raise _unknown()

    def logs(self, units: list[str], *, tail: int | None = None) -> Iterator[str]:  # noqa: ARG002 - as in the protocol
        raise _unknown()

    def in_shell(self, unit: Unit, arguments: Sequence[str], file: str) -> str:  # noqa: ARG002 - as in the protocol
        raise _unknown()


def _unknown() -> Unavailable:
    return Unavailable.of("server.no-answer", "stackctl does not run these servers")


def beyond_loopback(dial: Dial) -> Dial:
    """`dial` for all but loopback addresses, which mean another machine where Prometheus is elsewhere."""

    def connect(host: str, port: int, seconds: float) -> AbstractContextManager[socket.socket]:
        if host in c.LOCAL_HOSTS:
            raise OSError("it is an address of another machine")
        return dial(host, port, seconds)

    return connect
