"""A set-up: its servers and containers, the files of each, and the paths by which it sees others."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stackctl import conventions as c
from stackctl.adopt.compose import Container, is_called
from stackctl.adopt.folder import files_below, is_file
from stackctl.adopt.source import Source, read_source, source_of
from stackctl.bounds.files import read_bytes
from stackctl.components import registry
from stackctl.diagnostic import Diagnostic
from stackctl.manifest.problems import Problems
from stackctl.manifest.text import named_files

_WILDCARD = re.compile(r"[*?\[]")


@dataclass(frozen=True)
class Server:
    """A server with a configuration: its file, and the container that it runs in, None where none is known.

    `instead_of` is the path of the file that the container reads, where the set-up does not have that one. It
    `is_template` if a script of the container writes that file from it. `home` is where the configuration names its
    files, which the set-up has next to it; "" where these are where it says.
    """

    config: Source
    container: Container | None = None
    inside: str = ""
    instead_of: str = ""
    home: str = ""
    is_template: bool = False

    def path(self, named: str) -> str | None:
        """Return the path from the folder of a file, or a pattern, that the configuration names.

        None for a file that is only in its image.
        """
        if "://" in self.config.path:
            return named  # its files have been written where the configuration says
        if self.container is None:
            if self.home and named.startswith(f"{self.home}/"):
                named = posixpath.relpath(named, self.home)
            return named if posixpath.isabs(named) else next_to(self.config.path, named)
        folder = posixpath.dirname(self.inside)
        seen = self.container.seen(posixpath.join(folder, named))
        if seen is None and self.instead_of:
            homes = (each for each in (self.home, folder) if each and named.startswith(f"{each.rstrip('/')}/"))
            named = posixpath.relpath(named, next(homes, "")) if posixpath.isabs(named) else named
        return next_to(self.config.path, named) if seen is None and not posixpath.isabs(named) else seen

    def paths(self, pattern: str) -> list[str]:
        """Return the paths and patterns from the folder that a pattern of the configuration names.

        A folder of the container may consist of files that are mounted one by one.
        """
        whole = self.path(pattern)
        found = [whole] if whole else []
        if self.container is None or not _WILDCARD.search(pattern):
            return found
        inside = posixpath.join(posixpath.dirname(self.inside), pattern)
        return [*found, *(each for each in self.container.paths(inside) if each not in found)]


@dataclass(frozen=True)
class LoadedGrafana:
    """A Grafana that runs, at `url`: its dashboards as entries of the manifest, and its datasources."""

    dashboards: tuple[Mapping[str, Any], ...]
    datasources: tuple[Mapping[str, Any], ...]
    url: str


@dataclass(frozen=True)
class Setup:
    """All that was found in `folder`. `variables` are those that Compose fills in, the environment's among them.

    `contents` are files of the set-up that are not in the folder yet: path -> content. `own` are the addresses at which
    its servers ask themselves and each other, where they run without containers. `unused` are configurations of servers
    that nothing in it runs or asks, `notes` are remarks on the variables. `base` is the path of the folder of the
    Compose file, "" where it is `folder` itself, and `own_variables` are those of the `.env` there. `project` is
    the name of the Compose project, `external` how servers that run are asked, as the manifest writes it, and `unread`
    are Compose files next to those that are read.
    """

    folder: Path
    compose: Source | None = None
    containers: tuple[Container, ...] = ()
    prometheus: Server | None = None
    alertmanager: Server | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    contents: Mapping[str, bytes] = field(default_factory=dict)
    loaded_grafana: LoadedGrafana | None = None
    own: Mapping[str, Collection[str]] = field(default_factory=dict)
    unused: tuple[Source, ...] = ()
    notes: tuple[Diagnostic, ...] = ()
    base: str = ""
    own_variables: Mapping[str, str] = field(default_factory=dict)
    project: str = ""
    external: Mapping[str, Any] = field(default_factory=dict)
    unread: tuple[Source, ...] = ()

    def container(self, component: str) -> Container | None:
        """Return the first container that runs a component, None where there is none."""
        return next((each for each in self.containers if each.component == component), None)

    def missing_configuration(self, component: str) -> str:
        """Return the path of the configuration that a server is given and the set-up does not have, "" for none.

        A server without a mount there has the configuration of its image.
        """
        container = self.container(component)
        server = self.prometheus if component == c.PROMETHEUS else self.alertmanager
        if container is None or server or not self.compose:
            return ""
        place = container.configuration
        is_named = bool(container.started.given("config.file")) and posixpath.dirname(place) != f"/etc/{component}"
        # An image that somebody has made of the server's may have it.
        is_named |= bool(container.block.get("build"))
        is_named |= bool(container.image) and not is_called(container.image, component)
        return container.seen(place) or (place if is_named else "")

    def files(self, pattern: str) -> list[str]:
        """Return the files that a path or a pattern from the folder names."""
        there = [name for name in named_files(pattern, self.folder) if is_file(self.folder / name)]
        return [*there, *(name for name in self.contents if name == pattern and name not in there)]

    def called_like(self, path: str) -> str:
        """Return the file of the set-up that has the name of another one, which is not there; "" for none."""
        name = posixpath.basename(path)
        return next((each for each in files_below(self.folder, ".") if posixpath.basename(each) == name), "")

    def read(self, path: str) -> bytes:
        """Return the content of one of its files. Raises OSError."""
        return self.contents[path] if path in self.contents else read_bytes(self.folder / path)

    def source(self, path: str, problems: Problems) -> Source | None:
        """Return one of its YAML files; None with what is wrong with it added to `problems`."""
        if path in self.contents:
            return source_of(self.contents[path].decode(), path, problems)
        return read_source(self.folder, path, problems)

    def seen_by(self, container: Container) -> list[str]:
        """Return the files of the folder that a container has mounted, by their paths from the folder."""
        inside = [mount.path for mount in container.mounts if not mount.path.startswith(("/", "~", "../"))]
        found = ([path] if is_file(self.folder / path) else files_below(self.folder, path) for path in inside)
        return [file for files in found for file in files]

    def below(self, container: Container, inside: str, *endings: str) -> dict[str, str]:
        """Return the files with one of the endings that a container sees below a path: theirs from the folder on, and
        from that path on."""
        inside = posixpath.normpath(inside)
        whole = container.seen(inside)
        found = {file: posixpath.relpath(file, whole) for file in files_below(self.folder, whole)} if whole else {}
        for mount in container.mounts:
            if mount.inside.startswith(f"{inside}/"):
                place = posixpath.relpath(mount.inside, inside)
                one = mount.path in self.contents or is_file(self.folder / mount.path)
                files = [mount.path] if one else files_below(self.folder, mount.path)
                found |= {
                    file: place if one else posixpath.join(place, posixpath.relpath(file, mount.path)) for file in files
                }
        return {file: place for file, place in found.items() if place.endswith(endings)}


def at_home(component: str, port: int = 0) -> frozenset[str]:
    """Return the addresses at which a server that runs on this machine is asked there."""
    return frozenset(f"{host}:{port or registry.component(component).port}" for host in c.LOCAL_HOSTS)


def next_to(config: str, named: str) -> str:
    """Return the path of a file that a configuration names, as it begins at the folder of the configuration."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(config), named))
