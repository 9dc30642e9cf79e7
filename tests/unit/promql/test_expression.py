"""What is said of an expression that is not PromQL."""

from __future__ import annotations

import pytest

from stackctl.promql.expression import FUNCTIONS, syntax_error


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_suggested_function_exists(name: str) -> None:
    assert "unknown function" not in (syntax_error(f"{name}(x)") or "")
