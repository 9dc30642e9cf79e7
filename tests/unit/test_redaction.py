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


@pytest.mark.parametrize(
    "text",
    [
        "http://user:hunter2@host",
        "user:hunter2@host.example.org",
        "https://host/?token=hunter2",
        "https://host:hunter2",
        "xoxb-123456789012-abcdef",
        "https://hooks.slack.com/services/T000/B000/XXXX",
    ],
)
def test_value_that_reveals_a_secret_is_looked_for_in_its_file(text: str) -> None:
    assert redaction.telling(text)
    assert redaction.may_tell(f"key: '{text}'\n")
    assert redaction.may_tell(f"key: >-\n  {text}\n")


def test_escape_in_a_file_may_stand_for_anything() -> None:
    assert redaction.may_tell('key: "user:hunter2\\x40host"')
    assert not redaction.may_tell("expr: sum by (job) (rate(errors_total{code='500'}[5m])) > 0.1")


@pytest.mark.parametrize(
    ("value", "secrets"),
    [
        ("https://${DOMAIN:-localhost}", []),
        ("https://${DOMAIN:-localhost}/grafana/", []),
        ("http://${HOST:-a}:${PORT:-3000}", []),
        ("http://${HOST:-a}:3000", []),
        ("http://user:${PASS:-notareal1}@host", ["${PASS:-notareal1}"]),
        ("http://${WHO:-user}:notareal1", ["-user}:notareal1"]),
    ],
)
def test_default_of_a_variable_is_no_login_of_an_address(value: str, secrets: list[str]) -> None:
    assert [*dict.fromkeys(redaction.telling(value))] == secrets
