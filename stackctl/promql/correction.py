"""Corrections of what is not PromQL: what somebody who wrote it has probably meant."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from difflib import get_close_matches

from stackctl.promql.expression import FUNCTIONS, syntax_error
from stackctl.promql.nodes import STRING_OR_COMMENT

_RENAMED = {"holt_winters": "double_exponential_smoothing"}
_CURLED = str.maketrans({"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'"})  # noqa: RUF001 - as text programs write them
_OPERATORS = {"&&": " and ", "||": " or ", "<>": "!=", "≥": ">=", "≤": "<=", "≠": "!="}
_ONE_EQUALS = re.compile(r"(?<![=!<>~])=(?![=~])")
_BRACES = re.compile(r"\{[^{}]*\}")
_BARE_VALUE = re.compile(r"(\w+\s*(?:=~|!~|!=|=)\s*)([^\s\"'`,={}~]+)")
_BARE_LABEL = re.compile(r"\b(by|without)\s+(\w+)", re.IGNORECASE)
_LATE_RANGE = re.compile(r"\(([^()]*)\)\s*(\[[^\[\]]+\])")
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_STRINGS = re.compile(f"({STRING_OR_COMMENT.pattern})")
_STRINGS_AND_BRACES = re.compile(f"({STRING_OR_COMMENT.pattern}|{_BRACES.pattern})")
# Longer ones are easier to read where they stand.
_LONGEST = 200


def syntax_remedy(message: str, expr: str = "") -> str:
    """Return the remedy for a message of `syntax_error` about `expr`, or ""."""
    if unknown := re.fullmatch(r"unknown function with name '(.*)'", message):
        close = _RENAMED.get(unknown[1]) or next(iter(get_close_matches(unknown[1].lower(), FUNCTIONS, n=1)), "")
        return f"Did you mean `{close}`?" if close else ""
    if starred := re.fullmatch(r"illegal regex for (\*.*)", message):
        return f"In a regular expression `*` repeats what is before it: write `.{starred[1]}`."
    if meant := corrected(expr):
        return f"Did you mean `{meant}`?"
    if message.startswith("expected type matrix"):
        return "Give it a range, as in `rate(requests_total[5m])`."
    return ""


def corrected(expr: str) -> str:
    """Return the PromQL that was probably meant by `expr`, which is none; "" where no guess is PromQL."""
    if len(expr) > _LONGEST or "\n" in expr:
        return ""
    return next((guess for guess in _guesses(expr) if guess != expr and syntax_error(guess) is None), "")


def _guesses(expr: str) -> Iterator[str]:
    """Yield `expr` with more and more that is usual elsewhere written as PromQL has it."""
    guess = expr.translate(_CURLED)
    yield guess
    for written, meant in _OPERATORS.items():
        guess = re.sub(rf"\s*{re.escape(written)}\s*", f" {meant.strip()} ", guess) if written in guess else guess
    yield guess
    guess = _BRACES.sub(_matchers, guess)
    yield guess
    guess = _but(_STRINGS_AND_BRACES, guess, lambda part: _ONE_EQUALS.sub("==", part))
    yield guess
    guess = _BARE_LABEL.sub(r"\1 (\2)", guess)
    yield guess
    yield _LATE_RANGE.sub(r"(\1\2)", guess)
    yield guess + _missing(guess)


def _matchers(match: re.Match[str]) -> str:
    """Return matchers with one `=`, and with their values quoted."""
    return _but(_STRINGS, match[0], lambda part: _BARE_VALUE.sub(r'\1"\2"', part.replace("==", "=")))


def _but(kept: re.Pattern[str], text: str, change: Callable[[str], str]) -> str:
    """Return `text` with all changed but what `kept` finds, which is in a group of it."""
    return "".join(part if at % 2 else change(part) for at, part in enumerate(kept.split(text)))


def _missing(expr: str) -> str:
    """Return the brackets that are left open, closed in their order."""
    left: list[str] = []
    for sign in STRING_OR_COMMENT.sub("", expr):
        if sign in _CLOSING:
            left.append(_CLOSING[sign])
        elif left and sign == left[-1]:
            left.pop()
    return "".join(reversed(left))
