"""The `.env` file, by the rules of Compose, so that a line means the same to both.

A line is `NAME=value`, perhaps after `export`. What is between single quotes is taken as it is. Elsewhere `$NAME`,
`${NAME}` and `${NAME:-default}` are replaced (`-`, `+` and `?` work as in the shell), `$$` is a dollar, as is one that
does not begin a variable, and ` #` begins a comment; between double quotes a backslash and `n`, and the like, are
escapes. A variable that is not set is empty, and reported. Compose also takes lines that mean hardly what its author
expects: those are refused here, with their number. No message repeats what a line holds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from stackctl.diagnostic import Diagnostic
from stackctl.manifest.problems import Problems
from stackctl.source import Position

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_START = re.compile(r"[ \t]*(?:export[ \t]+)?(?P<name>[^\s=:#'\"]*)[ \t]*(?P<sign>[=:])?[ \t]*")
_REST = re.compile(r"[ \t]*(#[^\n]*)?(\n|$)")
_DOLLAR = re.compile(
    r"\$(?:(?P<escaped>\$)|(?P<named>[A-Za-z_]\w*)|\{(?P<braced>[A-Za-z_]\w*)(?P<how>:?[-+?]|(?=\}))|(?P<open>\{))?",
    re.ASCII,
)
_BRACE = re.compile(r"[{}]")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\", "$": "$$"}
# Escapes that Compose has from Go's strings; nobody means them.
_ODD_ESCAPES = frozenset("abfvxuU01234567")
# How deep variables may be in the defaults of others.
_DEPTH = 20
_UNSET = "the value uses a variable that is not set, which is empty"
_UNSET_REMEDY = "Put a value that has a dollar sign of its own between single quotes, or set the variable."
_QUOTE = "Put the value between single quotes to keep it as it is: `NAME='value'`."


class _Malformed(Exception):
    def __init__(self, at: int, summary: str, remedy: str) -> None:
        super().__init__(summary)
        self.at, self.remedy = at, remedy


@dataclass
class _Reader:
    """Reads statements from `text`; `environ` wins over what it finds.

    `unset` are the places of values that use a variable which nobody has set.
    """

    text: str
    environ: Mapping[str, str]
    values: dict[str, str]
    at: int = 0
    unset: list[int] = field(default_factory=list)

    def position(self, shown: str, at: int) -> Position:
        """Return the place of the line at `at`, in the file named `shown`."""
        return Position(shown, self.text.count("\n", 0, at) + 1, 1)

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
            is_escape = self.text[end] == "\\" and (quote == '"' or self.text[end + 1 : end + 2] == quote)
            end += 2 if is_escape else 1
        if end >= len(self.text):
            raise _Malformed(begin, "a quote is not closed", "Close it at the end of the value.")
        written = self.text[begin + 1 : end]
        self.at = end + 1
        self._end("there is text after the closing quote", "Put quotes around the whole value.")
        if quote == "'":
            return written.replace("\\'", "'")
        return self._expanded(_ESCAPE.sub(lambda each: _escape(each, begin), written), begin)

    def _end(self, summary: str, remedy: str) -> None:
        rest = _REST.match(self.text, self.at)
        if not rest:
            raise _Malformed(self.at, summary, remedy)
        self.at = rest.end()

    def _expanded(self, written: str, begin: int, depth: int = 0) -> str:
        """Return a value, or the default within one, with its variables replaced."""
        parts, at = [], 0
        while match := _DOLLAR.search(written, at):
            parts.append(written[at : match.start()])
            end = match.end()
            if match["open"] or depth > _DEPTH:
                raise _Malformed(begin, "a variable in braces that Compose rejects", _QUOTE)
            if match["braced"]:
                end = _closing(written, match.start() + 1, begin)
                parts.append(self._braced(match["braced"], match["how"], written[match.end() : end], begin, depth))
                end += 1
            elif match["named"]:
                parts.append(self._value_of(match["named"], begin))
            else:
                parts.append("$")
            at = end
        return "".join([*parts, written[at:]])

    def _braced(self, name: str, how: str, word: str, begin: int, depth: int) -> str:
        """Return what a variable in braces stands for: `how` is `-`, `+` or `?`, after `:` for an empty one too."""
        found = self._found(name)
        is_there = bool(found) if how.startswith(":") else found is not None
        if how.endswith("+"):
            return self._expanded(word, begin, depth + 1) if is_there else ""
        if how.endswith("-") and not is_there:
            return self._expanded(word, begin, depth + 1)
        if how.endswith("?") and not is_there:
            raise _Malformed(begin, "a variable that has to be set, and is not", "Set it above, or in the environment.")
        return self._value_of(name, begin)

    def _value_of(self, name: str, begin: int) -> str:
        found = self._found(name)
        if found is None:
            self.unset.append(begin)
        return found or ""

    def _found(self, name: str) -> str | None:
        return self.environ.get(name, self.values.get(name))


def _closing(text: str, opening: int, begin: int) -> int:
    """Return where the brace at `opening` is closed. Raises _Malformed where it is not."""
    depth = 0
    for brace in _BRACE.finditer(text, opening):
        depth += 1 if brace[0] == "{" else -1
        if not depth:
            return brace.start()
    raise _Malformed(begin, "a variable in braces that Compose rejects", _QUOTE)


def _escape(match: re.Match[str], begin: int) -> str:
    if match[1] in _ODD_ESCAPES:
        raise _Malformed(begin, "a backslash within double quotes that Compose reads as a control character", _QUOTE)
    return _ESCAPES.get(match[1], match[0])


def read_env(
    text: str, shown: str, environ: Mapping[str, str], problems: Problems, notes: Problems
) -> dict[str, str] | None:
    """Return the variables of a file named `shown`; None with what is wrong with its lines added to `problems`.

    `environ` is the environment. What may not be meant is added to `notes`.
    """
    reader = _Reader(text.replace("\r\n", "\n"), environ, {})
    found = Problems()
    while reader.at < len(reader.text):
        try:
            reader.statement()
        except _Malformed as error:
            found.add(Diagnostic("env.syntax", str(error), reader.position(shown, error.at), remedy=error.remedy))
            end = reader.text.find("\n", error.at)
            reader.at = len(reader.text) if end < 0 else end + 1
    for at in dict.fromkeys(reader.unset):
        notes.add(Diagnostic("env.unset", _UNSET, reader.position(shown, at), "So it is to Compose.", _UNSET_REMEDY))
    return None if problems.extend(found) else reader.values
