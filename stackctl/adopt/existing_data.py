"""The data of the servers of a set-up: what the stack can take over, and what stays where it is."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from stackctl.adopt.compose import Container, mounted, named_volumes
from stackctl.adopt.mounts import data_places
from stackctl.adopt.remarks import changed
from stackctl.adopt.source import Source
from stackctl.adopt.variables import filled
from stackctl.components import registry
from stackctl.diagnostic import Diagnostic


@dataclass(frozen=True)
class ExistingData:
    """The data of a component: where it is, and its name in `data: {from: ...}`, "" where that cannot take it over."""

    component: str
    place: str
    source: str = ""


def existing_data(containers: Iterable[Container], compose: Source, project: str) -> list[ExistingData]:
    """Return the data of containers that run components, of a Compose project of the name `project`."""
    return [found for container in containers for found in _of_container(container, compose, project)]


def _of_container(container: Container, compose: Source, project: str) -> Iterator[ExistingData]:
    known = registry.component(container.component)
    places, volumes = data_places(container, known), named_volumes(container.block, container.variables)
    given = [*container.started.given("storage.tsdb.path"), *container.started.given("storage.path")]
    used = posixpath.normpath(given[-1] if given and given[-1].startswith("/") else known.container.data or "/")
    for inside, place in mounted(container).items():
        if inside in places:
            named = _volume_name(place, compose, project, container) if inside in volumes else _as_folder(place)
            is_whole = inside == used and known.refuse_data is not None
            yield ExistingData(known.name, place, named if is_whole else "")


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


def names_a_volume(source: str) -> bool:
    """Return whether a source of `data` is the name of a volume, and not a path."""
    return bool(source) and "/" not in source and source not in (".", "..")


def taken_over(found: Iterable[ExistingData]) -> dict[str, dict[str, Any]]:
    """Return the settings of components by which the stack takes over their data."""
    return {each.component: {"data": {"from": each.source}} for each in found if each.source}


def data_remarks(found: list[ExistingData], compose: Source, *, take_over: bool, rename: bool) -> Iterator[Diagnostic]:
    """Report the data that the stack takes over, and how it can, and the data that stays where it is.

    `rename` says that the stack has the name of the Compose project, which its volumes would be removed with.
    """
    ours = [each for each in found if each.source and take_over]
    others = [each for each in found if each not in ours]
    at = compose.at("services")
    if ours:
        names = ", ".join(f"`{each.source}`" for each in ours)
        why = "It is copied once, and what is there stays as it is."
        yield changed(f"the stack begins with the data in {names}", at, why, "Run `stackctl up --take-over`.")
    if others:
        names = ", ".join(f"`{each.place}`" for each in others)
        lines = [f"`data: {{from: {each.source}}}` under `{each.component}`" for each in others if each.source]
        first = [*(["another `name` than that of the Compose project"] if rename and lines else []), *lines]
        remedy = f"To take it over, write {', '.join(first)}, or adopt with --take-over." if lines else ""
        why = f"That stays where it is, in {names}."
        yield changed("the stack begins without the data of the set-up", at, why, remedy)
