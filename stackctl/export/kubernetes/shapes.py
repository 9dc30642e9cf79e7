"""Shapes of the blocks that a manifest passes on to Prometheus as they are written, which nothing else has checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any


def _is_value(value: Any) -> bool:
    return value is not None and not isinstance(value, Mapping | list | tuple)


def _is_filled(value: Any) -> bool:
    return _is_value(value) and value != ""


def _is_mapping(value: Any) -> bool:
    return isinstance(value, Mapping)


def _list_of(is_item: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list | tuple) and all(map(is_item, value))


def _mapping_of(is_item: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, Mapping) and all(map(is_item, value.values()))


# Shape -> whether a value has it.
_VALUE, _VALUES, _BLOCK, _BLOCKS = "a single value", "a list of values", "a mapping", "a list of mappings"
_PAIRS, _HEADERS = "a mapping of single values", "a mapping of lists"
_IS: Mapping[str, Callable[[Any], bool]] = {
    _VALUE: _is_value,
    _VALUES: _list_of(_is_filled),
    _BLOCK: _is_mapping,
    _BLOCKS: _list_of(_is_mapping),
    _PAIRS: _mapping_of(_is_value),
    _HEADERS: _mapping_of(_list_of(_is_value)),
}
# Fields of blocks; any other has a single value.
_SHAPES = {
    **dict.fromkeys(("names", "services", "tags", "scopes", "targets", "files", "source_labels"), _VALUES),
    **dict.fromkeys(("basic_auth", "authorization", "oauth2", "tls_config", "namespaces", "attach_metadata"), _BLOCK),
    **dict.fromkeys(("queue_config", "metadata_config"), _BLOCK),
    **dict.fromkeys(("selectors", "static_configs", "write_relabel_configs"), _BLOCKS),
    **dict.fromkeys(("node_meta", "labels", "endpoint_params", "headers"), _PAIRS),
    "proxy_connect_header": _HEADERS,
}


def misshapen(name: str, value: Any, place: str) -> Iterator[tuple[str, str]]:
    """The parts of the field `name` that have another shape than theirs: the place of each, and its shape."""
    shape = _BLOCKS if name.endswith("_sd_configs") else _SHAPES.get(name, _VALUE)
    if not _IS[shape](value):
        yield place, shape
        return
    blocks = {_BLOCK: [value], _BLOCKS: value}.get(shape, ())
    for key, each in ((key, each) for block in blocks for key, each in block.items()):
        yield from misshapen(key, each, f"{place}.{key}")
