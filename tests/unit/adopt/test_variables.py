"""Variables of Compose files."""

from __future__ import annotations

import pytest

from stackctl.adopt.variables import (
    as_manifest,
    filled,
    in_compose,
    required_variables,
    with_known,
    with_marks,
    without_marks,
)


@pytest.mark.parametrize(
    ("written", "value", "in_manifest"),
    [
        ("${A}", "1", "${A}"),
        ("$A", "1", "${A}"),
        ("${B:-x}", "x", "${B:-x}"),
        ("${B-x}", "x", "${B:-x}"),
        ("${B}", "", "${B:-}"),
        ("${B:?set it}", "", "${B}"),
        ("${B:-${A:-c}}", "1", "${B:-1}"),
        ("${B:-{x}}", "{x}", "{x}"),
        ("${B:-${C:-deep}}/x", "deep/x", "${B:-deep}/x"),
        ("${A:+set}${B:+not}", "set", "set"),
        ("${E-x}${E:-y}", "y", "${E:-x}${E:-y}"),
        ("a$$b", "a$b", "a$b"),
        ("5$", "5$", "5$"),
        ("${open", "${open", "${open"),
        ("${not a name}", "${not a name}", "${not a name}"),
    ],
)
def test_variables_as_compose_fills_them_in(written: str, value: str, in_manifest: str) -> None:
    variables = {"A": "1", "E": ""}
    assert filled(written, variables) == value
    assert as_manifest(written, variables) == in_manifest


def test_only_known_variables_are_filled_in() -> None:
    assert with_known("${A} $B $$A ${C:-$A}", {"A": "1$x"}) == "1$$x $B $$A ${C:-$A}"


def test_variables_without_a_default_are_required() -> None:
    assert [*required_variables("$A ${B} ${C:-x} ${D:?no} $$E ${F:+x}")] == ["A", "B", "D"]


@pytest.mark.parametrize("text", ["a", "${A:-b}c$D", "${A:-${B:-c}}${A}", "$${A} ${B}", "${0} $1", "$$ 5$ ${7} ${A}"])
def test_marks_stand_for_references(text: str) -> None:
    references: list[str] = []
    marked = with_marks(text, references)
    assert not any(each in marked for each in ("${A", "${B", "$D")) or "$${A}" in text
    assert without_marks(marked, references) == text


@pytest.mark.parametrize(
    ("written", "made"),
    [
        ("${A}/${B:-c}", "${A}/${B:-c}"),
        ("$A-${B}", "${A}-${B:-}"),
        ("${A:?set it} ${B?}", "${A} ${B}"),
        ("${B-c} ${B:-${A}}", "${B:-c} ${B:-one}"),
        ("${A:+is}${B:+not}", "is"),
        ("$$A $${A} (x|$$) ^$", "$$A $${A} (x|$$) ^$"),
        ("${B:-$$c}", "${B:-$$c}"),
    ],
)
def test_references_have_the_forms_of_the_manifest_in_compose_s_words(written: str, made: str) -> None:
    assert in_compose(written, {"A": "one"}) == made
