"""The folder in which the manifest of a set-up is, so that all files that it names are below."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable, Iterator
from pathlib import Path

from stackctl.adopt.mounts import data_places
from stackctl.adopt.prometheus import with_paths
from stackctl.adopt.setup import Server, Setup
from stackctl.adopt.source import texts
from stackctl.components import registry
from stackctl.manifest import reads


def repository_of(folder: Path) -> Path | None:
    """Return the Git repository that a folder is in."""
    whole = folder.resolve()
    return next((each for each in (whole, *whole.parents) if (each / ".git").exists()), None)


def top_folder(find: Callable[[Path], Setup | None], here: Path, limit: Path) -> Path:
    """Return the deepest folder above all files of a set-up that a manifest names: `here`, or one up to `limit`.

    `find` returns the set-up with the paths that begin at a folder.
    """
    with reads.recorded() as read:
        setup = find(limit)
    if setup is None:
        return here
    home, whole = here.resolve(), limit.resolve()
    named = {path.resolve() for path in read.files if path.exists()} | {whole / path for path in _named(setup)}
    inside = [Path(os.path.normpath(path)) for path in named if path.is_relative_to(whole)]
    top = Path(os.path.commonpath([home, *(path for path in inside if path.is_relative_to(whole))]))
    return here if top == home else top


def _named(setup: Setup) -> Iterator[str]:
    """Yield the paths that the manifest of a set-up has: those of its servers' files, and files of variables."""
    for container in setup.containers:
        files = container.block.get("env_file")
        for file in files if isinstance(files, list) else [files] if files else []:
            yield str(file.get("path") if isinstance(file, dict) else file)
        if container.component:
            data = data_places(container, registry.component(container.component))
            paths = [each.path for each in container.mounts if each.inside not in data]
            yield from (path for path in paths if path not in setup.contents)
    for server in (setup.prometheus, setup.alertmanager):
        yield from _of_configuration(server) if server else ()


def _of_configuration(server: Server) -> Iterator[str]:
    """Yield the files that the configuration of a server names."""
    written = {*texts(server.config.data)}
    yield from (text for text in texts(with_paths(dict(server.config.data), server)) if text not in written)
    patterns = server.config.data.get("rule_files")
    for pattern in patterns if isinstance(patterns, list) else ():
        yield from (posixpath.dirname(path) for path in server.paths(str(pattern)))
