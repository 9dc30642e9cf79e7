"""Documents: YAML text as positioned values.

Scalars stay text until the schema asks for a type, so none of YAML's guesses can bite: `on`, `22:22` and `3.10`
are what the user wrote. A document knows the position of every key and value, and which spans of its lines are hidden.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from stackctl import redaction
from stackctl.diagnostic import Diagnostic
from stackctl.manifest import secret_places
from stackctl.source import Passage, Position

Path: TypeAlias = tuple[str | int, ...]
Value: TypeAlias = "dict[str, Value] | list[Value] | Scalar | None"
# No server keeps more of a number.
_DIGITS = 400


class Scalar(str):
    """A scalar as written. `plain` is true without quotes; `variable` when an environment variable gave a part."""

    plain: bool = False
    variable: bool = False

    @classmethod
    def of(cls, text: str, plain: bool, variable: bool = False) -> Scalar:
        scalar = cls(text)
        scalar.plain = plain
        scalar.variable = variable
        return scalar


@dataclass
class Document:
    """A parsed file. `value` is None for an empty file; `problems` are those of the YAML itself.

    `following` is the 0-based line at which a second YAML document begins, None without one; `secrets` are the texts
    at places of secrets, variables filled in, and `filled` all texts with variables -> how they are written. `parts`
    are the files that the lines of a document of several come from, each with the number of lines before it. `tags` are
    those of values, where a file may have any.
    """

    file: str
    value: Value = None
    problems: list[Diagnostic] = field(default_factory=list)
    lines: list[str] = field(default_factory=list, repr=False)
    following: int | None = None
    secrets: set[str] = field(default_factory=set, repr=False)
    filled: dict[str, str] = field(default_factory=dict, repr=False)
    parts: tuple[tuple[int, str], ...] = ()
    value_starts: dict[Path, tuple[int, int]] = field(default_factory=dict, repr=False)
    key_starts: dict[Path, tuple[int, int]] = field(default_factory=dict, repr=False)
    tags: dict[Path, str] = field(default_factory=dict, repr=False)
    hidden_spans: dict[int, list[tuple[int, int]]] = field(default_factory=dict, repr=False)

    def position(self, path: Path, *, key: bool = False) -> Position:
        """Return the position of the value at `path` (or its key), or of the nearest value around it."""
        places = (self.key_starts, self.value_starts) if key else (self.value_starts, self.key_starts)
        for end in range(len(path), -1, -1):
            for place in places:
                if path[:end] in place:
                    return self.at(*place[path[:end]])
        return Position(self.file)

    def passage(self, path: Path, text: str) -> Passage | None:
        """Return where the characters of `text`, the value at `path`, are written; None where no value is there."""
        if path not in self.value_starts:
            return None
        first, column = self.value_starts[path]

        def written() -> str:
            # There is a character of the value in each of its lines, but for empty ones.
            lines = self.lines[first : first + 2 + len(text)]
            return "\n".join([lines[0][column:], *lines[1:]]) if lines else ""

        def place(offset: int) -> Position:
            before = written()[:offset]
            line = before.count("\n")
            return self.at(first + line, offset - (before.rfind("\n") + 1) + (0 if line else column))

        return Passage(text, written, place)

    def paths(self, positions: Collection[Position]) -> list[Path]:
        """Return the paths of the values that begin at one of the positions."""
        wanted = {(position.file, position.line, position.column) for position in positions}
        return [path for path, begin in self.value_starts.items() if self._place(*begin) in wanted]

    def find_key(self, name: str) -> Position | None:
        """Return the position of the only key of that name; None when there are several, or none."""
        found = [path for path in self.key_starts if path[-1] == name]
        return self.position(found[0], key=True) if len(found) == 1 else None

    def find(self, words: str, below: Path) -> Position | None:
        """Return the position of the value below a path that `words`, a message about it, repeats: the longest one."""
        repeated = [
            (text, path)
            for text, path in _scalars(self.value, ())
            if path[: len(below)] == below and re.search(rf"(?<!\w){re.escape(text)}(?!\w)", words)
        ]
        if not repeated:
            return None
        return self.position(max(repeated, key=lambda each: len(each[0]))[1])

    def find_secret(self, text: str) -> Position | None:
        """Return the position of the first value that is secret and holds `text`; None where there is none."""
        for value, path in _scalars(self.value, ()):
            if text in value and secret_places.is_secret(path, value):
                return self.position(path)
        return None

    def holds(self, path: Path) -> bool:
        """Return whether the file itself has a value at `path`, and not only in its long form."""
        return path in self.value_starts

    @property
    def places(self) -> Collection[Path]:
        """The paths of all values."""
        return self.value_starts.keys()

    def rearranged(self, value: Value, places: Mapping[Path, Path]) -> Document:
        """A document with `value`, in which the place of each part is that of what it was made from here."""
        values = {to: self.value_starts[path] for to, path in places.items() if path in self.value_starts}
        keys = {to: self.key_starts[path] for to, path in places.items() if path in self.key_starts}
        return replace(self, value=value, problems=[], value_starts=values, key_starts=keys)

    def over(self, lower: Document, value: Value, places: Mapping[Path, tuple[Document, Path]]) -> Document:
        """A document with the lines of `lower` and of this one, and a `value` made from both.

        `places` are the paths in it -> the one of the two that has the value, and its path there.
        """
        shift = len(lower.lines)
        begins = {id(lower): 0, id(self): shift}

        def moved(table: str) -> dict[Path, tuple[int, int]]:
            found = {to: (getattr(of, table).get(path), begins[id(of)]) for to, (of, path) in places.items()}
            return {to: (begin[0] + by, begin[1]) for to, (begin, by) in found.items() if begin is not None}

        return Document(
            self.file,
            value,
            lines=[*lower.lines, *self.lines],
            secrets=self.secrets | lower.secrets,
            filled=lower.filled | self.filled,
            parts=(
                *(lower.parts or ((0, lower.file),)),
                *((shift + at, of) for at, of in self.parts or ((0, self.file),)),
            ),
            value_starts=moved("value_starts"),
            key_starts=moved("key_starts"),
            hidden_spans=lower.hidden_spans | {line + shift: spans for line, spans in self.hidden_spans.items()},
        )

    def at(self, line: int, column: int) -> Position:
        """The position at 0-based `line` and `column`, with the source line as it may be shown."""
        written = self.lines[line] if line < len(self.lines) else ""
        hidden = _joined([*self.hidden_spans.get(line, []), *redaction.spans(written)])
        # The caret stays at its character, or goes to the beginning of what is hidden.
        shown = next((start for start, end in hidden if start < column < end), column)
        shown += sum(len(redaction.MASK) - (end - start) for start, end in hidden if end <= shown)
        text = written
        for start, end in reversed(hidden):
            text = f"{text[:start]}{redaction.MASK}{text[end:]}"
        return Position(*self._place(line, column), text, shown + 1)

    def _place(self, line: int, column: int) -> tuple[str, int, int]:
        """The file, line and column, from 1, of a 0-based line and column here."""
        before, file = max((part for part in self.parts if part[0] <= line), default=(0, self.file))
        return file, line - before + 1, column + 1


def _joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """`spans` in their order, those that overlap in one."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _scalars(value: Value, path: Path) -> Iterator[tuple[str, Path]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _scalars(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _scalars(item, (*path, index))
    elif value:
        yield str(value), path


def plain_value(value: Any) -> Any:
    """A value for a block that another program defines: plain scalars get their type by YAML 1.2's core schema."""
    if isinstance(value, dict):
        return {key: plain_value(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain_value(item) for item in value]
    if isinstance(value, Scalar):
        return _core_schema(value) if value.plain else str(value)
    return value


def _core_schema(text: Scalar) -> Any:
    if text in ("true", "True", "TRUE", "false", "False", "FALSE"):
        return text.lower() == "true"
    if re.fullmatch(r"[-+]?[0-9]+", text):
        if len(text) > _DIGITS:
            raise ValueError(f"a number of more than {_DIGITS} digits")
        return int(text)
    if re.fullmatch(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", text):
        return float(text)
    return str(text)
