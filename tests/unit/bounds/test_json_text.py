"""JSON that others wrote has a depth."""

from __future__ import annotations

import pytest

from stackctl.bounds import json_text


def test_reads_json_of_usual_depth() -> None:
    assert json_text.loads("[" * 100 + "]" * 100)
    assert json_text.loads(b'{"a": [1, {"b": 2}]}') == {"a": [1, {"b": 2}]}


@pytest.mark.parametrize(
    "text", ["[" * 201 + "]" * 201, "[" * 100_000 + "]" * 100_000, '{"a":' * 300 + "1" + "}" * 300]
)
def test_refuses_json_that_is_too_deep(text: str) -> None:
    with pytest.raises(ValueError, match="levels deep"):
        json_text.loads(text)
