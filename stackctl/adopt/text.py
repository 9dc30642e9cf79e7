"""The text of a manifest: sections apart from each other, and short mappings on one line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from stackctl.diagnostic import Diagnostic

_Base: Any = yaml.SafeDumper
_WIDTH = 110
# What no reader of YAML takes for something else than text.
_PLAIN = re.compile(r"[A-Za-z_/][A-Za-z0-9_./-]*(?::[A-Za-z0-9_./-]+)*|[0-9]+(?:ms|[smhdw])", re.ASCII)
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})


class _Dumper(_Base):  # type: ignore[misc]
    def ignore_aliases(self, _data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> Any:  # noqa: ARG002
        """Indent lists below their key too."""
        return super().increase_indent(flow, False)


def _string(dumper: Any, text: str) -> Any:
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        style = None
    elif "\n" in text and all(line.isprintable() and line == line.rstrip() for line in text.split("\n")):
        style = "|"
    else:
        style = "'" if (text.isprintable() and '"' in text) or ("\\" in text and text.isprintable()) else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _string)


def manifest_text(manifest: Mapping[str, Any], remarks: Sequence[Diagnostic], origin: str) -> str:
    """The manifest as YAML. What was left out or differs stands at its top, as comments."""
    return "".join([*_heading(remarks, origin), *_sections(manifest)])


def _heading(remarks: Sequence[Diagnostic], origin: str) -> Iterator[str]:
    yield f"# Adopted by stackctl from {origin}. It is yours now: edit it as you like.\n"
    told = [each for each in remarks if each.code != "adopt.secret"]
    if told:
        yield "#\n"
    for each in told:
        place = f" ({each.position.file}:{each.position.line})" if each.position and each.position.line else ""
        yield f"# - {each.summary}{place}\n"


def _sections(manifest: Mapping[str, Any]) -> Iterator[str]:
    before: Any = None
    for key, value in manifest.items():
        if before is None or not (isinstance(value, int | str) and isinstance(before, int | str)):
            yield "\n" if before is not None else ""
        before = value
        yield _entry(key, value)


def _entry(key: str, value: Any) -> str:
    if isinstance(value, Mapping) and not value:
        return f"{key}: {{}}\n"
    return f"{key}: {value}\n" if isinstance(value, str | int) else _dumped({key: value})


def _dumped(value: Any) -> str:
    return str(
        yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=None, width=_WIDTH)
    )
