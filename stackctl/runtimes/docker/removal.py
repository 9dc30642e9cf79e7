"""Removing a stack from the Docker engine by its labels alone, so that no file of it is needed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stackctl import conventions as c
from stackctl import home
from stackctl.runtimes.docker import containers, engine

if TYPE_CHECKING:
    from docker import APIClient

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Owner:
    """A stack: the state folders that its containers were started from, and the id of its state, "" for none."""

    folders: tuple[Path, ...]
    id: str = ""


def remove(client: APIClient, project: str, owner: Owner, *, volumes: bool) -> tuple[str, ...]:
    """Stop and remove the containers that were started from the state folders of `owner`, with their networks and, when
    asked, the volumes that stackctl has made; and what else there is of `project`, unless another folder's stack has
    that name.

    Returns the names of the units. `project` is "" when the stack's name is not known.
    """
    with engine.explained():
        found: Rows = client.containers(all=True, filters={"label": [containers.PROJECT]})
    own = [row for row in found if _is_of(row, project, owner)]
    shared = {_project(row) for row in found if row not in own}
    _stop(client, own, volumes=volumes)
    names = {containers.unit_name(row["Labels"]) for row in own}
    for each in sorted(({_project(row) for row in own} | {project}) - shared - {""}):
        _remove_networks(client, networks_of(client, each))
        if volumes:
            _remove_volumes(client, own_volumes(client, each, owner))
    return tuple(sorted(names))


def units_of(client: APIClient, owner: Owner) -> tuple[str, ...]:
    """The units of containers that run and were started from the state folders of `owner`."""
    with engine.explained():
        rows: Rows = client.containers(filters={"label": [containers.PROJECT]})
    return tuple(sorted(containers.unit_name(row["Labels"]) for row in rows if _is_of(row, "", owner)))


def others_of(client: APIClient, project: str, owner: Owner) -> tuple[Path, ...]:
    """The folders other than those of `owner` from which containers of a project of this name were started, or whose
    stacks have data of this name."""
    with engine.explained():
        rows: Rows = client.containers(all=True, filters={"label": [f"{containers.PROJECT}={project}"]})
    found = {containers.started_from(row["Labels"]) for row in rows if not _is_of(row, project, owner)}
    found |= {*volumes_of(client, project, owner).values()}
    return tuple(sorted(containers.shown(folder) for folder in found if folder))


def volumes_of(client: APIClient, project: str, owner: Owner) -> dict[str, Path | None]:
    """Name of a volume of a project -> the state folder of another stack whose data it is, None for nobody else's."""
    return {row["Name"]: _other_home(row, owner) for row in _volumes(client, project)}


def own_volumes(client: APIClient, project: str, owner: Owner) -> tuple[str, ...]:
    """The names of the volumes that `owner` has made, or one whose folder is gone.

    A stack that was adopted has the project of the set-up before it, whose volumes hold what stackctl has never seen.
    """
    rows = [row for row in _volumes(client, project) if c.LABEL_VOLUME in (row["Labels"] or {})]
    return tuple(row["Name"] for row in rows if _other_home(row, owner) is None)


def networks_of(client: APIClient, project: str) -> tuple[str, ...]:
    """The names of the networks of a project."""
    with engine.explained():
        found: Rows = client.networks(filters={"label": [f"{containers.PROJECT}={project}"]})
    return tuple(sorted(network["Name"] for network in found))


def remove_data(client: APIClient, project: str, kept: Collection[str]) -> None:
    """Remove the volumes and networks of a project but for those in `kept`."""
    _remove_networks(client, [name for name in networks_of(client, project) if name not in kept])
    _remove_volumes(client, [row["Name"] for row in _volumes(client, project) if row["Name"] not in kept])


def _is_of(row: Mapping[str, Any], project: str, owner: Owner) -> bool:
    """Return whether a container was started from a folder of `owner`, or belongs to the project and does not say."""
    folder = containers.started_from(row["Labels"])
    return folder in owner.folders if folder else bool(project) and _project(row) == project


def _volumes(client: APIClient, project: str) -> Rows:
    with engine.explained():
        found: Rows = client.volumes(filters={"label": [f"{containers.PROJECT}={project}"]})["Volumes"] or []
    return sorted(found, key=lambda row: row["Name"])


def _other_home(row: Mapping[str, Any], owner: Owner) -> Path | None:
    """Return the state folder that a volume was made for, if that is another than the owner's and has a state."""
    labels = row["Labels"] or {}
    folder = Path(labels.get(c.LABEL_FOLDER, ""))
    is_own = folder in owner.folders or (owner.id and labels.get(c.LABEL_HOME) == owner.id)
    return folder if folder.is_absolute() and not is_own and home.may_be_at(folder) else None


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
