"""Places of the parts of an expression in its text, which the parser does not tell."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

from stackctl.promql.remark import Part
from stackctl.promql.types.functions import AGGREGATIONS

_TOKEN = re.compile(
    r"""(?P<blank>\s+|\#[^\n]*)
    |(?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)
    |(?P<word>[A-Za-z_:][\w:]*)
    |(?P<number>(?:\d[\w.]*|\.\d+\w*)(?:(?<=\d[eE])[+-]\d+)?)
    |(?P<sign>==|!=|<=|>=|=~|!~|.)""",
    re.VERBOSE | re.DOTALL,
)
_AGGREGATIONS = frozenset(AGGREGATIONS)
_WORD_OPERATORS = frozenset({"and", "or", "unless", "atan2"})
_SIGN_OPERATORS = frozenset({"+", "-", "*", "/", "%", "^", "==", "!=", "<", ">", "<=", ">="})
_WITH_LABELS = frozenset({"by", "without", "on", "ignoring", "group_left", "group_right"})
_NUMBERS = frozenset({"inf", "nan"})


def offset(expr: str, part: Part, like: str = "") -> int | None:
    """Return where a part of an expression begins: a selector or a function at its name, a pair at its operator.

    None when it is not found. With `like`, the part is one of that expression: `expr` before Grafana's variables were
    filled in, so that both have the same parts, or it is not found.
    """
    found = _offsets(expr)
    if like and found.counts != _offsets(like).counts:
        return None
    places = found.of(part.sort)
    if part.index >= len(places):
        return None
    begin = places[part.index]
    if not part.label:
        return begin
    named = re.compile(rf"(?<![\w:]){re.escape(part.label)}(?![\w:])").search(expr, begin)
    return named.start() if named else begin


def selectors_at(expr: str) -> tuple[int, ...]:
    """Return where the selectors of an expression begin, in their order: at the name, or at `{` where there is none."""
    return tuple(_offsets(expr).selector)


@dataclass
class _Offsets:
    """The offsets of the parts of each sort, in the order in which they are written."""

    selector: list[int] = field(default_factory=list)
    call: list[int] = field(default_factory=list)
    operator: list[int] = field(default_factory=list)

    def of(self, sort: str) -> list[int]:
        return {"selector": self.selector, "call": self.call, "operator": self.operator}[sort]

    @property
    def counts(self) -> tuple[int, int, int]:
        return len(self.selector), len(self.call), len(self.operator)


@lru_cache(1000)
def _offsets(expr: str) -> _Offsets:
    tokens = [match for match in _TOKEN.finditer(expr) if match.lastgroup != "blank"]
    return _Reading(tokens).offsets()


class _Reading:
    def __init__(self, tokens: list[re.Match[str]]) -> None:
        self._tokens = tokens
        self._at = 0

    def offsets(self) -> _Offsets:
        found = _Offsets()
        is_after_operand = False
        while self._at < len(self._tokens):
            is_after_operand = self._step(found, is_after_operand)
        return found

    def _step(self, found: _Offsets, is_after_operand: bool) -> bool:
        """Read one token, or a few that belong together. Return whether an operand ends with them."""
        token = self._tokens[self._at]
        text, kind = token[0], token.lastgroup
        self._at += 1
        if kind in ("string", "number"):
            return True
        if kind == "word":
            return self._word(found, token)
        if text == "{":
            if not is_after_operand:
                found.selector.append(token.start())
            self._skip("}")
            return True
        if text == "[":
            self._skip("]")
            return True
        if text == "@":
            self._skip_moment()
            return True
        if text in _SIGN_OPERATORS:
            if is_after_operand:
                found.operator.append(token.start())
            return False
        return text == ")"

    def _word(self, found: _Offsets, token: re.Match[str]) -> bool:
        word = token[0].lower()
        following = self._text(0)
        if word in _WORD_OPERATORS and following not in ("{", "["):
            found.operator.append(token.start())
            return False
        if word in _WITH_LABELS:
            if following == "(":
                self._skip(")")
            return False
        if word == "offset" and (following == "-" or self._kind(0) == "number"):
            self._at += 2 if following == "-" else 1
            return True
        if word == "bool" or word in _NUMBERS:
            return word != "bool"
        if following == "(" or (word in _AGGREGATIONS and following.lower() in _WITH_LABELS):
            found.call.append(token.start())
            return False
        found.selector.append(token.start())
        return True

    def _skip_moment(self) -> None:
        """After `@`: a number, with a sign or without, or `start()` or `end()`."""
        if self._text(0) in ("-", "+"):
            self._at += 1
        self._at += 3 if self._text(1) == "(" else 1

    def _skip(self, closing: str) -> None:
        while self._at < len(self._tokens) and self._text(0) != closing:
            self._at += 1
        self._at += 1

    def _text(self, ahead: int) -> str:
        at = self._at + ahead
        return self._tokens[at][0] if at < len(self._tokens) else ""

    def _kind(self, ahead: int) -> str:
        at = self._at + ahead
        return self._tokens[at].lastgroup or "" if at < len(self._tokens) else ""
