"""Relative paths in the user's own Compose fields. They were written beside the manifest, not beside the tree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# The docker runtime says where the manifest lies; without it that is the folder where Compose is started.
_ROOT = "${STACKCTL_ROOT:-${PWD:-.}}"


def from_manifest(fields: Mapping[str, Any]) -> dict[str, Any]:
    """A Compose service with the relative paths of `build`, `env_file` and `volumes` starting at the manifest."""
    return {key: _FIELDS[key](value) if key in _FIELDS else value for key, value in fields.items()}


def _path(value: Any) -> Any:
    relative = isinstance(value, str) and (value in (".", "..") or value.startswith(("./", "../")))
    return f"{_ROOT}/{value}" if relative else value


def _build(value: Any) -> Any:
    # A context is a path even without a leading dot, unless it is the address of a repository.
    if isinstance(value, Mapping):
        return {**value, "context": _build(value.get("context", "."))}
    return value if not isinstance(value, str) or value.startswith(("/", "$")) or ":" in value else f"{_ROOT}/{value}"


def _env_file(value: Any) -> Any:
    if isinstance(value, list):
        return [_env_file(item) for item in value]
    if isinstance(value, Mapping):
        return {**value, "path": _env_file(value.get("path"))}
    return value if not isinstance(value, str) or value.startswith(("/", "$")) else f"{_ROOT}/{value}"


def _volumes(value: Any) -> Any:
    return [_volume(item) for item in value] if isinstance(value, list) else value


def _volume(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {**value, "source": _path(value["source"])} if "source" in value else value
    if isinstance(value, str) and value.startswith("."):
        source, colon, rest = value.partition(":")
        return f"{_path(source)}{colon}{rest}"
    return value


_FIELDS = {"build": _build, "env_file": _env_file, "volumes": _volumes}
