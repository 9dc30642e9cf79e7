"""The Compose files of a folder: those that Compose would read, and others that may be meant."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from stackctl import conventions as c
from stackctl.adopt.compose import component_of
from stackctl.adopt.folder import ALERTMANAGER_FILES, COMPOSE_FILES, PROMETHEUS_FILES, files_below
from stackctl.adopt.project import TAGS
from stackctl.adopt.source import Source, read_source
from stackctl.manifest.problems import Problems

_COMPOSE_NAME = re.compile(r"(compose|stack|swarm).*\.ya?ml$")


def candidates(named: Path, folder: Path, variables: Mapping[str, str]) -> list[Path]:
    """Return the files to look into: the one that is named, or the Compose files of a folder as Compose finds them.

    A file that has the name which Compose expects has its override with it.
    """
    if named.is_dir() and variables.get("COMPOSE_FILE"):
        names = variables["COMPOSE_FILE"].split(variables.get("COMPOSE_PATH_SEPARATOR") or ":")
        return [folder / name for name in names if name]
    names = [named.name] if named.is_file() else [name for name in COMPOSE_FILES if (folder / name).is_file()][:1]
    names = names or other_compose_file(folder)
    stems = [name.rpartition(".")[0] for name in names if name in COMPOSE_FILES]
    overrides = [f"{stem}.override.{ending}" for stem in stems for ending in ("yaml", "yml")]
    return [folder / name for name in (*names, *[each for each in overrides if (folder / each).is_file()][:1])]


def other_compose_files(folder: Path) -> Iterator[Source]:
    """Yield the Compose files of a folder that have other names than Compose looks for."""
    names = sorted(each.name for each in folder.iterdir() if each.suffix in (".yml", ".yaml"))
    for name in names:
        source = read_source(folder, name, Problems(), TAGS) if name not in COMPOSE_FILES else None
        if source and any({"image", "build"} & each.keys() for each in _service_blocks(source)):
            yield source


def other_compose_file(folder: Path) -> list[str]:
    """Return the one Compose file of another name: the only one, or that which runs a Prometheus."""
    found = list(other_compose_files(folder))
    found = found if len(found) == 1 else [each for each in found if _runs_prometheus(each)]
    return [each.path for each in found] if len(found) == 1 else []


def compose_file_below(folder: Path) -> Path | None:
    """Return the Compose file in a subfolder that runs a Prometheus, where it is the only one and `folder` has nothing.

    A repository has it in `monitoring/`, for example.
    """
    own = (*COMPOSE_FILES, *PROMETHEUS_FILES, *ALERTMANAGER_FILES)
    if any((folder / name).exists() for name in own) or other_compose_file(folder):
        return None
    running = [each.path for each in compose_files_below(folder) if _runs_prometheus(each)]
    usual = [path for path in running if posixpath.basename(path) in COMPOSE_FILES]
    found = usual or running
    return folder / found[0] if len(found) == 1 else None


def compose_files_below(folder: Path) -> Iterator[Source]:
    """Yield the Compose files in subfolders, which have a word for it in their names."""
    for path in files_below(folder, "."):
        is_below, is_called = "/" in path, _COMPOSE_NAME.search(posixpath.basename(path))
        source = read_source(folder, path, Problems(), TAGS) if is_below and is_called else None
        if source and any({"image", "build"} & each.keys() for each in _service_blocks(source)):
            yield source


def _runs_prometheus(source: Source) -> bool:
    return any(component_of(str(each.get("image"))) == c.PROMETHEUS for each in _service_blocks(source))


def _service_blocks(source: Source) -> list[Mapping[str, Any]]:
    services = source.data.get("services")
    return [each for each in services.values() if isinstance(each, Mapping)] if isinstance(services, Mapping) else []


def is_compose(source: Source) -> bool:
    """Return whether a YAML file is a Compose file."""
    return isinstance(source.data.get("services"), Mapping) or isinstance(source.data.get("include"), list)
