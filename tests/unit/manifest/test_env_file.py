"""Lines of `.env` that are refused, and that no message repeats them. What is taken: tests/e2e/test_env_file.py."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackctl.errors import InputError
from stackctl.manifest import load
from stackctl.manifest.env_file import read_env
from stackctl.manifest.problems import Problems

REFUSED = {
    "hunter2 words": "the name of a variable cannot contain spaces",
    "=hunter2": "this line does not set a variable",
    "PASS WORD=hunter2": "the name of a variable cannot contain spaces",
    "A=${hunter2:?x}": "a variable that has to be set, and is not",
    "A=${hunter2?}": "a variable that has to be set, and is not",
    "A=${": "a variable in braces that Compose rejects",
    "A=${hunter2": "a variable in braces that Compose rejects",
    "A=${hunter2.x}": "a variable in braces that Compose rejects",
    "A=${hunter2:}": "a variable in braces that Compose rejects",
    "A=${1}": "a variable in braces that Compose rejects",
    "A=${B:-${hunter2}": "a variable in braces that Compose rejects",
    "A=" + "${B:-" * 30 + "}" * 30: "a variable in braces that Compose rejects",
    "A='hunter2": "a quote is not closed",
    'A="hunter2': "a quote is not closed",
    "A='a'hunter2": "there is text after the closing quote",
    "A='hunter2\\'": "a quote is not closed",
    'A="\\ahunter2"': "a backslash within double quotes",
    "{hunter2: x}": "this line does not set a variable",
    "- hunter2": "this line does not set a variable",
}


@pytest.mark.parametrize("line", REFUSED)
def test_reports_a_malformed_line_by_its_number(tmp_path: Path, line: str) -> None:
    (tmp_path / ".env").write_text(f"# comment\nGOOD=1\n{line}\nALSO=1\n")
    (tmp_path / "stack.yml").write_text("version: 1\nname: s\nexporters: {node: {}}\n")
    with pytest.raises(InputError) as refused:
        load(tmp_path / "stack.yml", {})
    said = str(refused.value)
    assert ".env:3:1: " in said
    assert str(REFUSED[line]) in said
    assert "hunter2" not in said


def test_reports_all_malformed_lines_at_once() -> None:
    found = Problems()
    assert read_env("one two\nA=1\nB=${\nC='x\n", ".env", {}, found, Problems()) is None
    assert [problem.position.line for problem in found if problem.position] == [1, 3, 4]


@pytest.mark.parametrize("value", ["pa$hunter2", "pa${hunter2}", '"pa$hunter2"', "${NONE:-$hunter2}pa"])
def test_variable_that_is_not_set_is_empty_and_reported(tmp_path: Path, value: str) -> None:
    (tmp_path / ".env").write_text(f"GOOD=1\nA={value}\n")
    (tmp_path / "stack.yml").write_text("version: 1\nname: s\nexporters: {node: {labels: {a: '${A}'}}}\n")
    stack = load(tmp_path / "stack.yml", {})
    assert stack.exporters[0].labels == {"a": "pa"}
    (note,) = stack.notes
    assert (note.code, str(note.position)) == ("env.unset", ".env:2:1")
    assert "hunter2" not in f"{note.summary}{note.cause}{note.remedy}"


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    found = Problems()
    values = read_env(text, ".env", {}, found, Problems())
    assert bool(found) == (values is None)
    assert all(problem.position for problem in found)


@given(st.text(st.characters(exclude_characters="'\\\r", exclude_categories=["Cs"])))
def test_single_quotes_keep_every_character(text: str) -> None:
    assert read_env(f"A='{text}'\n", ".env", {}, Problems(), Problems()) == {"A": text}
