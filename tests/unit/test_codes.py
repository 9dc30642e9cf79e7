"""Every code of a diagnostic is in the table, and the table has no other."""

from __future__ import annotations

import ast

from stackctl.checks.registry import IDS
from stackctl.codes import ABOUT_RULES, CODES, FAMILIES, IGNORABLE
from tests.sources import MODULES, nodes

MAKERS = {"Diagnostic", "Remark"}
ERRORS = {"InputError", "Unavailable", "CheckFailed", "NoAnswer", "Busy", "TimedOut", "ChecksumMismatch"}


def literal_codes() -> set[str]:
    """Return the codes that are written where a diagnostic is made."""
    calls = (node for path in MODULES for node in nodes(path))
    first = (node.args[0] for node in calls if isinstance(node, ast.Call) and node.args and makes(node.func))
    return {argument.value for argument in first if isinstance(argument, ast.Constant)}


def makes(called: ast.expr) -> bool:
    if isinstance(called, ast.Name):
        return called.id in MAKERS
    return isinstance(called, ast.Attribute) and called.attr == "of" and getattr(called.value, "id", "") in ERRORS


def test_every_code_is_in_the_table() -> None:
    assert literal_codes() | {*IDS} <= CODES.keys()


def test_every_code_of_the_table_is_used() -> None:
    texts = {
        node.value
        for path in MODULES
        if path.name != "codes.py"
        for node in nodes(path)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert CODES.keys() <= texts | {*IDS}


def test_only_known_codes_can_be_ignored() -> None:
    assert CODES.keys() > IGNORABLE
    assert IGNORABLE | {*IDS} > ABOUT_RULES


def test_the_table_is_sorted_and_every_family_has_a_title() -> None:
    assert list(CODES) == sorted(CODES)
    assert {code.partition(".")[0] for code in CODES} == FAMILIES.keys()


def test_every_meaning_is_one_sentence() -> None:
    assert [text for text in CODES.values() if not text.endswith(".") or ". " in text] == []
