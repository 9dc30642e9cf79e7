"""Texts from where the stack runs are shown without secrets."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from stackctl.source import Secret
from stackctl.verification.place import secrets, shown


@dataclass(frozen=True)
class Settings:
    name: str
    login: dict[str, Secret]
    tokens: tuple[object, ...]


def test_finds_secrets_at_any_depth() -> None:
    settings = Settings("x", {"password": Secret("one-secret")}, ([Secret("two-secret")], 3))
    assert list(secrets(settings)) == ["one-secret", "two-secret"]


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("login right-horse failed", "login *** failed"),
        ("GET http://me:pw@host/x?token=abc", "GET http://***@host/x?***"),
        ("\x1b[31mred\x07", "[31mred"),
        ("a\n\tb", "a\n\tb"),
    ],
)
def test_hides_secrets_and_control_characters(text: str, seen: str) -> None:
    assert shown(text, ["right-horse", "a"]) == seen


def test_longest_secret_is_hidden_first() -> None:
    assert shown("right-horse-battery", ["right-horse", "right-horse-battery"]) == "***"
