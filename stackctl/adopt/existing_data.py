"""The data of the servers of a set-up: what the stack can take over, and what stays where it is."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from stackctl.adopt.compose import Container, mounted, named_volumes
from stackctl.adopt.mounts import data_place, data_places
from stackctl.adopt.remarks import changed
from stackctl.adopt.source import Source
from stackctl.adopt.variables import filled
from stackctl.components import registry
from stackctl.conventions import DATA_FOLDER
from stackctl.diagnostic import Diagnostic


@dataclass(frozen=True)
class ExistingData:
    """The data of a component: where it is, and its name in `data: {from: ...}`, "" where that cannot take it over.

    `volume` is the name that Docker has for it, "" for a folder. `below` is the folder in it that has the data, "" for
    it as a whole.
    """

    component: str
    place: str
    source: str = ""
    volume: str = ""
    below: str = ""

    def is_used(self, name: str) -> bool:
        """Return whether a stack of that name has it as its own: the volume is called as the stack's would be."""
        return self.volume == f"{name}_{registry.component(self.component).service}-data"


def existing_data(containers: Iterable[Container], compose: Source, project: str) -> list[ExistingData]:
    """Return the data of containers that run components, of a Compose project of the name `project`."""
    return [found for container in containers for found in _of_container(container, compose, project)]


def _of_container(container: Container, compose: Source, project: str) -> Iterator[ExistingData]:
    known = registry.component(container.component)
    places, volumes = data_places(container, known), named_volumes(container.block, container.variables)
    used, mounts = data_place(container, known), mounted(container)
    for inside, place in mounts.items():
        if inside in places:
            is_volume, has_own = inside in volumes, inside != used and used in mounts
            named = _volume_name(place, compose, project, container) if is_volume else _as_folder(place)
            below = posixpath.relpath(used, inside) if used.startswith(f"{inside}/") and not has_own else ""
            is_there = inside == used or below in (([DATA_FOLDER] if is_volume else [below]) if below else ())
            source = named if is_volume or not below else posixpath.join(named, below)
            is_taken = is_there and known.refuse_data is not None
            yield ExistingData(known.name, place, source if is_taken else "", named if is_volume else "", below)


def _volume_name(key: str, compose: Source, project: str, container: Container) -> str:
    """Return the name that Docker has for a volume of the Compose file."""
    known = compose.data.get("volumes")
    described = known.get(key) if isinstance(known, Mapping) else None
    described = described if isinstance(described, Mapping) else {}
    external = described.get("external")
    name = described.get("name") or (external.get("name") if isinstance(external, Mapping) else None)
    return filled(str(name), container.variables) if name else key if external else f"{project}_{key}"


def _as_folder(path: str) -> str:
    """Return a path as `data` takes it for one of a folder."""
    return path if "/" in path or path in (".", "..") else f"./{path}"


def taken_over(found: Iterable[ExistingData]) -> dict[str, dict[str, Any]]:
    """Return the settings of components by which the stack takes over their data."""
    return {each.component: {"data": {"from": each.source}} for each in found if each.source}


def other_volumes(containers: Iterable[Container], compose: Source, data: Iterable[ExistingData]) -> list[str]:
    """Return the volumes of a Compose project besides the `data` of components, by the file's words for them."""
    places, known = {each.place for each in data}, compose.data.get("volumes")
    named = [name for each in containers for name in named_volumes(each.block, each.variables).values()]
    described = known if isinstance(known, Mapping) else {}
    return [name for name in dict.fromkeys(named) if name and name not in places and not is_named(described.get(name))]


def is_named(described: Any) -> bool:
    """Return whether the Compose file names a volume itself, or it is somebody else's."""
    return isinstance(described, Mapping) and bool(described.get("name") or described.get("external"))


def shared_data(
    found: list[ExistingData], containers: Iterable[Container], compose: Source, name: str
) -> Iterator[Diagnostic]:
    """Report the containers that mount the data of a component, which the stack, called `name`, has elsewhere."""
    for container in containers:
        for data in (each for each in found if each.place in mounted(container).values() and not each.is_used(name)):
            service = registry.component(data.component).service
            summary = f"`{container.name}` does not see the data of {data.component} any more"
            why = f"It mounts `{data.place}`, and the stack has this data in a volume of its own."
            remedy = f"Mount `{service}-data` there."
            yield changed(summary, compose.at("services", container.name, "volumes"), why, remedy)


def volume_remarks(volumes: list[str], compose: Source, project: str, name: str) -> Iterator[Diagnostic]:
    """Report the volumes of other containers: those of the Compose project if the stack has its `name`, or new ones."""
    shown, at = ", ".join(f"`{project}_{each}`" for each in volumes), compose.at("volumes")
    if volumes and name == project:
        why = "The stack has the name of the Compose project. What is in these volumes is kept."
        yield changed(f"{shown} {'is' if len(volumes) == 1 else 'are'} the stack's too", at, why)
    elif volumes:
        why = f"The stack is called `{name}`, and not `{project}` as the Compose project. They stay, and are not used."
        remedy = "Copy what is in them to the new ones, if it is needed."
        yield changed(f"the stack has new volumes instead of {shown}", at, why, remedy)


def data_remarks(found: list[ExistingData], compose: Source, name: str, *, take_over: bool) -> Iterator[Diagnostic]:
    """Report the data that the stack, called `name`, takes over, and how it can, and what stays where it is."""
    used = [each for each in found if each.is_used(name) and not each.below]
    ours = [each for each in found if each.source and take_over and each not in used]
    others = [each for each in found if each not in ours and each not in used]
    at = compose.at("services")
    if used:
        names = ", ".join(f"`{each.volume}`" for each in used)
        why = "The volumes of the stack have the same names as those of the Compose project, so it goes on with them."
        remedy = "Give the stack another `name` to leave them as they are."
        yield changed(f"the stack begins with the data in {names}, which is not copied", at, why, remedy)
    if ours:
        names = ", ".join(f"`{each.source}`" for each in ours)
        why = "It is copied once, and what is there stays as it is."
        yield changed(f"the stack begins with the data in {names}", at, why, "Run `stackctl up --take-over`.")
    if others:
        names = ", ".join(f"`{each.place}`" for each in others)
        taken = [each for each in others if each.source and not each.is_used(name)]
        lines = [f"`data: {{from: {each.source}}}` under `{each.component}`" for each in taken]
        remedy = f"To take it over, write {', '.join(lines)}, or adopt with --take-over." if lines else ""
        remedy = remedy or ("To take it over, adopt with --take-over." if any(each.source for each in others) else "")
        why = f"That stays where it is, in {names}."
        yield changed("the stack begins without the data of the set-up", at, why, remedy)
