"""Parsing of PromQL expressions, on the promql-parser package."""

from __future__ import annotations

import promql_parser


def syntax_error(expr: str) -> str | None:
    """The parser's message when `expr` is not PromQL, or None when it is."""
    try:
        promql_parser.parse(expr)
    except ValueError as error:
        return str(error)
    return None
