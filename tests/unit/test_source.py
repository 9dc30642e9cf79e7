"""Positions are shown with a caret; secrets are never shown."""

from __future__ import annotations

from stackctl.source import LINE_SHOWN, Position, Secret


def test_caret_is_under_the_column() -> None:
    assert Position("stack.yml", 7, 3, "a: b").snippet() == "7 | a: b\n  |   ^"


def test_tabs_stay_tabs_before_the_caret() -> None:
    assert Position("stack.yml", 10, 3, "\t\tx").snippet() == "10 | \t\tx\n   | \t\t^"


def test_long_line_is_cut_around_the_caret() -> None:
    text = "a" * 1000 + "!" + "b" * 1000
    line, caret = Position("d.json", 1, 1001, text).snippet().splitlines()
    assert len(line) == len("1 | ") + LINE_SHOWN + 2 * len("...")
    assert line[caret.index("^")] == "!"


def test_file_as_a_whole_has_no_line() -> None:
    assert str(Position("stack.yml")) == "stack.yml"
    assert str(Position("stack.yml", 2, 5)) == "stack.yml:2:5"
    assert Position("stack.yml", text="a: b").snippet() == ""


def test_secret_is_hidden_in_every_text_form() -> None:
    secret = Secret("right-horse")
    assert {str(secret), f"{secret}", f"{secret:>3}"} == {"***"}
    assert "right-horse" not in repr([secret])
    assert secret.reveal() == "right-horse"
