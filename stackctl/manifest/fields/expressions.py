"""Expressions of PromQL, and regular ones."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator

from stackctl.manifest.fields.text import schema, text_of, wrong
from stackctl.promql.correction import syntax_remedy
from stackctl.promql.expression import regex_error, syntax_error


def _expression(value: Any) -> str:
    if not isinstance(value, str):
        raise wrong("expected a PromQL expression")
    text = str(value)
    message = syntax_error(text)
    if message:
        raise wrong(f"not PromQL: {message}", syntax_remedy(message, text))
    return text


def _open_expression(value: Any) -> str:
    """PromQL with `$window` for the window, of which a sum can be made."""
    text = text_of(value)
    message = syntax_error(f"sum({text.replace('$window', '5m')})")
    if message:
        raise wrong(f"not PromQL: {message}", syntax_remedy(message))
    if "[$window]" not in text:
        raise wrong(
            "the expression does not use `$window`", "Write `[$window]` as the window: `rate(requests_total[$window])`."
        )
    return text


def _regex(value: Any) -> str:
    text = text_of(value)
    reason = regex_error(text)
    if reason:
        raise wrong(f"not a regular expression: {reason}: `{text}`", "Prometheus uses RE2's syntax.")
    return text


Expression = Annotated[str, BeforeValidator(_expression), schema(["string", "number"])]
OpenExpression = Annotated[str, BeforeValidator(_open_expression), schema("string")]
Regex = Annotated[str, BeforeValidator(_regex), schema("string", format="regex")]
