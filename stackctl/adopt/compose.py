"""The containers of a Compose file: what each runs, how it is reached, and what it sees of the folder."""

from __future__ import annotations

import json
import posixpath
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from stackctl import conventions as c
from stackctl.adopt.merging import pairs
from stackctl.adopt.moved import PATH
from stackctl.adopt.scripts import written_by_script
from stackctl.adopt.source import Source
from stackctl.adopt.variables import as_manifest, filled
from stackctl.components import registry
from stackctl.components.component import EXTERNAL_URL, Started

_PORT = re.compile(
    r"(?:(?P<host>\[[^\]]+\]|[0-9]+(?:\.[0-9]+){3}):)?(?:(?P<published>[0-9]+):)?(?P<target>[0-9]+)(?:/tcp)?"
)


@dataclass(frozen=True)
class Mount:
    """A file or folder of the set-up, by its `path` from the folder, and where a container sees it."""

    path: str
    inside: str


@dataclass(frozen=True)
class Published:
    """A port of a container that this machine has. `host` is "" when all addresses of the machine have it."""

    host: str
    port: int
    target: int


@dataclass(frozen=True)
class Container:
    """A service of a Compose file, which has its fields in `block`. `component` is what its image runs, "" for others.

    `names` are those by which other containers reach it, the first is the service's own. `secret_variables` are the
    variables that Compose fills files of `secrets` from, by the paths at which it has these. `scripted` are the files
    that its start script writes, by the paths that they get in the set-up.
    """

    name: str
    block: Mapping[str, Any]
    component: str = ""
    names: tuple[str, ...] = ()
    mounts: tuple[Mount, ...] = ()
    published: tuple[Published, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    secret_variables: Mapping[str, str] = field(default_factory=dict)
    scripted: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def is_repackaged(self) -> bool:
        """Return whether its image has the files of the server in other places than the server's own image."""
        return any(part in _REPACKAGED for part in filled(self.image, self.variables).split("/")[:-1])

    @property
    def home(self) -> str:
        """Return the folder in which its image has the configuration of the server that it runs."""
        return f"/opt/bitnami/{self.component}/conf" if self.is_repackaged else f"/etc/{self.component}"

    @property
    def configuration(self) -> str:
        """Return the path at which its server reads its configuration."""
        given = self.started.given("config.file")
        if given and given[0]:
            return posixpath.normpath(given[0])
        is_other = self.is_repackaged and self.component == c.ALERTMANAGER
        return f"{self.home}/{'config' if is_other else self.component}.yml"

    @property
    def own_names(self) -> tuple[str, ...]:
        """Return the names that the Compose file gives to it, the first is the service's."""
        return tuple(dict.fromkeys([self.name, *_names_besides(self.block, ("container_name",))]))

    @property
    def image(self) -> str:
        """Return its image as the manifest writes it, "" when it is built."""
        return as_manifest(str(self.block.get("image") or ""), self.variables)

    @property
    def listens(self) -> int:
        """Return the port that its options name, 0 where that is its program's default."""
        given = self.started.given("web.listen-address")
        port = given[-1].rpartition(":")[2] if given else ""
        return int(port) if port.isdecimal() else 0

    @property
    def path_prefix(self) -> str:
        """Return the path below which its options let it answer, "" for `/`."""
        routes = self.started.given("web.route-prefix")
        urls = [filled(each, self.variables) for each in self.started.given(EXTERNAL_URL)]
        paths = routes or [urlsplit(each).path for each in urls]
        path = paths[-1].strip("/") if paths else ""
        return f"/{path}" if path else ""

    @property
    def runs_a_script(self) -> bool:
        """Return whether it starts its program by a script."""
        return any(word.rpartition("/")[2] in _SHELLS or word.endswith(".sh") for word in self.arguments[:3])

    @property
    def on_host(self) -> bool:
        """Return whether it shares the network of the machine."""
        return self.block.get("network_mode") == "host"

    @property
    def started(self) -> Started:
        """Return its options and variables, as the manifest writes them."""
        return self._started(required=False)

    @property
    def started_with_all(self) -> Started:
        """Return them with variables that have to be set."""
        return self._started(required=True)

    def _started(self, *, required: bool) -> Started:
        arguments = in_script(self.arguments) if self.runs_a_script else self.arguments
        written = tuple(as_manifest(each, self.variables, required=required) for each in arguments)
        environment = {
            name: as_manifest(value, self.variables, required=required) for name, value in self.environment.items()
        }
        return Started(options(written), environment)

    def seen(self, inside: str) -> str | None:
        """Return the path from the folder of what it sees at the path `inside`; None for what is its image's own."""
        inside = posixpath.normpath(inside)
        # The deepest mount hides what others have there.
        for mount in sorted(self.mounts, key=lambda each: len(each.inside), reverse=True):
            if inside == mount.inside:
                return mount.path
            if inside.startswith(f"{mount.inside.rstrip('/')}/"):
                return posixpath.normpath(posixpath.join(mount.path, posixpath.relpath(inside, mount.inside)))
        return None

    def paths(self, pattern: str) -> list[str]:
        """Return the paths and patterns from the folder that a pattern names inside.

        A folder of the container may consist of files that are mounted one by one.
        """
        inside = posixpath.normpath(pattern)
        whole = self.seen(inside)
        matching = (each.path for each in self.mounts if PurePosixPath(each.inside).match(inside))
        return list(dict.fromkeys([*([whole] if whole else []), *matching]))


# Those who make images of servers with places of their own.
_REPACKAGED = frozenset({"bitnami", "bitnamilegacy", "bitnamisecure"})
_SHELLS = frozenset({"sh", "bash", "ash"})


def in_script(arguments: tuple[str, ...]) -> tuple[str, ...]:
    """The words of a script among arguments, from the options that have the form of a server's."""
    words = [word for argument in arguments for word in argument.replace("\\\n", " ").split()]
    return tuple(word.strip("'\"") for word in words if word.startswith("--"))


def options(arguments: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Arguments as options: `--name=value`, `-name value` and a bare `--name` are all the same kind of thing."""
    found: list[tuple[str, str]] = []
    rest = list(arguments)
    while rest:
        name, equals, value = rest.pop(0).partition("=")
        if not name.startswith("-"):
            continue
        if not equals and rest and not rest[0].startswith("-"):
            value = rest.pop(0)
        found.append((name.lstrip("-"), value))
    return tuple(found)


def read_containers(compose: Source, variables: Mapping[str, str], folder_name: str = "") -> list[Container]:
    """The services of a Compose file, in their order, whose paths begin at the folder of the set-up.

    `folder_name` is the name of the folder of the file.
    """
    services = compose.data.get("services")
    if not isinstance(services, Mapping):
        return []
    project = project_name(compose, variables, folder_name)
    return [
        _container(str(name), block, compose, variables, project)
        for name, block in services.items()
        if isinstance(block, Mapping)
    ]


def project_name(compose: Source, variables: Mapping[str, str], folder_name: str) -> str:
    """Return the name of the Compose project, which its containers and volumes begin with."""
    given = variables.get("COMPOSE_PROJECT_NAME") or filled(str(compose.data.get("name") or ""), variables)
    return re.sub(r"[^-_a-z0-9]", "", (given or folder_name).lower()).lstrip("-_")


def scripted_files(
    name: str, arguments: Sequence[str], block: Mapping[str, Any], variables: Mapping[str, str]
) -> Iterator[tuple[Mount, bytes]]:
    """Yield the files that a script among arguments writes, each where a container sees it, with its content."""
    environment = {key: filled(value, variables) for key, value in pairs(block.get("environment")).items()}
    for inside, text in written_by_script([filled(each, variables) for each in arguments], environment):
        yield Mount(f"scripts/{name}{inside}", inside), text.encode()


def _container(
    name: str, block: Mapping[str, Any], compose: Source, variables: Mapping[str, str], project: str
) -> Container:
    arguments = (*words(block.get("entrypoint")), *words(block.get("command")))
    scripted = dict(scripted_files(name, arguments, block, variables))
    return Container(
        name,
        block,
        component_of(filled(str(block.get("image") or ""), variables)),
        tuple(dict.fromkeys([name, *_names_besides(block), *_given_names(name, project)])),
        (*_mounts(block, compose, variables), *scripted),
        tuple(_published(block, variables)),
        pairs(block.get("environment")),
        arguments,
        variables,
        {
            posixpath.normpath(target): str(described["environment"])
            for described, target in attached_files(block, compose)
            if described.get("environment")
        },
        {mount.path: text for mount, text in scripted.items()},
    )


def is_called(image: str, name: str) -> bool:
    """Return whether an image has this name, without its registry and version."""
    return image.partition("@")[0].rpartition("/")[2].partition(":")[0] == name


def component_of(image: str) -> str:
    """The component whose program an image runs, "" where it is none of them."""
    last = image.partition("@")[0].rpartition("/")[2].partition(":")[0].replace("_", "-").lower()
    for component in registry.running():
        own = component.image.rpartition("/")[2].partition(":")[0].replace("_", "-")
        if last in (own, *component.other_images):
            return component.name
    return ""


def _names_besides(block: Mapping[str, Any], keys: tuple[str, ...] = ("container_name", "hostname")) -> Iterator[str]:
    for key in keys:
        if block.get(key):
            yield str(block[key])
    networks = block.get("networks")
    for network in networks.values() if isinstance(networks, Mapping) else ():
        aliases = network.get("aliases") if isinstance(network, Mapping) else None
        yield from map(str, aliases if isinstance(aliases, list) else ())


def _given_names(name: str, project: str) -> Iterator[str]:
    """The names that a swarm, and Compose in its versions, give to the container of a service."""
    yield f"{SWARM_TASKS}{name}"
    if project:
        for between, others in (("-", r"[^a-z0-9_-]"), ("_", r"[^a-z0-9_-]"), ("_", r"[^a-z0-9]")):
            yield between.join([re.sub(others, "", project), name, "1"])


# The beginning of the name that a swarm has for the containers of a service.
SWARM_TASKS = "tasks."


def words_of(instruction: str) -> list[str]:
    """Return the words of a Dockerfile's CMD or ENTRYPOINT, a list or a line of a shell."""
    try:
        listed = json.loads(instruction)
    except ValueError:
        return words(instruction)
    return words(listed) if isinstance(listed, list) else []


def words(command: Any) -> list[str]:
    """Return the words of a service's `command` or `entrypoint`."""
    if isinstance(command, list):
        return [str(word) for word in command]
    try:
        return shlex.split(str(command)) if command else []
    except ValueError:
        return []


def _mounts(block: Mapping[str, Any], compose: Source, variables: Mapping[str, str]) -> Iterator[Mount]:
    for source, target in _volumes(block, variables):
        if _is_path(source):
            yield _mount(source, target)
    for described, target in attached_files(block, compose):
        path = attached_path(described, variables)
        if path:
            yield _mount(path, target)


def named_volumes(block: Mapping[str, Any], variables: Mapping[str, str]) -> dict[str, str]:
    """The volumes with names that a service mounts, after the paths at which it does."""
    volumes = _volumes(block, variables)
    return {posixpath.normpath(target): source for source, target in volumes if source and not _is_path(source)}


def mounted(container: Container) -> dict[str, str]:
    """The mounts of a container, paths and volumes with names, by the places at which it sees them."""
    paths = {mount.inside: mount.path for mount in container.mounts}
    return {**named_volumes(container.block, container.variables), **paths}


def _volumes(block: Mapping[str, Any], variables: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    return ((source, target) for _, source, target in volume_entries(block, variables))


def volume_entries(block: Mapping[str, Any], variables: Mapping[str, str]) -> Iterator[tuple[Any, str, str]]:
    """Yield the mounts of a service: as written, what is mounted, a path or a name or "" for neither, and its place."""
    volumes = block.get("volumes")
    for volume in volumes if isinstance(volumes, list) else ():
        if isinstance(volume, Mapping):
            source, target = str(volume.get("source") or ""), str(volume.get("target") or "")
        else:
            whole = filled(str(volume), variables)
            drive = whole[:2] if is_of_windows(whole) else ""
            source, _, rest = whole.removeprefix(drive).partition(":")
            source, target = f"{drive}{source}", rest.partition(":")[0]
        if target.startswith("/"):
            yield volume, source, target


def _is_path(source: str) -> bool:
    return source.startswith((".", "/", "~")) or is_of_windows(source)


def is_of_windows(path: str) -> bool:
    """Return whether a path begins with a drive of Windows."""
    return re.match(r"[A-Za-z]:[\\/]", path) is not None


def attached_files(block: Mapping[str, Any], compose: Source) -> Iterator[tuple[Mapping[str, Any], str]]:
    """The files that a service has by `configs` and `secrets`: what the Compose file says of each, and its place.

    What it says has the section, `configs` or `secrets`, as `kind` and the name there as `name`.
    """
    for kind, place in ATTACHED.items():
        listed, known = block.get(kind), compose.data.get(kind)
        for each in listed if isinstance(listed, list) else ():
            name = str(each.get("source") if isinstance(each, Mapping) else each)
            target = str(each.get("target") or name) if isinstance(each, Mapping) else name
            described = known.get(name) if isinstance(known, Mapping) else None
            if isinstance(described, Mapping):
                yield {**described, "kind": kind, "name": name}, posixpath.join(place, target)


def attached_path(described: Mapping[str, Any], variables: Mapping[str, str]) -> str:
    """Return the path, from the Compose file on, of a file that a service has by `configs` or `secrets`.

    One that is written in the Compose file gets a path; "" is for one that is kept elsewhere.
    """
    if described.get("file"):
        return filled(str(described["file"]), variables)
    return str(described.get(PATH) or f"./{described['kind']}/{described['name']}") if described.get("content") else ""


# Where files are seen that a service has by these keys.
ATTACHED = {"configs": "/", "secrets": "/run/secrets"}


def _mount(source: str, target: str) -> Mount:
    path = source if source.startswith(("/", "~")) else posixpath.normpath(source)
    return Mount(path, posixpath.normpath(target))


def _published(block: Mapping[str, Any], variables: Mapping[str, str]) -> Iterator[Published]:
    ports = block.get("ports")
    for port in ports if isinstance(ports, list) else ():
        yield from published_ports(port, variables)


def published_ports(port: Any, variables: Mapping[str, str]) -> list[Published]:
    """Return the port that an entry of `ports` gives this machine; none for a range, UDP, and one of any number."""
    if isinstance(port, Mapping):
        host, published, target = (filled(str(port.get(key) or ""), variables) for key in _LONG_PORT)
        written = f"{f'{host}:' if host else ''}{f'{published}:' if published else ''}{target}"
        written += "" if port.get("protocol") in (None, "tcp") else f"/{port['protocol']}"
    else:
        written = filled(str(port), variables)
    match = _PORT.fullmatch(written)
    if not match or not match["published"]:
        return []
    host = (match["host"] or "").strip("[]")
    return [Published("" if host in ("0.0.0.0", "::") else host, int(match["published"]), int(match["target"]))]  # noqa: S104


_LONG_PORT = ("host_ip", "published", "target")
