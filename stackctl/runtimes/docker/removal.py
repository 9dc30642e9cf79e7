"""Removing a stack from the Docker engine by its labels alone, so that no file of it is needed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stackctl import conventions as c
from stackctl.runtimes.docker import containers, engine

if TYPE_CHECKING:
    from docker import APIClient

Rows = list[dict[str, Any]]


def remove(client: APIClient, project: str, folders: Collection[Path], *, volumes: bool) -> tuple[str, ...]:
    """Stop and remove the containers that were started from the state folders `folders`, with their networks and, when
    asked, the volumes that stackctl has made; and what else there is of `project`, unless another folder's stack has
    that name.

    Returns the names of the units. `project` is "" when the stack's name is not known.
    """
    with engine.explained():
        found: Rows = client.containers(all=True, filters={"label": [containers.PROJECT]})
    own = [row for row in found if _is_of(row, project, folders)]
    shared = {_project(row) for row in found if row not in own}
    _stop(client, own, volumes=volumes)
    names = {containers.unit_name(row["Labels"]) for row in own}
    for each in sorted(({_project(row) for row in own} | {project}) - shared - {""}):
        _remove_networks(client, networks_of(client, each))
        if volumes:
            _remove_volumes(client, volumes_of(client, each, own=True))
    return tuple(sorted(names))


def units_of(client: APIClient, folders: Collection[Path]) -> tuple[str, ...]:
    """The units of containers that run and were started from the state folders `folders`."""
    with engine.explained():
        rows: Rows = client.containers(filters={"label": [containers.PROJECT]})
    return tuple(sorted(containers.unit_name(row["Labels"]) for row in rows if _is_of(row, "", folders)))


def others_of(client: APIClient, project: str, folders: Collection[Path]) -> tuple[Path, ...]:
    """The folders other than those of `folders` from which containers of a project of this name were started."""
    with engine.explained():
        rows: Rows = client.containers(all=True, filters={"label": [f"{containers.PROJECT}={project}"]})
    found = {containers.started_from(row["Labels"]) for row in rows if not _is_of(row, project, folders)}
    return tuple(sorted(containers.shown(folder) for folder in found if folder))


def volumes_of(client: APIClient, project: str, *, own: bool = False) -> tuple[str, ...]:
    """The names of the volumes of a project; with `own` only of those that stackctl has made.

    A stack that was adopted has the project of the set-up before it, whose volumes hold what stackctl has never seen.
    """
    labels = [f"{containers.PROJECT}={project}", *([c.LABEL_VOLUME] if own else [])]
    with engine.explained():
        found = client.volumes(filters={"label": labels})
    return tuple(sorted(volume["Name"] for volume in found["Volumes"] or ()))


def networks_of(client: APIClient, project: str) -> tuple[str, ...]:
    """The names of the networks of a project."""
    with engine.explained():
        found: Rows = client.networks(filters={"label": [f"{containers.PROJECT}={project}"]})
    return tuple(sorted(network["Name"] for network in found))


def remove_data(client: APIClient, project: str, kept: Collection[str]) -> None:
    """Remove the volumes and networks of a project but for those in `kept`."""
    _remove_networks(client, [name for name in networks_of(client, project) if name not in kept])
    _remove_volumes(client, [name for name in volumes_of(client, project) if name not in kept])


def _is_of(row: Mapping[str, Any], project: str, folders: Collection[Path]) -> bool:
    """Return whether a container was started from one of `folders`, or belongs to the project and does not say."""
    folder = containers.started_from(row["Labels"])
    return folder in folders if folder else bool(project) and _project(row) == project


def _project(row: Mapping[str, Any]) -> str:
    return str(row["Labels"].get(containers.PROJECT, ""))


def _stop(client: APIClient, rows: Rows, *, volumes: bool) -> None:
    if not rows:
        return
    ids = [row["Id"] for row in rows]
    with engine.explained(), ThreadPoolExecutor(max_workers=len(ids)) as pool:
        list(pool.map(lambda id: engine.unless_gone(lambda: client.stop(id)), ids))
        list(pool.map(lambda id: engine.unless_gone(lambda: client.remove_container(id, v=volumes, force=True)), ids))


def _remove_networks(client: APIClient, names: Iterable[str]) -> None:
    from docker.errors import APIError

    for name in names:
        with engine.explained():
            try:
                engine.unless_gone(lambda name=name: client.remove_network(name))  # type: ignore[misc]
            except APIError as error:
                if error.status_code not in _IN_USE:
                    raise


def _remove_volumes(client: APIClient, names: Iterable[str]) -> None:
    for name in names:
        with engine.explained():
            engine.unless_gone(lambda name=name: client.remove_volume(name))  # type: ignore[misc]


# Something that is not of the stack is connected to the network, such as `stackctl simulate`.
_IN_USE = {403, 409}
