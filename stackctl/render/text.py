"""Values to bytes. Every value goes through a dumper, so that what a server reads is what the manifest said."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

_Base: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_RESOLVER: Any = yaml.resolver.Resolver()
_NO_LIMIT = 2**31 - 1

# What needs no quotes under any version of YAML: names and paths, and durations. All else is quoted, because
# the readers differ: `on`, `22:22`, `0o17` and `1_000` are text to one and something else to the next.
_PLAIN = re.compile(r"[A-Za-z_/][A-Za-z0-9_./-]*(?::[A-Za-z_/][A-Za-z0-9_./-]*)*|[0-9]+(?:ms|[smhdw])", re.ASCII)
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})


class _Dumper(_Base):  # type: ignore[misc]
    """A safe dumper without anchors, which people cannot review and some readers refuse."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True

    def resolve(self, kind: type[yaml.Node], value: Any, implicit: Any) -> Any:
        """Return the tag that a reader of YAML 1.1 gives a node, which is asked twice for each of them."""
        if kind is yaml.ScalarNode:
            return _resolved(value) if implicit[0] else "tag:yaml.org,2002:str"
        return super().resolve(kind, value, implicit)


@lru_cache(10_000)
def _resolved(text: str) -> str:
    tag: str = _RESOLVER.resolve(yaml.ScalarNode, text, (True, False))
    return tag


def _text(dumper: Any, text: str) -> Any:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=_style(text))


@lru_cache(10_000)
def _style(text: str) -> str | None:
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return None
    # For people: lines as lines, and few backslashes. Where that could be misread, the dumper itself falls back.
    lines = text.split("\n")
    if not lines[0].strip() or not all(line.isprintable() for line in lines):
        return '"'
    if len(lines) > 1:
        return "|"
    return "'" if set(text) & set('"\\') else '"'


def _mapping(dumper: Any, value: Mapping[Any, Any]) -> Any:
    return dumper.represent_mapping("tag:yaml.org,2002:map", value.items())


_Dumper.add_representer(str, _text)
_Dumper.add_multi_representer(str, _text)
_Dumper.add_multi_representer(Mapping, _mapping)


def yaml_bytes(value: Any, manifest: str, note: str = "") -> bytes:
    """`value` as YAML that reads back the same under YAML 1.1 and 1.2, below a header that names the manifest.

    `note` is a comment that follows the header.
    """
    body = yaml.dump(
        value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=False, width=_NO_LIMIT
    )
    return (header(manifest) + note + body).encode()


def json_bytes(value: Any) -> bytes:
    """`value` as indented JSON with the keys in their order."""
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()


def header(manifest: str) -> str:
    """The comment at the top of a rendered file. Only the file's name goes in: a tree is the same in every place."""
    name = Path(manifest).name
    source = name if name.isprintable() else "the manifest"
    return f"# Rendered by stackctl from {source}. Edits here are overwritten: edit the manifest.\n"


def merged(base: Any, extra: Any, appended: frozenset[str] = frozenset()) -> Any:
    """`base` with `extra` over it: mappings merge, lists under the keys `appended` grow, all else is replaced."""
    if not (isinstance(base, Mapping) and isinstance(extra, Mapping)):
        return extra
    result = dict(base)
    for key, value in extra.items():
        if key in appended and isinstance(value, list) and isinstance(base.get(key), list):
            result[key] = [*base[key], *value]
        else:
            result[key] = merged(base[key], value, appended) if key in base else value
    return result
