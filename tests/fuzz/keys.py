"""The keys of the manifest's schema, and those that a manifest uses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def all_keys(schema: Mapping[str, Any]) -> set[str]:
    """Every key of a schema, as `Model.key`; those of the top level without a model."""
    models = {"": schema, **schema["$defs"]}
    return {name for model, each in models.items() for variant in _variants(each) for name in _named(model, variant)}


def used_keys(schema: Mapping[str, Any], value: Any) -> set[str]:
    """The keys of a schema that a value uses."""
    return set(_used(schema, "", schema, value))


def _variants(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if "anyOf" in node:
        for each in node["anyOf"]:
            yield from _variants(each)
    else:
        yield node


def _named(model: str, node: Mapping[str, Any]) -> list[str]:
    return [f"{model}.{key}".removeprefix(".") for key in node.get("properties", ())]


def _used(schema: Mapping[str, Any], model: str, node: Mapping[str, Any], value: Any) -> Iterator[str]:
    if "$ref" in node:
        model = node["$ref"].rpartition("/")[2]
        yield from _used(schema, model, schema["$defs"][model], value)
    elif "anyOf" in node:
        for each in node["anyOf"]:
            yield from _used(schema, model, each, value)
    elif isinstance(value, list) and "items" in node:
        for item in value:
            yield from _used(schema, model, node["items"], item)
    elif isinstance(value, dict):
        known = node.get("properties", {})
        more = node.get("additionalProperties")
        if known and not more and not value.keys() <= known.keys():
            return  # another variant's
        for key, item in value.items():
            if key in known:
                yield f"{model}.{key}".removeprefix(".")
                yield from _used(schema, model, known[key], item)
            elif isinstance(more, Mapping):
                yield from _used(schema, model, more, item)
