"""Blocks of the manifest that other programs define: passed on as written, their secrets recognised by their keys."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from stackctl import secret_keys
from stackctl.manifest import secret_places
from stackctl.manifest.document import plain_value
from stackctl.manifest.fields import kind, wrong
from stackctl.source import Secret


def integration(name: str, value: Any) -> Any:
    """One integration of a receiver, or a list of them, with its secrets recognised by Alertmanager's keys."""
    return _with_secrets(value, secret_places.section(name)) if isinstance(value, dict | list) else value


def _block(value: Any) -> Any:
    if not isinstance(value, dict):
        raise wrong(f"expected a mapping, got {kind(value)}")
    return _with_secrets(value, "")


def _plain_block(value: Any) -> Any:
    if not isinstance(value, dict):
        raise wrong(f"expected a mapping, got {kind(value)}")
    return plain_value(value)


def _with_secrets(value: Any, owner: str) -> Any:
    """Values under the keys of secrets become `Secret`s, at any depth of another program's block.

    `owner` is the key of the mapping. What products take for a secret only in part (headers, URLs) is found when it
    is rendered.
    """
    if isinstance(value, dict):
        return {key: _item(key, item, owner) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_secrets(item, owner) for item in value]
    return plain_value(value)


def _item(key: str, value: Any, owner: str) -> Any:
    below = owner if owner == "http_headers" else key
    if isinstance(value, str) and _is_secret(key, value, owner):
        return Secret(str(value))
    if owner == "http_headers" and key == "secrets" and isinstance(value, list):
        return [Secret(str(item)) if isinstance(item, str) else item for item in value]
    return _with_secrets(value, below)


def _is_secret(key: str, value: str, owner: str) -> bool:
    if (owner, key) == ("webhook_configs", "url"):
        # A variable gives what is not for everybody to see.
        return bool(getattr(value, "variable", False)) or not secret_places.is_local_url(value)
    return secret_keys.is_secret(owner, key)


_OBJECT = WithJsonSchema({"type": "object"})


# A block that another program defines: kept as written, its secrets recognised by their keys.
Passthrough = Annotated[dict[str, Any], BeforeValidator(_block), _OBJECT]
PlainBlock = Annotated[dict[str, Any], BeforeValidator(_plain_block), _OBJECT]
