"""What is secret is replaced in every text that is printed."""

from __future__ import annotations

import pytest

from stackctl import redaction
from stackctl.report import console


def test_short_secrets_are_hidden_by_place_only() -> None:
    redaction.hide(["a", "secret-one"])
    assert redaction.shown("a path that has secret-one in it") == "a path that has *** in it"


def test_names_of_the_stack_are_shown_whatever_they_are_the_password_of() -> None:
    redaction.hide(["prometheus"])
    redaction.publish(["prometheus"])
    assert redaction.shown("prometheus is ready") == "prometheus is ready"


def test_what_is_printed_is_redacted(capsys: pytest.CaptureFixture[str]) -> None:
    redaction.hide(['two"words'])
    console.out('said "two\\"words" by a server at http://u:p@host/')
    console.note('two"words')
    out = capsys.readouterr()
    assert (out.out, out.err) == ('said "***" by a server at http://***@host/\n', "***\n")
