"""Compare the meaning of a set-up and of a rendered tree: targets after relabelling, rules, routes.

Texts differ: names of files, forms of secrets, addresses by which the same servers are reached. Meanings do not.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from stackctl import conventions as c
from stackctl.adopt.addresses import Addresses
from stackctl.adopt.loaded import SCRAPE_DEFAULTS
from stackctl.adopt.placeholders import is_placeholder
from stackctl.adopt.prometheus import LOGS, with_paths
from stackctl.adopt.setup import Setup
from stackctl.adopt.source import as_text, with_texts
from stackctl.adopt.victoriametrics import OPTIONS as VICTORIAMETRICS
from stackctl.bounds.json_text import loads
from stackctl.diagnosis.relabel import relabelled
from stackctl.diagnostic import Diagnostic
from stackctl.promql.duration import seconds
from stackctl.scrape import rendered_blocks
from stackctl.tree import Tree, load_yaml

# Options of a job that are compared as what becomes of its targets, that have secrets, whose forms differ, and that
# `adopt` leaves out, as it says.
_NOT_OPTIONS = (
    {"job_name", "static_configs", "relabel_configs", "params", "metrics_path", "scheme", "scrape_interval"}
    | {"scrape_timeout", "basic_auth", "authorization", "bearer_token", "bearer_token_file", "tls_config", "oauth2"}
    | LOGS
    | VICTORIAMETRICS
)
_INTERVAL, _TIMEOUT = "1m", "10s"
# The jobs that a stack has besides, for its own servers.
_OWN = frozenset({c.PROMETHEUS, c.ALERTMANAGER, c.GRAFANA, c.PUSHGATEWAY})


_VARIABLE = re.compile(r"\$\{(?P<name>[A-Z][A-Z0-9_]*)(?::?-(?P<default>[^{}]*))?\}")
# This machine, as servers in containers and others reach it.
_LOCAL = re.compile(rf"^(127\.0\.0\.1|{re.escape(c.HOST_FROM_CONTAINER)})(?=:)")


@dataclass(frozen=True)
class Compared:
    """The numbers of what is the same, and each difference."""

    targets: int
    rules: int
    routes: int
    differences: tuple[Diagnostic, ...]


def compare(setup: Setup, addresses: Addresses, tree: Tree) -> Compared:
    """Compare what the servers of a set-up load with what those of a rendered tree do.

    `addresses` says where the targets of the set-up are now.
    """
    found: list[Diagnostic] = []
    targets = rules = routes = 0
    if setup.prometheus:
        config = _filled(with_paths(dict(setup.prometheus.config.data), setup.prometheus), setup.variables)
        jobs = [block for block in config.get("scrape_configs") or () if isinstance(block, Mapping)]
        # Prometheus scrapes a target once, however often it is listed.
        old = Counter({*_targets(jobs, config, addresses, lambda path: _of_folder(setup, path))})
        rendered = tree.yaml(c.PROMETHEUS_FILE)
        new = Counter({*_targets(rendered_blocks(tree), rendered, None, lambda path: _of(tree, path))})
        found += _difference(old, _without_own(new, old))
        old_rules, new_rules = Counter(_old_rules(setup)), Counter(_new_rules(tree))
        found += _difference(old_rules, new_rules)
        targets, rules = (old & new).total(), (old_rules & new_rules).total()
    found += _not_compared(setup)
    if setup.alertmanager and c.ALERTMANAGER_FILE in tree.files:
        old_routing = Counter(_routing(setup.alertmanager.config.data))
        new_routing = Counter(_routing(_without_drill(tree.yaml(c.ALERTMANAGER_FILE))))
        found += _difference(old_routing, new_routing)
        routes = (old_routing & new_routing).total()
    return Compared(targets, rules, routes, tuple(found))


def _not_compared(setup: Setup) -> Iterator[Diagnostic]:
    """Yield what the servers of a Compose file load and nobody can compare, as the set-up does not have it.

    What was taken in its place is compared too, and is a guess.
    """
    if setup.compose is None:
        return
    for name, server in ((c.PROMETHEUS, setup.prometheus), (c.ALERTMANAGER, setup.alertmanager)):
        if server and server.instead_of and not server.is_template:
            summary = f"{server.config.path} is compared in place of the configuration of {name}"
            why = f"Its container reads {server.instead_of}, which the set-up does not have."
            yield Diagnostic("adopt.not-compared", summary, server.config.at(), why, status="warn")
    missing = {name: setup.missing_configuration(name) for name in (c.PROMETHEUS, c.ALERTMANAGER)}
    for name, path in missing.items():
        if path:
            summary = f"the configuration of {name} is not compared"
            yield Diagnostic("adopt.not-compared", summary, None, f"The set-up does not have {path}.", status="warn")
    if not (setup.prometheus or setup.alertmanager or any(missing.values())):
        why = f"{setup.compose.path} gives no configuration to a Prometheus or an Alertmanager."
        yield Diagnostic("adopt.not-compared", "nothing is compared", setup.compose.at(), why, status="warn")


def _difference(old: Counter[str], new: Counter[str]) -> Iterator[Diagnostic]:
    gone, added = sorted((old - new).elements()), sorted((new - old).elements())
    for text in list(gone):
        before = loads(text)
        twin = next((each for each in added if _name(loads(each)) == _name(before)), None)
        if twin:
            gone.remove(text)
            added.remove(twin)
            yield _differs(f"{_named(before)} has {_changes(before, loads(twin))}")
    for text in gone:
        yield _differs(f"{_named(loads(text))} is only in the old set-up")
    for text in added:
        yield _differs(f"{_named(loads(text))} is only in the new stack")


def _differs(summary: str) -> Diagnostic:
    return Diagnostic("adopt.differs", summary, status="warn")


def _name(thing: Mapping[str, Any]) -> Any:
    """Return the part of a thing that makes it the same one, with whatever else."""
    return thing.get("route") or [thing.get(key) for key in ("group", "alert", "record", "receiver", "labels")]


def _named(thing: Mapping[str, Any]) -> str:
    if "group" in thing:
        return f"the rule `{thing.get('alert') or thing.get('record')}`"
    if "labels" in thing:
        labels = ", ".join(f'{name}="{value}"' for name, value in sorted(thing["labels"].items()))
        return f"the target {{{labels}}}"
    if "route" in thing:
        return f"route {thing['route']} of the tree, from the top,"
    if "receiver" in thing:
        return f"the receiver `{thing['receiver']}`"
    return json.dumps(thing, sort_keys=True)


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    keys = [key for key in sorted(before.keys() | after.keys()) if before.get(key) != after.get(key)]
    return ", ".join(f"{key} {after.get(key)} instead of {before.get(key)}" for key in keys)


def _without_own(new: Counter[str], old: Counter[str]) -> Counter[str]:
    """The targets without those of the stack's own servers that nobody has scraped before."""
    before = [_name(loads(each)) for each in old]
    kept = Counter[str]()
    for text, number in new.items():
        target = loads(text)
        if target["labels"].get("job") not in _OWN or _name(target) in before:
            kept[text] = number
    return kept


