"""Text that others wrote cannot steer the terminal."""

from __future__ import annotations

import json

from stackctl.bounds import terminal


def test_shows_what_would_steer_the_terminal() -> None:
    hostile = "a\x1b]0;title\x07b\x1b[31mred\x1b[0m\x1b[2Jc\r\x9b31m\u202ed\u2066\ud800"
    assert terminal.cleaned(hostile) == "a\\u001b]0;title\\u0007bred\\u001b[2Jc\\u000d\\u009b31m\\u202ed\\u2066\\ud800"
    assert terminal.cleaned("ä\tb\nc ✓ 日本") == "ä\tb\nc ✓ 日本"


def test_keeps_our_own_styles() -> None:
    assert terminal.cleaned(terminal.styled("ok", "32") + "\x1b[31m!") == "\x1b[32mok\x1b[0m!"


def test_json_stays_the_same() -> None:
    value = {"a": "\x1b[31m\x7f\u202e\x85\u2028"}
    shown = terminal.cleaned(json.dumps(value, ensure_ascii=False))
    assert json.loads(shown) == value
    assert shown.isprintable()
