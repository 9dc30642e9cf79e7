"""References to variables are replaced as in the shell and in Compose."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.diagnostic import Diagnostic
from stackctl.manifest.problems import Problems
from stackctl.manifest.variables import read_variables, substituter

VARIABLES = {"HOST": "db", "EMPTY": ""}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${HOST}:5432", "db:5432"),
        ("${PORT:-5432}", "5432"),
        ("${EMPTY:-x}", "x"),
        ("${EMPTY}", ""),
        ("$${HOST}", "${HOST}"),
        ("$1 $value {{ $labels.job }}", "$1 $value {{ $labels.job }}"),
    ],
)
def test_replaces_references_in_braces_only(text: str, value: str) -> None:
    assert substituter(VARIABLES, lambda path: False)(text, ()) == value


def test_missing_variable_suggests_the_one_that_was_meant() -> None:
    found = substituter({"DB_PASSWORD": "x"}, lambda path: False)("${DB_PASWORD}", ())
    assert isinstance(found, Diagnostic)
    assert found.summary == "the variable `DB_PASWORD` is not set"
    assert found.remedy.endswith("Did you mean `DB_PASSWORD`?")


def test_kept_references_are_checked_but_not_replaced() -> None:
    substitute = substituter(VARIABLES, lambda path: path == ("run",))
    assert substitute("${HOST}", ("run",)) == "${HOST}"
    assert isinstance(substitute("${OTHER}", ("run",)), Diagnostic)


def test_environment_wins_over_the_env_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("A=file\nB=file\n")
    assert read_variables(tmp_path, {"A": "environment"}, Problems(), Problems()) == {"A": "environment", "B": "file"}
