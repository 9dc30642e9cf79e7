"""Fields of Compose that the manifest may add to a component's container, and those that stackctl needs as they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stackctl import conventions as c
from stackctl.components.component import Component

# A place below `docker`, what is wrong there, and the remedy.
Found = tuple[tuple[str | int, ...], str, str]

# Fields that stackctl sets: the keys of a component that say the same, or nothing.
_ELSEWHERE = {
    "image": "`image`",
    "build": "`image`",
    "ports": "`listen`",
    "mem_limit": "`resources.memory`",
    "cpus": "`resources.cpus`",
    "deploy": "`resources`",
    "command": "",
    "entrypoint": "",
    "container_name": "",
    "extends": "",
    "healthcheck": "",
    "network_mode": "",
    "profiles": "",
    "scale": "",
    "working_dir": "",
}
_OF_DATA = "`backup` saves the volume that stackctl makes."


def contradictions(component: Component, fields: Mapping[str, Any]) -> Iterator[Found]:
    """Yield each of the `fields` for a component's container that cannot be set."""
    for key in fields:
        if key in _ELSEWHERE:
            said = _ELSEWHERE[key]
            yield (key,), "stackctl sets it itself", f"Write {said} of the component." if said else "Remove it."
    if "user" in fields and component.container.data:
        yield ("user",), "the data of the component belongs to the user of its image", "Remove it."
    for name in _variables(fields.get("environment")):
        if component.own_variables and name.startswith(component.own_variables):
            message, remedy = f"stackctl sets `{name}` itself", "Use a setting of the component instead."
            yield ("environment",), message, remedy
    for index, target in _targets(fields.get("volumes")):
        if component.container.data and _overlap(target, component.container.data):
            message = f"the data of the component is at `{component.container.data}`"
            yield ("volumes", index), message, f"Mount something at another path. {_OF_DATA}"
        elif _overlap(target, c.CONTAINER_MOUNT):
            yield ("volumes", index), "the configuration of the stack is mounted there", "Mount it at another path."


def _variables(written: Any) -> list[str]:
    if isinstance(written, Mapping):
        return [str(name) for name in written]
    return [str(each).partition("=")[0] for each in written] if isinstance(written, list) else []


def _targets(mounts: Any) -> Iterator[tuple[int, str]]:
    """The mounts in a list, with where they are in the container."""
    for index, mount in enumerate(mounts if isinstance(mounts, list) else ()):
        if isinstance(mount, Mapping):
            yield index, str(mount.get("target", ""))
        else:
            source, _, rest = str(mount).partition(":")
            yield index, (rest or source).partition(":")[0]


def _overlap(one: str, other: str) -> bool:
    """Return whether a folder is the other, or one of the two is in the other."""
    first, second = one.rstrip("/") + "/", other.rstrip("/") + "/"
    return first.startswith(second) or second.startswith(first)
