"""Expressions of PromQL, and regular ones."""

from __future__ import annotations

import pytest

from stackctl.manifest.fields import Expression, OpenExpression, Regex
from tests.unit.manifest.fields.reading import read, refusal


@pytest.mark.parametrize(
    ("kind", "written"),
    [(Expression, "rate(x[5m]) > 3"), (OpenExpression, "rate(x[$window])"), (Regex, "a|b.*")],
)
def test_expression_stays_as_written(kind: object, written: str) -> None:
    assert read(kind, written) == written


@pytest.mark.parametrize(
    ("kind", "written", "message"),
    [
        (Expression, "rate(x[5m", "not PromQL: "),
        (Expression, None, "expected a PromQL expression"),
        (OpenExpression, "rate(x[5m])", "the expression does not use `$window`"),
        (OpenExpression, "rate(x[$window]", "not PromQL: "),
        (Regex, "a(b", "not a regular expression: "),
        (Regex, "(?=a)", "not a regular expression: "),
    ],
)
def test_what_does_not_parse_is_refused_with_the_reason(kind: object, written: object, message: str) -> None:
    assert refusal(kind, written)[0].startswith(message)
