"""Secrets and logins."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator

from stackctl.manifest.document import Scalar
from stackctl.manifest.fields.text import schema, text_of, wrong
from stackctl.source import Secret

# All that bcrypt looks at.
_BCRYPT_BYTES = 72


def _secret(value: Any) -> Secret:
    return Secret(text_of(value))


def _user_name(value: Any) -> str:
    text = text_of(value)
    if not text or ":" in text or not text.isprintable():
        raise wrong(f"not a valid user name for basic auth: `{text}`", "Use a name without a colon.")
    return text


def _password(value: Any) -> Secret:
    """Validate a password that Prometheus hashes with bcrypt, and reads from a file without the spaces around it."""
    text = text_of(value)
    if not text:
        raise wrong("the password is empty", "Set a password; an empty variable does not count.")
    if text != text.strip() or not text.isprintable():
        raise wrong("a password with spaces around it, or with line breaks, would not be read as written", "Change it.")
    if len(text.encode()) > _BCRYPT_BYTES:
        raise wrong(f"the password is longer than the {_BCRYPT_BYTES} bytes that bcrypt uses", "Shorten it.")
    return Secret(text)


def _maybe_variable(value: Any) -> str | Secret:
    """Text; a secret when a variable gave a part of it."""
    return Secret(text_of(value)) if isinstance(value, Scalar) and value.variable else text_of(value)


SecretText = Annotated[Secret, BeforeValidator(_secret), schema("string")]
UserName = Annotated[str, BeforeValidator(_user_name), schema("string")]
Password = Annotated[Secret, BeforeValidator(_password), schema("string")]
# Text that is a secret when it came through a variable: str or Secret.
MaybeSecret = Annotated[Any, BeforeValidator(_maybe_variable), schema("string")]
