"""JSON files with the place of every value, so that a message about one can name its line."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any

from stackctl.diagnostic import Diagnostic
from stackctl.manifest.problems import Problems
from stackctl.source import Passage, Position

# Keys and indexes that lead from the top to a value.
Path = tuple[str | int, ...]

_SPACE = re.compile(r"[ \t\n\r]*")
# No language that reads a dashboard keeps more.
_DIGITS = 400
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?")
_NOT_JSON = re.compile(r"-?Infinity\b|NaN\b")
_WORDS = {"true": True, "false": False, "null": None}
_LONGEST_LINE = 200


@dataclass(frozen=True)
class JsonFile:
    """A JSON document. `shown` is how messages name the file."""

    value: Any
    text: str = field(repr=False)
    shown: str
    # The values of each mapping and list: its identity -> key or index -> offset in the text.
    _offsets: dict[int, dict[str | int, int]] = field(repr=False)

    def position(self, path: Iterable[str | int]) -> Position:
        """Return the place of the value that `path` leads to, or of the last one on the way that exists."""
        return self._at(self._offset(path))

    def passage(self, path: Iterable[str | int], text: str) -> Passage:
        """Return where the characters of `text`, the value at `path`, are written."""
        start = self._offset(path)
        # An escaped character takes six.
        end = start + 6 * len(text) + 2
        return Passage(text, lambda: self.text[start:end], lambda offset: self._at(start + offset))

    def _offset(self, path: Iterable[str | int]) -> int:
        offset, value = _skip(self.text, 0), self.value
        for key in path:
            inside = self._offsets.get(id(value), {})
            if key not in inside:
                break
            offset, value = inside[key], value[key]
        return offset

    def _at(self, offset: int) -> Position:
        return position_at(self.text, offset, self.shown, bisect_right(self._breaks, offset - 1) + 1)

    @cached_property
    def _breaks(self) -> list[int]:
        """The offsets of all line breaks."""
        return [match.start() for match in re.finditer("\n", self.text)]


def read_json(text: str, shown: str, problems: Problems) -> JsonFile | None:
    """Return the document in `text`; None with its problem added: also NaN and Infinity, which Grafana refuses."""
    parser = _Parser(text)
    try:
        value, end = parser.value(_skip(text, 0))
        end = _skip(text, end)
        if end != len(text):
            raise json.JSONDecodeError("Extra data", text, end)
    except json.JSONDecodeError as error:
        # A word of JSON's own keeps its case.
        message = error.msg if _NOT_JSON.match(error.msg) else f"{error.msg[0].lower()}{error.msg[1:]}"
        problems.add(Diagnostic("json.syntax", f"not JSON: {message}", position_at(text, error.pos, shown)))
        return None
    except RecursionError:
        problems.add(Diagnostic("json.nesting", "not a dashboard: nested too deeply", Position(shown)))
        return None
    return JsonFile(value, text, shown, parser.offsets)


def position_at(text: str, offset: int, shown: str, line: int = 0) -> Position:
    """Return the line and column of `offset` in `text`; `line` is that of the offset, where it is known already."""
    line = line or text.count("\n", 0, offset) + 1
    start = text.rfind("\n", 0, offset) + 1
    end = text.find("\n", start)
    source = text[start : end if end >= 0 else len(text)]
    return Position(shown, line, offset - start + 1, source if len(source) <= _LONGEST_LINE else "")


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    assert match  # noqa: S101 - it matches nothing at all, too
    return match.end()


class _Parser:
    """Reads values as the json module does, and notes where each is."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.offsets: dict[int, dict[str | int, int]] = {}

    def value(self, at: int) -> tuple[Any, int]:
        """Return the value that begins at `at`, and the offset after it."""
        first = self.text[at : at + 1]
        if first == '"':
            text: tuple[str, int] = scanstring(self.text, at + 1, False)
            return text
        if first == "{":
            return self._mapping(at + 1)
        if first == "[":
            return self._list(at + 1)
        return self._scalar(at)

    def _mapping(self, at: int) -> tuple[dict[str, Any], int]:
        result: dict[str, Any] = {}
        places: dict[str | int, int] = {}
        self.offsets[id(result)] = places
        at = _skip(self.text, at)
        if self.text[at : at + 1] == "}":
            return result, at + 1
        while True:
            if self.text[at : at + 1] != '"':
                raise json.JSONDecodeError("Expecting property name enclosed in double quotes", self.text, at)
            key, at = scanstring(self.text, at + 1, False)
            at = self._expect(":", at)
            places[key] = at
            result[key], at = self.value(at)
            at, ended = self._next(at, "}")
            if ended:
                return result, at

    def _list(self, at: int) -> tuple[list[Any], int]:
        result: list[Any] = []
        places: dict[str | int, int] = {}
        self.offsets[id(result)] = places
        at = _skip(self.text, at)
        if self.text[at : at + 1] == "]":
            return result, at + 1
        while True:
            places[len(result)] = at
            item, at = self.value(at)
            result.append(item)
            at, ended = self._next(at, "]")
            if ended:
                return result, at

    def _next(self, at: int, end: str) -> tuple[int, bool]:
        """Return where the next item begins, or the offset after the end."""
        at = _skip(self.text, at)
        found = self.text[at : at + 1]
        if found == end:
            return at + 1, True
        if found != ",":
            raise json.JSONDecodeError("Expecting ',' delimiter", self.text, at)
        return _skip(self.text, at + 1), False

    def _expect(self, sign: str, at: int) -> int:
        at = _skip(self.text, at)
        if self.text[at : at + 1] != sign:
            raise json.JSONDecodeError(f"Expecting '{sign}' delimiter", self.text, at)
        return _skip(self.text, at + 1)

    def _scalar(self, at: int) -> tuple[Any, int]:
        for word, value in _WORDS.items():
            if self.text.startswith(word, at):
                return value, at + len(word)
        if found := _NOT_JSON.match(self.text, at):
            raise json.JSONDecodeError(f"{found[0]} is not a value of JSON; write null", self.text, at)
        number = _NUMBER.match(self.text, at)
        if number is None:
            raise json.JSONDecodeError("Expecting value", self.text, at)
        if len(number[0]) > _DIGITS:
            raise json.JSONDecodeError(f"a number of more than {_DIGITS} digits", self.text, at)
        return (float(number[0]) if number[1] or number[2] else int(number[0])), number.end()
