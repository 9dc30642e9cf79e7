"""Secrets and logins."""

from __future__ import annotations

import pytest

from stackctl.manifest.document import Scalar
from stackctl.manifest.fields import MaybeSecret, Password, SecretText, UserName
from stackctl.source import Secret
from tests.unit.manifest.fields.reading import read, refusal


def test_secret_is_not_shown() -> None:
    found = read(SecretText, "hunter2")
    assert (found.reveal(), "hunter2" in repr(found)) == ("hunter2", False)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("", "the password is empty"),
        (" right-horse", "a password with spaces around it"),
        ("right\nhorse", "a password with spaces around it, or with line breaks"),
        ("ü" * 37, "the password is longer than the 72 bytes"),
    ],
)
def test_password_that_prometheus_would_read_otherwise_is_refused(written: str, message: str) -> None:
    said, remedy = refusal(Password, written)
    assert said.startswith(message)
    assert not written.strip() or written not in said + remedy


def test_longest_password_is_taken() -> None:
    assert read(Password, "ü" * 36) == Secret("ü" * 36)


@pytest.mark.parametrize("name", ["", "a:b", "a\tb"])
def test_user_name_fits_into_a_header(name: str) -> None:
    assert "not a valid user name" in refusal(UserName, name)[0]


def test_text_that_came_by_a_variable_is_a_secret() -> None:
    assert read(MaybeSecret, Scalar.of("a", plain=True, variable=True)) == Secret("a")
    assert read(MaybeSecret, Scalar("a")) == "a"
