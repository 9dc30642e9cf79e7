"""prometheus.yml in the words of the manifest: its section, and the files of rules."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from stackctl import conventions as c
from stackctl.adopt.addresses import Addresses
from stackctl.adopt.compose import Container
from stackctl.adopt.remarks import changed, left_out
from stackctl.adopt.secrets import Secrets
from stackctl.adopt.settings import ignored_options
from stackctl.adopt.setup import Server, Setup
from stackctl.adopt.source import Source, as_text, with_texts
from stackctl.components import registry
from stackctl.diagnostic import Diagnostic

# Prometheus' own defaults, where those of stack.yml differ.
_INTERVAL = "1m"
_GLOBAL = frozenset({"scrape_interval", "evaluation_interval", "external_labels"})
_SECTIONS = frozenset({"global", "scrape_configs", "rule_files", "alerting", "remote_write", "storage"})
# Where a value names a file, or a pattern of files.
_PATHS = frozenset({"token_file_path", "service_account_key_path", "private_key_path"})
# Where a value names a file that Prometheus writes to.
LOGS = frozenset({"query_log_file", "scrape_failure_log_file"})
# Keys of an Alertmanager that say nothing of where the stack's own is: that one serves at `/`.
_OF_ANY_ALERTMANAGER = frozenset(
    {"static_configs", "dns_sd_configs", "timeout", "api_version", "path_prefix", "scheme"}
)
# Keys that say how it is reached, which the stack's own sections say.
_LOGIN = frozenset({"basic_auth", "authorization", "bearer_token", "bearer_token_file", "oauth2", "tls_config"})
# What the manifest has keys for in `storage.tsdb.retention`.
_RETENTION = frozenset({"time", "size"})
# What Prometheus fills in in its external labels.
_ENVIRONMENT = re.compile(r"\$(?:\{(\w+)\}|([A-Za-z_]\w*))")
_BRACED = re.compile(r"\$(?=\{(?![A-Z][A-Z0-9_]*(?::?-[^{}]*)?\}))")


@dataclass
class Section:
    """The section `prometheus`, the entries of `rules`, and what to say about them."""

    settings: dict[str, Any] = field(default_factory=dict)
    rules: list[dict[str, Any]] = field(default_factory=list)
    remarks: list[Diagnostic] = field(default_factory=list)


def adopt_prometheus(setup: Setup, server: Server, addresses: Addresses, secrets: Secrets) -> Section:
    """Say what a prometheus.yml has besides its jobs."""
    source, made, known = server.config, Section(), registry.component(c.PROMETHEUS)
    section = source.data.get("global")
    settings = section if isinstance(section, Mapping) else {}
    retention, storage = _without_retention(source.data.get("storage"))
    made.settings = {
        "scrape_interval": settings.get("scrape_interval") or _INTERVAL,
        "evaluation_interval": settings.get("evaluation_interval") or _INTERVAL,
        **((known.adopted(server.container.started) if server.container else None) or {}),
        **_external_labels(settings, server.container),
        **retention,
    }
    extra: dict[str, Any] = {}
    rest = {key: value for key, value in settings.items() if key not in _GLOBAL}
    if rest:
        extra["global"] = rest
    made.rules = _rules(setup, server, made.remarks)
    alerting = _alerting(source, addresses, made.remarks)
    if alerting:
        extra["alerting"] = alerting
    extra |= {key: value for key, value in source.data.items() if key not in _SECTIONS}
    if storage:
        extra["storage"] = storage
    writes = source.data.get("remote_write")
    if isinstance(writes, list) and writes:
        made.settings["remote_write"] = secrets.block(
            writes, source, ("remote_write",), "remote_write", named="remote_write"
        )
    if extra:
        made.settings["extra"] = secrets.block(extra, source, (), named="prometheus")
    made.remarks += ignored_options(server.container, known, setup.compose)
    return made


def with_paths(block: Any, server: Server, key: str = "") -> Any:
    """A block in which the files that it names are named from the folder of the set-up on."""
    if isinstance(block, Mapping):
        return {name: with_paths(value, server, name) for name, value in block.items()}
    if isinstance(block, list):
        is_files = key in ("files", "scrape_config_files", "templates")
        if is_files:
            return [path for each in block for path in (_paths(each, server) if isinstance(each, str) else [each])]
        return [with_paths(each, server, key) for each in block]
    is_path = isinstance(block, str) and block and (key.endswith("_file") or key in _PATHS)
    return _path(block, server) if is_path else block


def without_logs(source: Source, remarks: list[Diagnostic]) -> Source:
    """Return a prometheus.yml without the files that Prometheus writes to; each is a remark."""
    data = dict(source.data)

    def rest(block: Any, *place: str | int) -> Any:
        found = [key for key in block if key in LOGS] if isinstance(block, Mapping) else []
        of = f" of `{block['job_name']}`" if found and "job_name" in block else ""
        for key in found:
            why = "Its path is one of the old container."
            remarks.append(left_out(f"`{key}`{of}", source.at(*place, key), why))
        return {key: value for key, value in block.items() if key not in found} if found else block

    data["global"] = rest(data.get("global"), "global")
    jobs = data.get("scrape_configs")
    if isinstance(jobs, list):
        data["scrape_configs"] = [rest(job, "scrape_configs", index) for index, job in enumerate(jobs)]
    return replace(source, data={key: value for key, value in data.items() if key in source.data})


def absolute_files(block: Any, place: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield the files that a block names by absolute paths, each with its place; not those of rules and targets."""
    if isinstance(block, list):
        for index, each in enumerate(block):
            yield from absolute_files(each, (*place, index))
    elif isinstance(block, Mapping):
        for key, value in block.items():
            texts = value if isinstance(value, list) and key in ("scrape_config_files", "templates") else [value]
            is_file = key in ("scrape_config_files", "templates") or key.endswith("_file") or key in _PATHS
            if is_file and key not in LOGS:
                yield from (((*place, key), each) for each in texts if isinstance(each, str) and posixpath.isabs(each))
            else:
                yield from absolute_files(value, (*place, key))


