"""JSON is read with the place of every value."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackctl.manifest.classic import read_classic
from stackctl.manifest.json_file import read_json
from stackctl.manifest.problems import Problems
from tests.unit.manifest.classic.boards import JSON, ORIGIN, problems


@given(st.text(max_size=80))
def test_any_text_gets_an_answer(text: str) -> None:
    found = Problems()
    assert read_classic(text, "d.json", "", ORIGIN, found) or found


@given(JSON)
def test_json_is_read_as_the_standard_library_reads_it(value: Any) -> None:
    text = json.dumps(value, indent=1)
    file = read_json(text, "d.json", Problems())
    assert file
    assert file.value == json.loads(text)
    for path in [("panels",), ("panels", 0), ("title",), ()]:
        found = file.position(path)
        assert text.splitlines()[found.line - 1][found.column - 1 :]


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_refuses_numbers_that_are_not_json(word: str) -> None:
    (found,) = problems(f'{{"title": "T",\n "panels": [\n  {{"max": {word}}}]}}')
    assert f"{word} is not a value of JSON" in found.summary
    assert (found.position.line, found.position.column) == (3, 11)  # type: ignore[union-attr]
