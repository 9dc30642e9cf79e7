"""Names that say that their values are secret."""

from __future__ import annotations

import pytest

from stackctl.secret_names import is_setting, sounds_secret


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "DB_PASSWORD",
        "apiKey",
        "X-Auth-Token",
        "GF_SMTP_PASSWORD",
        "app.api.token",
        "dsn",
        "PW",
        "dbpassword",
        "requirepass",
    ],
)
def test_recognizes_names_of_secrets(name: str) -> None:
    assert sounds_secret(name)


@pytest.mark.parametrize("name", ["PASSWORD_FILE", "token_url", "secret_name", "path", "keyboard"])
def test_accepts_names_of_what_is_public(name: str) -> None:
    assert not sounds_secret(name)


def test_switch_with_a_word_of_secrets_is_a_setting() -> None:
    assert is_setting("GF_SECRET_ROTATION", "true")
    assert is_setting("TOKEN_LIFETIME", "15m")
    assert not is_setting("TOKEN_LIFETIME", "abc123")
    assert not is_setting("DB_PASSWORD", "123456")
