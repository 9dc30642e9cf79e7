"""Parsing of PromQL expressions, on the promql-parser package."""

from __future__ import annotations

import json
import re

import promql_parser


def syntax_error(expr: str) -> str | None:
    """The parser's message when `expr` is not PromQL, or None when it is."""
    try:
        promql_parser.parse(expr)
    except ValueError as error:
        return str(error)
    return None


def regex_error(regex: str) -> str | None:
    """What is wrong with a regular expression, or None. Judged by the PromQL parser, whose syntax is close to RE2."""
    if syntax_error(f"x{{x=~{json.dumps(regex)}}}") is None:
        return None
    try:
        re.compile(regex)
    except re.error as error:
        return error.msg if error.pos is None else f"{error.msg} at character {error.pos + 1}"
    return "it cannot be compiled"


def same(one: str, other: str) -> bool:
    """Whether two expressions are the same but for spacing and redundant brackets."""
    if one == other:
        return True
    try:
        return promql_parser.parse(one).prettify() == promql_parser.parse(other).prettify()
    except ValueError:
        return " ".join(one.split()) == " ".join(other.split())