def _path(named: str, server: Server) -> str:
    return server.path(named) or named


def _paths(pattern: str, server: Server) -> list[str]:
    return server.paths(pattern) or [pattern]


def escaped(block: Any) -> Any:
    """A block of another program, in which `${` means nothing to the manifest.

    `${NAME}` and `${NAME:-default}` in capitals are left: neither program fills them in, so a script has done that,
    which the manifest replaces.
    """
    return with_texts(block, lambda text: _BRACED.sub("$$", text))


def _external_labels(settings: Mapping[str, Any], container: Container | None) -> dict[str, Any]:
    """The external labels, in which Prometheus fills in the variables of its container."""
    labels = settings.get("external_labels")
    known = container.started.environment if container else {}

    def given(match: re.Match[str]) -> str:
        return known.get(match[1] or match[2], match[0])

    return (
        {"external_labels": {name: _ENVIRONMENT.sub(given, as_text(value)) for name, value in labels.items()}}
        if isinstance(labels, Mapping) and labels
        else {}
    )


def _without_retention(storage: Any) -> tuple[dict[str, Any], Any]:
    """Return the retention that the section `storage` has, as the manifest writes it, and the rest of the section."""
    tsdb = storage.get("tsdb") if isinstance(storage, Mapping) else None
    if not isinstance(tsdb, Mapping) or not isinstance(tsdb.get("retention"), Mapping):
        return {}, storage
    retention = tsdb["retention"]
    found = {key: value for key, value in retention.items() if key in _RETENTION}
    kept = {key: value for key, value in retention.items() if key not in _RETENTION}
    others = {**{key: value for key, value in tsdb.items() if key != "retention"}, **_unless_empty("retention", kept)}
    rest = {key: value for key, value in storage.items() if key != "tsdb"}
    return _unless_empty("retention", found), {**rest, **_unless_empty("tsdb", others)}


def _unless_empty(key: str, section: dict[str, Any]) -> dict[str, Any]:
    return {key: section} if section else {}


def _rules(setup: Setup, server: Server, remarks: list[Diagnostic]) -> list[dict[str, Any]]:
    source, found = server.config, dict[str, None]()
    patterns = source.data.get("rule_files")
    for index, pattern in enumerate(patterns if isinstance(patterns, list) else ()):
        paths = server.paths(str(pattern))
        files = [file for path in paths for file in setup.files(path)]
        if not files:
            why = "No file matches it." if paths else "The container does not have it from the folder."
            other = setup.called_like(str(pattern))
            remedy = f"If {other} is meant, write it under `rules`." if other else ""
            remarks.append(left_out(f"`{pattern}` of `rule_files`", source.at("rule_files", index), why, remedy))
        found |= dict.fromkeys(files)
    return [{"file": file} for file in found]


def _alerting(source: Source, addresses: Addresses, remarks: list[Diagnostic]) -> dict[str, Any]:
    """Return the parts of `alerting` besides the Alertmanager of the stack."""
    alerting = source.data.get("alerting")
    if not isinstance(alerting, Mapping):
        return {}
    result = {key: value for key, value in alerting.items() if key != "alertmanagers"}
    servers = alerting.get("alertmanagers")
    blocks = [each for each in servers if isinstance(each, Mapping)] if isinstance(servers, list) else []
    others = [block for block in blocks if not _is_own(block, addresses) and not _is_empty(block)]
    logins = [key for block in blocks if _is_own(block, addresses) for key in block if key in _LOGIN]
    if logins:
        what = ", ".join(f"`{key}`" for key in dict.fromkeys(logins))
        why = "The stack reaches its servers as their own sections say."
        at = source.at("alerting", "alertmanagers")
        remarks.append(changed(f"Prometheus reaches the stack's Alertmanager without {what} of its own", at, why))
    if others:
        components = (each.name for each in addresses.components.values())
        own = c.ALERTMANAGER in (*components, *addresses.own)
        if own and len(others) < len(blocks):
            remarks.append(
                changed(
                    "alerts go to the Alertmanagers of `alerting` and no longer to the stack's own",
                    source.at("alerting", "alertmanagers"),
                    "A list under `extra` replaces that of the stack.",
                    "Add `alertmanager:9093` to it in `prometheus.extra.alerting`.",
                )
            )
        result["alertmanagers"] = others
    return result


def _is_empty(block: Mapping[str, Any]) -> bool:
    """Return whether a block names no Alertmanager: it has no discovery but lists without targets."""
    groups = block.get("static_configs") or ()
    named = any(isinstance(group, Mapping) and group.get("targets") for group in groups)
    return not named and not any(key.endswith("_sd_configs") for key in block)


def _mappings(listed: Any) -> list[Mapping[str, Any]]:
    return [each for each in listed if isinstance(each, Mapping)] if isinstance(listed, list) else []


def _is_own(block: Mapping[str, Any], addresses: Addresses) -> bool:
    """Return whether all targets of a block are the Alertmanager that the stack runs, and it is asked plainly."""
    targets = [str(target) for group in _mappings(block.get("static_configs")) for target in group.get("targets") or ()]
    targets += [
        f"{name}:{lookup.get('port')}"
        for lookup in _mappings(block.get("dns_sd_configs"))
        for name in lookup.get("names") or ()
    ]
    plain = block.keys() <= _OF_ANY_ALERTMANAGER | _LOGIN
    known = registry.component(c.ALERTMANAGER)
    return bool(targets) and plain and all(addresses.component(target) is known for target in targets)
