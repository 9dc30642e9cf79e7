"""Blocks of the manifest that other programs define: passed on as written, their secrets recognised by their keys."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from stackctl.manifest.document import SECRET_KEYS, Scalar, plain_value
from stackctl.manifest.fields import kind, wrong
from stackctl.source import Secret

# The lists of Alertmanager's whose `token` is a secret.
_WITH_TOKENS = frozenset({"pushover_configs", "rocketchat_configs"})


def _block(value: Any) -> Any:
    if not isinstance(value, dict):
        raise wrong(f"expected a mapping, got {kind(value)}")
    return _with_secrets(value)


def _plain_block(value: Any) -> Any:
    if not isinstance(value, dict):
        raise wrong(f"expected a mapping, got {kind(value)}")
    return plain_value(value)


def _webhook(value: Any) -> Any:
    """A webhook's URL is shown as any other, unless it came through a variable: then it holds a token."""
    block = _block(value)
    url = value.get("url")
    return {**block, "url": Secret(str(url))} if isinstance(url, Scalar) and url.variable else block


def _opsgenie(value: Any) -> Any:
    """Opsgenie's `api_url` names a region: no secret, unlike Slack's, and Alertmanager reads it from no file."""
    block = _block(value)
    url = value.get("api_url")
    return {**block, "api_url": str(url)} if isinstance(url, str) else block


def _tokens(value: Any) -> Any:
    """A block whose `token` is a secret, which it is not everywhere."""
    block = _block(value)
    token = value.get("token")
    return {**block, "token": Secret(str(token))} if isinstance(token, str) else block


def _with_secrets(value: Any) -> Any:
    """Values under the keys of secrets become `Secret`s, at any depth of another program's block."""
    if isinstance(value, dict):
        return {key: _maybe_secret(key, item) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_secrets(item) for item in value]
    return plain_value(value)


def _maybe_secret(key: str, value: Any) -> Any:
    if key in _WITH_TOKENS and isinstance(value, list):
        return [_tokens(item) if isinstance(item, dict) else _with_secrets(item) for item in value]
    return Secret(str(value)) if key in SECRET_KEYS and isinstance(value, str) else _with_secrets(value)


_OBJECT = WithJsonSchema({"type": "object"})
# A block that another program defines: kept as written, its secrets recognised by their keys.
Passthrough = Annotated[dict[str, Any], BeforeValidator(_block), _OBJECT]
PlainBlock = Annotated[dict[str, Any], BeforeValidator(_plain_block), _OBJECT]
Webhook = Annotated[dict[str, Any], BeforeValidator(_webhook), _OBJECT]
Opsgenie = Annotated[dict[str, Any], BeforeValidator(_opsgenie), _OBJECT]
Tokens = Annotated[dict[str, Any], BeforeValidator(_tokens), _OBJECT]
