"""The user's own Compose services: paths that start at the manifest, and the names that the project has to declare."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

# The docker runtime says where the manifest is; without it that is the folder where Compose is started.
_ROOT = "${STACKCTL_ROOT:-${PWD:-.}}"

_VOLUME_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


def from_manifest(fields: Mapping[str, Any]) -> dict[str, Any]:
    """A Compose service with the relative paths of `build`, `env_file` and `volumes` starting at the manifest.

    What Compose does not accept stays as it is: that is for its schema to say.
    """
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


def extended(service: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """The Compose service of a component with `more` fields of the user's: lists grow, the rest is theirs.

    The component stays on the project's own network, on which the others reach it.
    """
    result = {"networks": ["default"], **service} if "networks" in more else dict(service)
    for key, value in more.items():
        result[key] = _grown(key, result[key], value) if key in result else value
    return result


# What Compose takes as a list or as a mapping.
_NAMED = frozenset({"environment", "extra_hosts", "networks"})


def _grown(key: str, own: Any, more: Any) -> Any:
    if key in _NAMED and (isinstance(own, Mapping) or isinstance(more, Mapping)):
        ours, theirs = _by_name(own), _by_name(more)
        return more if ours is None or theirs is None else {**ours, **theirs}
    if isinstance(own, list) and isinstance(more, list | str):
        added = [more] if isinstance(more, str) else more
        return [*own, *(item for item in added if item not in own)]
    return more


def _by_name(value: Any) -> dict[str, Any] | None:
    """A mapping, or a list of `NAME=value`, `NAME:value` or names, by its names; None for what is neither."""
    if isinstance(value, Mapping):
        return dict(value)
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        return None
    parted = [re.split("[=:]", item, maxsplit=1) for item in value]
    return {name: rest[0] if rest else None for name, *rest in parted}


def volumes_of(fields: Mapping[str, Any]) -> Iterator[str]:
    """The named volumes that a Compose service mounts."""
    mounts = fields.get("volumes")
    for mount in mounts if isinstance(mounts, list | tuple) else ():
        if isinstance(mount, Mapping):
            name, colon = str(mount.get("source", "")), mount.get("type") == "volume"
        else:
            name, colon, _ = str(mount).partition(":")
        if colon and _VOLUME_NAME.fullmatch(name):
            yield name


def networks_of(fields: Mapping[str, Any]) -> Iterator[str]:
    """The networks that a Compose service joins, but for the project's own."""
    joined = fields.get("networks")
    names = joined if isinstance(joined, Mapping | list | tuple) else ()
    yield from (name for name in names if isinstance(name, str) and name != "default")
