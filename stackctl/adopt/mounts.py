"""Mounts of a component's container that it keeps: those of files which the stack does not give it anyway."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterator
from typing import Any

from stackctl.adopt.compose import Container, mounted, volume_entries
from stackctl.components.component import Component
from stackctl.conventions import DATA_FOLDER

# What exporters see of the machine: those of the stack do so too.
_OF_THE_MACHINE = frozenset(
    {"/", "/proc", "/sys", "/dev", "/dev/disk", "/dev/kmsg", "/run", "/var/run", "/var/lib/docker", "/cgroup"}
    | {"/sys/fs/cgroup", "/var/run/docker.sock", "/var/lib/containerd"}
)
# Of what is a file, and no folder.
_ENDINGS = (".yml", ".yaml")


def kept_mounts(container: Container, known: Component, files: Collection[str], places: Collection[str]) -> list[Any]:
    """Return the volumes of a component's container that it keeps, as they are written.

    `files` are those of the set-up that the manifest names, `places` the folders in the container that it replaces.
    """
    folders = {mount.inside: mount.path for mount in container.mounts}
    data = data_places(container, known)
    kept = []
    for written, source, target in volume_entries(container.block, container.variables):
        inside = posixpath.normpath(target)
        path = folders.get(inside)
        if known.is_exporter and (path is None or posixpath.normpath(path) in _OF_THE_MACHINE):
            continue
        is_login = path is not None and any(
            _is_in(container.seen(file) or "", path) and path.endswith(_ENDINGS)
            for file in container.started.given("web.config.file")
        )
        is_given = path is not None and any(_is_in(file, path) for file in files)
        is_replaced = any(_is_in(inside, place) for place in places) or any(
            _is_in(inside, place) or _is_in(place, inside) for place in data
        )
        is_replaced |= any(_is_in(file, inside) for file in _configurations(container, known))
        is_replaced |= container.is_repackaged and _is_in(inside, container.home)
        # A variable names a file in it, as Grafana's first page.
        is_asked = any(_is_in(value, inside) for value in container.environment.values()) and not is_replaced
        # The script that started it, in the place of which stackctl starts it.
        is_replaced |= container.runs_a_script and inside in container.arguments
        if source and (is_asked or not is_given) and not is_login and not is_replaced:
            kept.append(written)
    return kept


def _configurations(container: Container, known: Component) -> list[str]:
    """The path at which a server has the configuration that the stack renders, in another place."""
    if known.is_exporter or "config.file" not in known.own_options:
        return []
    return [container.configuration]


def lost_mounts(container: Container, known: Component, files: Collection[str]) -> Iterator[str]:
    """Yield the sources of mounts that are among the data of a component, where the stack has its own."""
    for inside, path in mounted(container).items():
        below = any(_is_in(inside, place) and inside != place for place in data_places(container, known))
        if below and not any(_is_in(file, path) for file in files):
            yield path


def data_places(container: Container, known: Component) -> set[str]:
    """The folders in which a component had its data, and has it in the stack."""
    given = [*container.started.given("storage.tsdb.path"), *container.started.given("storage.path")]
    given += [posixpath.dirname(each) for each in container.started.given("persistence.file")]
    places = (known.container.data, data_place(container, known), *given)
    return {posixpath.normpath(place) for place in places if place and place.startswith("/")}


def data_place(container: Container, known: Component) -> str:
    """Return the folder in which a component had its data, "" for none.

    Its image says the folder as an option, and not as its program's default: that is `data` in the working folder.
    """
    own = known.container.data
    if not own:
        return ""
    given = [*container.started.given("storage.tsdb.path"), *container.started.given("storage.path")]
    is_told = bool(container.block.get("working_dir")) or container.is_repackaged
    is_default = known.refuse_data is not None and bool(container.arguments) and not is_told
    return posixpath.normpath(posixpath.join(own, given[-1] if given else DATA_FOLDER if is_default else ""))


def _is_in(path: str, folder: str) -> bool:
    return path == folder or path.startswith("" if folder == "." else f"{folder.rstrip('/')}/")
