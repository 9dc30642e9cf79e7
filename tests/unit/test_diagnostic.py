"""A diagnostic is shown with its place, its line, its cause and its remedy."""

from __future__ import annotations

from stackctl.diagnostic import Diagnostic, in_order, listed
from stackctl.source import Position


def test_text_has_all_parts_that_exist() -> None:
    place = Position("stack.yml", 2, 4, "a: b")
    assert str(Diagnostic("yaml.tag", "wrong tag", place, "Tags are code.", "Remove it.")) == (
        "stack.yml:2:4: wrong tag\n2 | a: b\n  |    ^\nTags are code.\nhelp: Remove it."
    )
    assert str(Diagnostic("yaml.tag", "wrong tag")) == "wrong tag"


def test_family_is_the_code_before_the_dot() -> None:
    assert Diagnostic("target.up", "down").family == "target"


def test_order_is_by_file_line_and_column() -> None:
    places = [("b.yml", 1, 1), ("a.yml", 10, 1), ("a.yml", 9, 2), ("a.yml", 9, 1)]
    found = in_order([*(Diagnostic("a.b", "x", Position(*place)) for place in places), Diagnostic("a.b", "y")])
    assert [str(each.position) for each in found] == ["None", "a.yml:9:1", "a.yml:9:2", "a.yml:10:1", "b.yml:1:1"]


def test_a_message_shows_the_first_of_many_names() -> None:
    assert listed(["a", "b"], 2) == "a, b"
    assert listed(["a", "b", "c"], 2) == "a, b and 1 more"
    assert listed([], 2) == ""
