"""Findings by their codes and families."""

from __future__ import annotations

import pytest

from stackctl.diagnostic import Diagnostic
from stackctl.errors import InputError
from stackctl.operations.selection import chosen, refuse_unknown_checks, select

KNOWN = ("target.up", "target.health", "rule.loaded")
FOUND = [
    Diagnostic("promql.never-true", "a", status="warn"),
    Diagnostic("alert.no-for", "b", status="info"),
    Diagnostic("file.format", "c"),
    Diagnostic("checker.not-installed", "d", status="skip"),
]


def test_without_names_everything_is_selected() -> None:
    assert select(FOUND, ()) == FOUND


@pytest.mark.parametrize("names", [("promql",), ("promql.never-true",)])
def test_warnings_are_selected_and_errors_stay(names: tuple[str, ...]) -> None:
    assert [each.summary for each in select(FOUND, names)] == ["a", "c", "d"]


def test_names_come_with_commas_or_repeated() -> None:
    assert chosen(["promql, file.format", "promql"], "--select") == ("promql", "file.format")


@pytest.mark.parametrize(
    ("name", "remedy"), [("promql.never-tru", "Did you mean `promql.never-true`?"), ("xyzzy", "Families: ")]
)
def test_unknown_name_has_a_remedy(name: str, remedy: str) -> None:
    with pytest.raises(InputError, match=f"--select: there is no code `{name}`") as refused:
        chosen([name], "--select")
    assert refused.value.problems[0].remedy.startswith(remedy)


@pytest.mark.parametrize("only", [[], ["target"], ["rule.loaded", "target.up"]])
def test_checks_and_families_can_be_named(only: list[str]) -> None:
    refuse_unknown_checks(only, KNOWN)


@pytest.mark.parametrize("name", ["targets", "target.", "up", "", "loaded"])
def test_unknown_check_is_refused_with_those_that_exist(name: str) -> None:
    with pytest.raises(InputError, match=f"there is no check `{name}`") as refused:
        refuse_unknown_checks(["target", name], KNOWN)
    assert refused.value.problems[0].remedy == "Checks: target.up, target.health, rule.loaded."
