"""Values that go into the templates of packs."""

from __future__ import annotations

import pytest

from stackctl.manifest.packs.values import quoted
from stackctl.promql.expression import syntax_error


@pytest.mark.parametrize("text", ["plain", 'a "b"', "back\\slash", "two\nlines", "{{ x }}"])
def test_any_text_is_a_valid_promql_string(text: str) -> None:
    assert syntax_error(f"up{{job={quoted(text)}}}") is None
