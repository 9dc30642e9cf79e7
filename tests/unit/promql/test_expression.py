"""What is said of an expression that is not PromQL."""

from __future__ import annotations

import pytest

from stackctl.promql.expression import FUNCTIONS, syntax_error, syntax_remedy


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_suggested_function_exists(name: str) -> None:
    assert "unknown function" not in (syntax_error(f"{name}(x)") or "")


@pytest.mark.parametrize(
    ("expr", "remedy"),
    [
        ("rat(x[5m])", "Did you mean `rate`?"),
        ("RATE(x[5m])", "Did you mean `rate`?"),
        ("holt_winters(x[5m], 0.5, 0.5)", "Did you mean `double_exponential_smoothing`?"),
        ("frobnicate(x)", ""),
        ("sum(x", ""),
    ],
)
def test_suggests_the_function_that_was_meant(expr: str, remedy: str) -> None:
    assert syntax_remedy(syntax_error(expr) or "") == remedy
