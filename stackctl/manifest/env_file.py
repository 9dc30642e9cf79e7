"""The `.env` file, by the rules of Compose, so that a line means the same to both.

A line is `NAME=value`, perhaps after `export`. What is between single quotes is taken as it is. Elsewhere `$NAME`,
`${NAME}` and `${NAME:-default}` are replaced, `$$` is a dollar, and ` #` begins a comment; between double quotes a
backslash and `n`, and the like, are escapes. Compose also takes lines that mean hardly what its author expects:
those are refused here, with their number. No message repeats what a line holds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from stackctl.diagnostic import Diagnostic
from stackctl.manifest.problems import Problems
from stackctl.source import Position

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_START = re.compile(r"[ \t]*(?:export[ \t]+)?(?P<name>[^\s=:#'\"]*)[ \t]*(?P<sign>[=:])?[ \t]*")
_REST = re.compile(r"[ \t]*(#[^\n]*)?(\n|$)")
_DOLLAR = re.compile(
    r"\$(?:(?P<escaped>\$)|\{(?P<braced>[A-Za-z_]\w*)(?:(?P<how>:?-)(?P<default>[^${}]*))?\}|(?P<named>[A-Za-z_]\w*))?",
    re.ASCII,
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\", "$": "$$"}
_QUOTE = "Put the value between single quotes to keep it as it is: `NAME='value'`."


class _Malformed(Exception):
    def __init__(self, at: int, summary: str, remedy: str) -> None:
        super().__init__(summary)
        self.at, self.remedy = at, remedy


@dataclass
class _Reader:
    """Reads statements from `text`; `environ` wins over what it finds."""

    text: str
    environ: Mapping[str, str]
    values: dict[str, str]
    at: int = 0

    def statement(self) -> None:
        """Read one statement, or a line without any. Raises _Malformed."""
        begin = self.at
        blank = _REST.match(self.text, begin)
        if blank:
            self.at = blank.end()
            return
        start = _START.match(self.text, begin)
        assert start  # noqa: S101 - all of its parts may be empty
        name = start["name"]
        if not _NAME.fullmatch(name):
            raise _Malformed(
                begin, "this line does not set a variable", "Write `NAME=value`, or begin a comment with `#`."
            )
        self.at = start.end()
        if not start["sign"]:
            # The name alone stands for the variable of the environment.
            self._end("the name of a variable cannot contain spaces", "Write `NAME=value`.")
            return
        self.values[name] = self._value()

    def _value(self) -> str:
        quote = self.text[self.at : self.at + 1]
        if quote in ("'", '"') and quote:
            return self._quoted(quote)
        end = self.text.find("\n", self.at)
        end = len(self.text) if end < 0 else end
        written = re.split(" #", self.text[self.at : end], maxsplit=1)[0].rstrip()
        begin, self.at = self.at, end + 1
        return self._expanded(written, begin)

    def _quoted(self, quote: str) -> str:
        begin = self.at
        end = begin + 1
        while end < len(self.text) and self.text[end] != quote:
            if self.text[end] == "\\" and self.text[end + 1 : end + 2] == quote == "'":
                raise _Malformed(begin, "a quote within single quotes", "Use double quotes around it.")
            end += 2 if self.text[end] == "\\" and quote == '"' else 1
        if end >= len(self.text):
            raise _Malformed(begin, "a quote is not closed", "Close it at the end of the value.")
        written = self.text[begin + 1 : end]
        self.at = end + 1
        self._end("there is text after the closing quote", "Put quotes around the whole value.")
        return (
            written if quote == "'" else self._expanded(_ESCAPE.sub(lambda each: _escape(each, begin), written), begin)
        )

    def _end(self, summary: str, remedy: str) -> None:
        rest = _REST.match(self.text, self.at)
        if not rest:
            raise _Malformed(self.at, summary, remedy)
        self.at = rest.end()

    def _expanded(self, written: str, begin: int) -> str:
        def value(match: re.Match[str]) -> str:
            if match["escaped"]:
                return "$"
            name = match["braced"] or match["named"]
            if not name:
                raise _Malformed(begin, "a dollar sign that does not begin a variable, which Compose rejects", _QUOTE)
            found = self.environ.get(name, self.values.get(name))
            if match["how"] and (found is None or (not found and match["how"] == ":-")):
                return match["default"]
            if found is None:
                summary = "the value uses a variable that is not set, which Compose treats as empty"
                raise _Malformed(begin, summary, _QUOTE)
            return found

        return _DOLLAR.sub(value, written)


def _escape(match: re.Match[str], begin: int) -> str:
    if match[1] not in _ESCAPES:
        raise _Malformed(begin, "an escape within double quotes that Compose does not know", _QUOTE)
    return _ESCAPES[match[1]]


def read_env(text: str, shown: str, environ: Mapping[str, str], problems: Problems) -> dict[str, str] | None:
    """Return the variables of a file named `shown`; None with what is wrong with its lines added to `problems`.

    `environ` is the environment.
    """
    reader = _Reader(text.replace("\r\n", "\n"), environ, {})
    found = Problems()
    while reader.at < len(reader.text):
        try:
            reader.statement()
        except _Malformed as error:
            line = reader.text.count("\n", 0, error.at) + 1
            found.add(Diagnostic("env.syntax", str(error), Position(shown, line, 1), remedy=error.remedy))
            end = reader.text.find("\n", error.at)
            reader.at = len(reader.text) if end < 0 else end + 1
    return None if problems.extend(found) else reader.values
