"""Positions in files: a line shown with a caret, secrets kept out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

# Characters of a line that are shown: a dashboard may be one line.
LINE_SHOWN = 400
# Characters that a file has around or in a value, and the value has not: quotes, and what escapes.
_AROUND = "'\"\\"


@dataclass(frozen=True)
class Position:
    """A place in a file the user wrote.

    `line` and `column` count from 1; 0 means "the file as a whole". `text` is the source line as it
    may be shown: the reader that made the position has already taken secrets out of it, and `caret` is the
    column in it (0: the same as `column`).
    """

    file: str
    line: int = 0
    column: int = 0
    text: str = field(default="", compare=False, repr=False)
    caret: int = field(default=0, compare=False, repr=False)

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file

    def snippet(self) -> str:
        """The source line with a caret under the column, or "" when there is no line to show."""
        if not self.line or not self.text:
            return ""
        number = str(self.line)
        text, caret = _window(self.text, max((self.caret or self.column) - 1, 0))
        # Tabs stay tabs, so that the caret lands under its character whatever the terminal's tab width.
        lead = "".join("\t" if ch == "\t" else " " for ch in text[:caret])
        return f"{number} | {text}\n{' ' * len(number)} | {lead}^"


def _window(text: str, caret: int) -> tuple[str, int]:
    """The part of a long line that is around `caret`, and where that is in it."""
    if len(text) <= LINE_SHOWN:
        return text, caret
    begin = max(min(caret - LINE_SHOWN // 2, len(text) - LINE_SHOWN), 0)
    part = text[begin : begin + LINE_SHOWN]
    lead = "..." if begin else ""
    return f"{lead}{part}{'...' if begin + LINE_SHOWN < len(text) else ''}", caret - begin + len(lead)


@dataclass(frozen=True)
class Passage:
    """The text of a value, and how it is written in a file: in quotes, over several lines, with escapes.

    `written` gives the text of the file from the value's first character on, and `place` the position of an offset in
    it. Both are called only when something is to be said.
    """

    text: str
    written: Callable[[], str]
    place: Callable[[int], Position]

    def at(self, offset: int) -> Position | None:
        """Return the position of the character `offset` of the value; None when it is not written like that there."""
        found = self.index(offset)
        return self.place(found) if found is not None else None

    def index(self, offset: int) -> int | None:
        """Return where in `written()` the character `offset` of the value is; for a space, the last one before it."""
        wanted = "".join(self.text[: offset + 1].split())
        written = self.written()
        found, at = 0, 0
        while found < len(wanted) and at < len(written):
            character = written[at]
            if character == wanted[found]:
                found += 1
            elif character == "\\" and written[at + 1 : at + 2] in ("n", "t", "r"):
                at += 1
            elif not character.isspace() and character not in _AROUND:
                return None
            at += 1
        return at - 1 if wanted and found == len(wanted) else None


@dataclass(frozen=True)
class Secret:
    """A value that no output may show: its text form is always `***`. `reveal()` gives the value."""

    value: str = field(repr=False)

    def __post_init__(self) -> None:
        from stackctl import redaction  # most command lines have no secret

        redaction.hide([self.value])

    def reveal(self) -> str:
        return self.value

    def __str__(self) -> str:
        return "***"

    def __repr__(self) -> str:
        return "Secret(***)"

    def __format__(self, spec: str) -> str:
        return format("***", spec)


@dataclass(frozen=True)
class Attached:
    """A file that a server reads, as the user named it from the manifest's folder, with what is in it."""

    name: str
    content: str = field(repr=False)
    secret: bool


class Places(Protocol):
    """Positions of the values of a file, by their paths: keys, and numbers in lists."""

    def position(self, path: tuple[str | int, ...], *, key: bool = False) -> Position | None:
        """Return the position of the value at `path` (or its key), or of the nearest value around it."""
        ...

    def holds(self, path: tuple[str | int, ...]) -> bool:
        """Return whether there is a value at `path`."""
        ...

    def find_key(self, name: str) -> Position | None:
        """Return the position of the only key of that name; None when there are several, or none."""
        ...

    def find(self, words: str, below: tuple[str | int, ...]) -> Position | None:
        """Return the position of the value below a path that `words`, a message about it, repeats."""
        ...

    def find_secret(self, text: str) -> Position | None:
        """Return the position of the first value that is secret and holds `text`; None where there is none."""
        ...


class Nowhere:
    """The places of values that are in no file."""

    def position(self, _path: tuple[str | int, ...], *, key: bool = False) -> None:  # noqa: ARG002
        return None

    def holds(self, _path: tuple[str | int, ...]) -> bool:
        return False

    def find_key(self, _name: str) -> None:
        return None

    def find(self, _words: str, _below: tuple[str | int, ...]) -> None:
        return None

    def find_secret(self, _text: str) -> None:
        return None
