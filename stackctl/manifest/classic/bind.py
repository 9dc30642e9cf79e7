"""The definition of a dashboard with every Prometheus that it names being this stack's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stackctl import conventions as c
from stackctl.manifest.classic.datasource import Sources

_OURS = {"type": "prometheus", "uid": c.DATASOURCE_UID}


def bound(definition: Any, inputs: Mapping[str, tuple[str, str]], sources: Sources) -> dict[str, Any]:
    """Return `definition` as Grafana can load it from a file: inputs resolved, its datasource settled."""
    values = {f"${{{name}}}": c.DATASOURCE_UID if plugin else value for name, (plugin, value) in inputs.items()}
    kept = {key: value for key, value in definition.items() if key not in ("__inputs", "__requires", "__elements")}
    result: dict[str, Any] = _without_ids(_bind(_resolve(kept, values), sources))
    return result


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
        if value.get("type") == "datasource" and value.get("query") == "prometheus":
            current = {"selected": True, "text": c.DATASOURCE_NAME, "value": c.DATASOURCE_UID}
            # The name of another Grafana's datasource, by which this stack's would be filtered out.
            return {**value, "current": current, **({"regex": ""} if value.get("regex") else {})}
        return {
            key: _source(item, sources) if key == "datasource" else _bind(item, sources) for key, item in value.items()
        }
    return [_bind(item, sources) for item in value] if isinstance(value, list) else value


def _source(written: Any, sources: Sources) -> Any:
    """Return a `datasource` field: ours, unless it is a variable of the dashboard or one of Grafana's own."""
    if not isinstance(written, Mapping | str):
        return written
    named = _texts(written) if isinstance(written, Mapping) else written
    if sources.find(named).kind == "built-in":
        return written
    name = named.get("uid") if isinstance(named, Mapping) else named
    return written if sources.is_variable(str(name or "")) else dict(_OURS)


def _texts(source: Mapping[str, Any]) -> dict[str, str]:
    return {key: source[key] for key in ("type", "uid") if isinstance(source.get(key), str)}
