"""The definition of a dashboard with every Prometheus that it names being this stack's, and others the manifest's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stackctl.manifest.classic.datasource import PROMETHEUS_TYPES, Sources


def bound(definition: Any, inputs: Mapping[str, tuple[str, str]], sources: Sources) -> dict[str, Any]:
    """Return `definition` as Grafana can load it from a file: inputs resolved, its datasource settled."""
    values = {f"${{{name}}}": _uid(sources, plugin) if plugin else value for name, (plugin, value) in inputs.items()}
    kept = {key: value for key, value in definition.items() if key not in ("__inputs", "__requires", "__elements")}
    result: dict[str, Any] = _without_ids(_bind(_resolve(kept, values), sources))
    return result


def _uid(sources: Sources, plugin: str) -> str:
    """Return the uid of the datasource that an input of this type stands for."""
    other = None if plugin in PROMETHEUS_TYPES else sources.of_type(plugin)
    return other.uid if other else sources.own[1]


def _without_ids(definition: dict[str, Any]) -> dict[str, Any]:
    """The same without the `id` of its variables: Grafana keeps one variable for each, and libraries write the same."""
    templating = definition.get("templating")
    if not isinstance(templating, Mapping) or not isinstance(templating.get("list"), list):
        return definition
    variables = [
        {key: value for key, value in each.items() if key != "id"} if isinstance(each, Mapping) else each
        for each in templating["list"]
    ]
    return {**definition, "templating": {**templating, "list": variables}}


def _resolve(value: Any, values: Mapping[str, str]) -> Any:
    """Return `value` with each input that is named in a text replaced by what it stands for."""
    if isinstance(value, str):
        for name, replacement in values.items() if "${" in value else ():
            value = value.replace(name, replacement)
        return value
    if isinstance(value, Mapping):
        return {key: _resolve(item, values) for key, item in value.items()}
    return [_resolve(item, values) for item in value] if isinstance(value, list) else value


def _bind(value: Any, sources: Sources) -> Any:
    if isinstance(value, Mapping):
        if value.get("type") == "datasource" and (chosen := _choice(value.get("query"), sources)):
            current = {"selected": True, "text": chosen[0], "value": chosen[1]}
            # The name of another Grafana's datasource, by which this stack's would be filtered out.
            return {**value, "current": current, **({"regex": ""} if value.get("regex") else {})}
        return {
            key: _source(item, sources) if key == "datasource" else _bind(item, sources) for key, item in value.items()
        }
    return [_bind(item, sources) for item in value] if isinstance(value, list) else value


def _choice(plugin: Any, sources: Sources) -> tuple[str, str] | None:
    """Return name and uid of what a choice of datasources of this type begins with."""
    if plugin == "prometheus":
        return sources.own
    other = sources.of_type(str(plugin))
    return (other.name, other.uid) if other else None


def _source(written: Any, sources: Sources) -> Any:
    """Return a `datasource` field: ours, unless it is a variable of the dashboard or one of Grafana's own."""
    if not isinstance(written, Mapping | str):
        return written
    named = _texts(written) if isinstance(written, Mapping) else written
    found = sources.find(named)
    if found.kind == "built-in":
        return written
    name = named.get("uid") if isinstance(named, Mapping) else named
    if sources.is_variable(str(name or "")):
        return written
    return {"type": found.other.type, "uid": found.other.uid} if found.other else _ours(sources)


def _ours(sources: Sources) -> dict[str, str]:
    return {"type": "prometheus", "uid": sources.own[1]}


def _texts(source: Mapping[str, Any]) -> dict[str, str]:
    return {key: source[key] for key in ("type", "uid") if isinstance(source.get(key), str)}