def _filled(block: Any, variables: Mapping[str, str]) -> Any:
    """A block with the variables filled in that the manifest has, too: those of a script, in capitals."""

    def value(match: re.Match[str]) -> str:
        name, default = match["name"], match["default"]
        known = variables.get(name)
        return known or (match[0] if default is None else default)

    return with_texts(block, lambda text: _VARIABLE.sub(value, text))


def _targets(
    jobs: Iterable[Mapping[str, Any]], config: Mapping[str, Any], addresses: Addresses | None, files: Any
) -> Iterator[str]:
    """Each target of the jobs as JSON: its labels after relabelling, where it is, and how it is scraped, in seconds."""
    common = config.get("global") or {}
    for job in jobs:
        interval = job.get("scrape_interval") or common.get("scrape_interval") or _INTERVAL
        shorter = min(str(common.get("scrape_timeout") or _TIMEOUT), str(interval), key=seconds)
        timeout = job.get("scrape_timeout") or shorter
        options = {key: value for key, value in job.items() if _is_option(key, value)}
        how = {"interval": seconds(str(interval)), "timeout": seconds(str(timeout)), **options}
        for key, blocks in job.items():
            if key.endswith("_sd_configs") and key != "file_sd_configs":
                known = relabelled({"job": str(job["job_name"])}, _fixed(job)).labels
                yield json.dumps({"labels": dict(known), key: len(blocks or ()), **how}, sort_keys=True)
        for address, labels in _groups(job, files):
            target = _target(job, address, labels, addresses)
            if target:
                yield json.dumps({**target, **how}, sort_keys=True)


