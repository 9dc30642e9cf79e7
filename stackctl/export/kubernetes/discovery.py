"""Service discovery in the operator's words: the kinds of `*_sd_configs` that a ScrapeConfig is written with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from stackctl.export.kubernetes.clients import FIELDS, SecretKeys, camel, client
from stackctl.model.block import Block
from stackctl.source import Attached
from stackctl.tree import load_yaml

_CLIENT = frozenset({*FIELDS, "follow_redirects", "enable_http2"})
_SPELLED = {"enable_http2": "enableHTTP2"}
_ROLES = {role.lower(): role for role in ("Pod", "Endpoints", "EndpointSlice", "Ingress", "Service", "Node")}
# Kind -> the operator's name of it, and the fields that are not those of the HTTP client.
_KINDS: Mapping[str, tuple[str, frozenset[str]]] = {
    "dns_sd_configs": ("dnsSDConfigs", frozenset({"names", "type", "port", "refresh_interval"})),
    "http_sd_configs": ("httpSDConfigs", frozenset({"url", "refresh_interval", *_CLIENT})),
    "consul_sd_configs": (
        "consulSDConfigs",
        frozenset(
            {
                "server", "token", "datacenter", "namespace", "partition", "scheme", "services", "tags",
                "tag_separator", "node_meta", "filter", "allow_stale", "path_prefix", "refresh_interval", *_CLIENT,
            }
        ),
    ),
    "kubernetes_sd_configs": (
        "kubernetesSDConfigs",
        frozenset({"api_server", "role", "namespaces", "selectors", "attach_metadata", *_CLIENT}),
    ),
}  # fmt: skip


# Kinds whose targets are known when the export is written.
_LISTED = ("static_configs", "file_sd_configs")
KINDS = (*_KINDS, *_LISTED)


def unknown_kinds(discovery: Block) -> list[str]:
    """The kinds that no ScrapeConfig is written with."""
    return [kind for kind in discovery if kind not in KINDS]


def unknown_fields(discovery: Block) -> list[str]:
    """The fields of the kinds that are known, and no ScrapeConfig is written with: `consul_sd_configs.catalog`."""
    found = [
        f"{kind}.{name}"
        for kind, (_, fields) in _KINDS.items()
        for entry in discovery.get(kind, ())
        for name in entry
        if name not in fields
    ]
    return [*dict.fromkeys(found)]


def known_fields(kind: str, entries: Any) -> Any:
    """The entries of a kind without the fields that are not exported; whatever is not a mapping stays."""
    if kind not in _KINDS or not isinstance(entries, list | tuple):
        return entries
    fields = _KINDS[kind][1]
    return [
        {name: value for name, value in entry.items() if name in fields} if isinstance(entry, Mapping) else entry
        for entry in entries
    ]


def discovered(discovery: Block, keys: SecretKeys) -> dict[str, Any]:
    """The fields of a ScrapeConfig for the kinds that are known. Secrets go to `keys`."""
    asked = {
        field: [
            _entry(kind, entry, keys.below(f"{kind.partition('_')[0]}-{index}"))
            for index, entry in enumerate(discovery[kind])
        ]
        for kind, (field, _) in _KINDS.items()
        if kind in discovery
    }
    groups = [*discovery.get("static_configs", ()), *_filed(discovery.get("file_sd_configs", ()))]
    return {**asked, **({"staticConfigs": [_group(group) for group in groups]} if groups else {})}


def _filed(entries: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """The groups of targets in the files of the user's that were read with the manifest."""
    files = [file for entry in entries for file in entry.get("files") or () if isinstance(file, Attached)]
    yield from (group for file in files for group in load_yaml(file.content) or ())


def _group(group: Mapping[str, Any]) -> dict[str, Any]:
    labels = {str(name): str(value) for name, value in (group.get("labels") or {}).items()}
    return {"targets": _distinct(group.get("targets") or ()), **({"labels": labels} if labels else {})}


def _distinct(values: Iterable[Any]) -> list[Any]:
    """The values of a set, as which the operator takes these lists."""
    return [*dict.fromkeys(values)]


def _entry(kind: str, entry: Mapping[str, Any], keys: SecretKeys) -> dict[str, Any]:
    # An empty text is the same as none to Prometheus, and refused by the operator.
    plain = {name: value for name, value in entry.items() if name in _KINDS[kind][1] - FIELDS and value != ""}
    # What Prometheus has as its default, and the operator asks for.
    fields: dict[str, Any] = {"server": "localhost:8500"} if kind == "consul_sd_configs" else {}
    for name, value in plain.items():
        if name == "token":
            fields["tokenRef"] = keys.reference(name, value)
        else:
            fields[_SPELLED.get(name) or camel(name)] = _value(name, value)
    return {**fields, **client(entry, keys)}


def _value(name: str, value: Any) -> Any:
    """A value in the operator's words, which has capitals of its own, and lists that are sets."""
    if name == "role":
        return _ROLES.get(value, value)
    if name == "scheme":
        return str(value).upper()
    if name in ("namespaces", "attach_metadata"):
        return {camel(key): _value(key, each) for key, each in value.items()}
    if name == "selectors":
        return [{key: _value(key, each) for key, each in selector.items()} for selector in value]
    return _distinct(value) if isinstance(value, list | tuple) else value
