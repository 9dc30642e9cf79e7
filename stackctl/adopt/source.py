"""The YAML files of a set-up: their data, and where each part of it is written."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stackctl.manifest.document import Document, Scalar
from stackctl.manifest.parse import parse
from stackctl.manifest.problems import Problems
from stackctl.manifest.text import read_named
from stackctl.source import Position

_NUMBER = re.compile(r"[-+]?(0|[1-9][0-9]*)(\.[0-9]+)?")
_WORDS = {"true": True, "false": False}


@dataclass(frozen=True)
class Source:
    """A YAML file: its `path` from the folder of the set-up, and its data, {} where it is no mapping."""

    path: str
    data: Mapping[str, Any] = field(default_factory=dict)
    document: Document | None = None

    def at(self, *place: str | int) -> Position:
        """Return where the part at `place` is written, or else what is around it."""
        return self.document.position(place, key=True) if self.document else Position(self.path)


def read_source(folder: Path, path: str, problems: Problems, tags: Collection[str] = ()) -> Source | None:
    """Return the YAML file at `path` from `folder`; None with what is wrong with it added to `problems`.

    A file outside of the folder is wrong, unless the command line allows it. `tags` are those that it may have.
    """
    text = read_named(folder, path, Position(path), problems, secret=True)
    return source_of(text, path, problems, tags) if text is not None else None


def source_of(text: str, path: str, problems: Problems, tags: Collection[str] = ()) -> Source | None:
    """Return the YAML file whose text this is; None with what is wrong with it added to `problems`."""
    document = parse(text, path, several=True, tags=tags)
    if problems.extend(document.problems):
        return None
    data = plain(document.value)
    return Source(path, data if isinstance(data, dict) else {}, document)


def plain(value: Any) -> Any:
    """The data of a document in YAML's own types: a program that reads it as text is given the same text."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if not isinstance(value, Scalar) or not value.plain:
        return None if value is None else str(value)
    if value in _WORDS:
        return _WORDS[value]
    # What would not read back as it was written stays text: 007, 1e3, 0x10.
    if _NUMBER.fullmatch(value) and len(value) < 16:
        number = float(value) if "." in value else int(value)
        return number if str(number) == value else str(value)
    return str(value)


def as_text(value: Any) -> str:
    """A value of `plain` as the text that a server reads where it takes text; "" for one that is not there."""
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def texts(value: Any) -> Iterator[str]:
    """The texts in a part of a set-up, or of a manifest."""
    if isinstance(value, Mapping):
        for item in value.values():
            yield from texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)
    elif isinstance(value, str):
        yield value