def _steps(job: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The relabelling of a job: what is text to Prometheus as text, and no keys without a value."""
    return [
        {
            key: as_text(value) if isinstance(value, int | float) else value
            for key, value in step.items()
            if value is not None
        }
        for step in job.get("relabel_configs") or ()
    ]


def _is_option(key: str, value: Any) -> bool:
    """Return whether a key of a job says how it is scraped, and not only what is the default anyway."""
    if key in _NOT_OPTIONS or key.endswith("_sd_configs"):
        return False
    default = SCRAPE_DEFAULTS.get(key)
    return bool(value) if default is None else value is not None and value != default


def _fixed(job: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The steps of a job that give all of its targets the same job."""
    return [step for step in _steps(job) if step.get("target_label") == "job" and not step.get("source_labels")]


def _groups(job: Mapping[str, Any], files: Any) -> Iterator[tuple[str, dict[str, str]]]:
    groups = list(job.get("static_configs") or ())
    for block in job.get("file_sd_configs") or ():
        for path in block.get("files") or ():
            groups += files(str(path))
    for group in groups:
        targets = (group.get("targets") if isinstance(group, Mapping) else None) or ()
        for target in (each for each in targets if not is_placeholder(str(each))):
            labels = group.get("labels") or {}
            yield str(target), {str(name): as_text(value) for name, value in labels.items()}


def _target(
    job: Mapping[str, Any], address: str, labels: Mapping[str, str], addresses: Addresses | None
) -> dict[str, Any] | None:
    """Return the target that is scraped in the end, None when relabelling drops it."""
    before = {
        "__address__": address,
        "__scheme__": str(job.get("scheme") or "http"),
        "__metrics_path__": str(job.get("metrics_path") or "/metrics"),
        "job": str(job["job_name"]),
        **{f"__param_{name}": str(values[0]) for name, values in (job.get("params") or {}).items() if values},
        **labels,
    }
    try:
        outcome = relabelled(before, _steps(job))
    except ValueError:
        return None  # an expression that Prometheus does not take either
    if outcome.dropped_by is not None:
        return None
    after = dict(outcome.labels)
    where = after.pop("__address__", "")
    shown = {name: value for name, value in after.items() if not name.startswith("__")}
    shown.setdefault("instance", where)
    at = _LOCAL.sub("localhost", addresses.now(where) if addresses else where)
    path = str(after.get("__metrics_path__"))
    url = f"{after.get('__scheme__')}://{at}{addresses.path_now(where, path) if addresses else path}"
    params = {name.removeprefix("__param_"): value for name, value in after.items() if name.startswith("__param_")}
    return {"labels": shown, "url": url, **({"params": params} if params else {})}


def _of_folder(setup: Setup, pattern: str) -> list[Any]:
    texts = [setup.read(path) for path in setup.files(pattern)]
    return [group for text in texts for group in load_yaml(text) or ()]


def _of(tree: Tree, pattern: str) -> list[Any]:
    path = posixpath.normpath(posixpath.join(posixpath.dirname(c.PROMETHEUS_FILE), pattern))
    return [group for name in tree.files if fnmatchcase(name, path) for group in tree.yaml(name) or ()]


def _old_rules(setup: Setup) -> Iterator[str]:
    assert setup.prometheus  # noqa: S101 - the caller has looked
    server = setup.prometheus
    patterns = server.config.data.get("rule_files") or ()
    paths = [path for pattern in patterns for path in server.paths(str(pattern))]
    for file in dict.fromkeys(file for path in paths for file in setup.files(path)):
        yield from _rules(load_yaml(setup.read(file)))


def _new_rules(tree: Tree) -> Iterator[str]:
    folder = f"{posixpath.dirname(c.PROMETHEUS_FILE)}/rules/"
    for path in tree.files:
        if path.startswith(folder):
            yield from _rules(tree.yaml(path))


def _rules(content: Any) -> Iterator[str]:
    """Each rule of a file as JSON, with the name and the interval of its group."""
    groups = content.get("groups") if isinstance(content, Mapping) else None
    for group in (each for each in groups or () if isinstance(each, Mapping)):
        for rule in (each for each in group.get("rules") or () if isinstance(each, Mapping)):
            plain = {key: _plain_rule(key, value) for key, value in rule.items() if value not in (None, "", {})}
            whole = {"group": group.get("name"), "interval": group.get("interval"), **plain}
            yield json.dumps(whole, sort_keys=True, default=str)


def _plain_rule(key: str, value: Any) -> Any:
    if key == "expr":
        return " ".join(str(value).split())
    if key in ("for", "keep_firing_for"):
        return str(value)
    return {str(name): as_text(each) for name, each in value.items()} if isinstance(value, Mapping) else value


def _without_drill(config: Mapping[str, Any]) -> dict[str, Any]:
    """An alertmanager.yml without the route and the receiver that keep drilled alerts from people."""
    route = config["route"]
    routes = [each for each in route.get("routes") or () if each.get("receiver") != c.DRILL_RECEIVER]
    receivers = [each for each in config["receivers"] if each["name"] != c.DRILL_RECEIVER]
    return {**config, "route": {**route, "routes": routes}, "receivers": receivers}


def _routing(config: Mapping[str, Any]) -> Iterator[str]:
    """The routes, receivers, inhibitions and times of an alertmanager.yml, each as JSON."""
    for number, route in enumerate(_routes(config.get("route") or {}), start=1):
        yield json.dumps({"route": number, **route}, sort_keys=True, default=str)
    used = {str(route["receiver"]) for route in _routes(config.get("route") or {}) if route.get("receiver")}
    for receiver in config.get("receivers") or ():
        if receiver.get("name") not in used:
            continue
        kinds = {key: len(blocks) for key, blocks in receiver.items() if key != "name" and blocks}
        yield json.dumps({"receiver": receiver.get("name"), **kinds}, sort_keys=True)
    for key in ("inhibit_rules", "time_intervals", "mute_time_intervals"):
        for each in config.get(key) or ():
            yield json.dumps({key: each}, sort_keys=True, default=str)


def _routes(route: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    yield {key: value for key, value in route.items() if key != "routes" and value not in (None, [], {}, False)}
    for child in route.get("routes") or ():
        yield from _routes(child)
        yield {"end": True}
