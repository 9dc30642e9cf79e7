"""Compose files one over the other, as Compose merges them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from stackctl.adopt.source import Source, as_text

# The tags with which a file says that its value is not merged.
RESET, OVERRIDE = "!reset", "!override"
# Lists that are one thing, and those of names with values.
_REPLACED = frozenset({"command", "entrypoint", "test"})
_PAIRS = frozenset({"environment", "labels", "annotations", "sysctls", "args"})
# What may be a text in the place of a list with it, and a list of names in the place of a mapping.
_TEXTS = frozenset({"dns", "dns_search", "env_file", "label_file", "tmpfs"})
_NAMES = {"depends_on": {"condition": "service_started"}, "networks": None}
_ONE_OF_A_PLACE = frozenset({"volumes", "configs", "secrets"})


@dataclass(frozen=True)
class _Alone:
    """A value that takes the place of what it is merged over; one of None removes it."""

    value: Any


def tagged(source: Source) -> dict[str, Any]:
    """Return the data of a Compose file, in which values with a tag are marked for `merged`."""
    data: Any = dict(source.data)
    for path, tag in (source.document.tags if source.document else {}).items():
        data = _marked(data, path, tag)
    return dict(data)


def _marked(data: Any, path: tuple[str | int, ...], tag: str) -> Any:
    if not path:
        return _Alone(None if tag == RESET else data)
    first, *rest = path
    if isinstance(data, Mapping):
        return {key: _marked(value, tuple(rest), tag) if key == first else value for key, value in data.items()}
    if isinstance(data, list):
        return [_marked(value, tuple(rest), tag) if index == first else value for index, value in enumerate(data)]
    return data


def settled(data: Any) -> Any:
    """Return data without marks: what is removed is gone."""
    if isinstance(data, _Alone):
        return settled(data.value)
    if isinstance(data, Mapping):
        return {key: settled(value) for key, value in data.items() if not _is_removed(value)}
    return [settled(value) for value in data if not _is_removed(value)] if isinstance(data, list) else data


def _is_removed(value: Any) -> bool:
    return isinstance(value, _Alone) and value.value is None


def merged(below: Any, over: Any, key: str = "") -> Any:
    """Merge what two Compose files have under a key, mappings by their keys, lists one after the other."""
    if isinstance(over, _Alone):
        return over
    if below is None or over is None or isinstance(below, _Alone):
        return below if over is None else over
    if key in _TEXTS:
        below, over = _listed(below), _listed(over)
    if key in _NAMES and (isinstance(below, Mapping) or isinstance(over, Mapping)):
        below, over = _named(below, key), _named(over, key)
    if key in _PAIRS:
        # Compose finds no name to remove in a list.
        kept = {
            name: value for name, value in pairs(over).items() if not (isinstance(below, list) and _is_removed(value))
        }
        below, over = pairs(below), kept
    if key == "build":
        below, over = ({"context": each} if isinstance(each, str) else each for each in (below, over))
    if isinstance(below, Mapping) and isinstance(over, Mapping):
        if key == "logging" and over.get("driver", below.get("driver")) != below.get("driver"):
            return over
        return {**below, **{name: merged(below.get(name), value, name) for name, value in over.items()}}
    if isinstance(below, list) and isinstance(over, list) and key not in _REPLACED:
        return _by_place(below, over, key) if key in _ONE_OF_A_PLACE else _united(below, over, lambda each: each)
    return over


def _by_place(below: list[Any], over: list[Any], key: str) -> list[Any]:
    """Two lists of mounts: the later one of a place counts."""
    return _united(below, over, place_of_volume if key == "volumes" else _place_of_file)


def _united(below: list[Any], over: list[Any], place: Callable[[Any], Any]) -> list[Any]:
    result = list(below)
    for each in over:
        at = next((index for index, known in enumerate(result) if place(known) == place(each)), None)
        result = [*result, each] if at is None else [*result[:at], each, *result[at + 1 :]]
    return result


def place_of_volume(volume: Any) -> str:
    """Return the path at which a container has a volume, as it is written."""
    if isinstance(volume, Mapping):
        return str(volume.get("target") or "").rstrip("/")
    parts = parted(str(volume))
    return parts[1 if len(parts) > 1 else 0].rstrip("/")


def _place_of_file(attached: Any) -> str:
    if isinstance(attached, Mapping):
        return str(attached.get("target") or attached.get("source") or "")
    return str(attached)


def parted(text: str) -> list[str]:
    """Return the parts of a text between its colons, but for those in `${...}`."""
    parts, depth = [""], 0
    for letter in text:
        depth += (letter == "{") - (letter == "}")
        if letter == ":" and depth <= 0:
            parts.append("")
        else:
            parts[-1] += letter
    return parts


def pairs(written: Any) -> dict[str, Any]:
    """Return names with values that are written as a mapping, or as a list of `name=value`.

    A name alone stands for the variable of the environment.
    """
    if isinstance(written, Mapping):
        return {str(name): value if isinstance(value, _Alone) else as_text(value) for name, value in written.items()}
    parts = [str(each).partition("=") for each in written] if isinstance(written, list) else []
    return {name: value if equals else f"${{{name}:-}}" for name, equals, value in parts}


def _listed(written: Any) -> Any:
    return written if isinstance(written, list) else [written]


def _named(written: Any, key: str) -> Any:
    return {str(each): _NAMES[key] for each in written} if isinstance(written, list) else written
