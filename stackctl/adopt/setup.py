"""The files of a set-up: those of each server, and the paths by which it sees others."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from stackctl import conventions as c
from stackctl.adopt.compose import (
    Container,
    Mount,
    attached_files,
    attached_path,
    component_of,
    is_called,
    project_name,
    read_containers,
    scripted_files,
    words,
    words_of,
)
from stackctl.adopt.project import TAGS, read_project
from stackctl.adopt.scripts import starting_line
from stackctl.adopt.shape import AlertmanagerFile, ComposeFile, PrometheusFile, is_shaped
from stackctl.adopt.source import Source, read_source, source_of, texts, with_booleans
from stackctl.adopt.variables import filled
from stackctl.bounds.files import read_bytes, read_text
from stackctl.components import registry
from stackctl.diagnostic import Diagnostic
from stackctl.manifest.problems import Problems
from stackctl.manifest.text import named_files
from stackctl.manifest.variables import read_variables

COMPOSE_FILES = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
_PROMETHEUS_FILES = ("prometheus.yml", "prometheus.yaml")
_ALERTMANAGER_FILES = ("alertmanager.yml", "alertmanager.yaml", "config.yml", "config.yaml")
_DEPTH = 5
_COPY = re.compile(r"^\s*(?:COPY|ADD)\s+(?P<flags>(?:--\S+\s+)*)(?P<words>.+)$", re.MULTILINE | re.IGNORECASE)
_FROM = re.compile(r"^\s*FROM\s+(?:--\S+\s+)*(?P<image>\S+)", re.MULTILINE | re.IGNORECASE)

# How the name of a template differs from that of the file which is written from it.
_TEMPLATE = re.compile(r"[.-](?:tmpl|template|tpl|envsubst|in)(?=\.ya?ml$|$)")
# The same for a template that an engine renders.
_UNRENDERED = re.compile(
    r"[.-](?:j2|jinja2?|tmpl|template|tpl|gotmpl|erb|epp|tftpl|mustache|example|sample|dist)(?=\.ya?ml$|$)"
)
# A variable in a template. Those of notifications have small letters.
_VARIABLE = re.compile(r"\$(?:\{([A-Z][A-Z0-9_]*)\}|([A-Z][A-Z0-9_]+))")
_STARTS = re.compile(r"^\s*(?P<key>ENTRYPOINT|CMD)\s+(?P<words>.+)$", re.MULTILINE | re.IGNORECASE)
_WILDCARD = re.compile(r"[*?\[]")

_COMPOSE_NAME = re.compile(r"(compose|stack|swarm).*\.ya?ml$")

Fits = Callable[[Source], bool]


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
            return named if posixpath.isabs(named) else _below(self.config.path, named)
        folder = posixpath.dirname(self.inside)
        seen = self.container.seen(posixpath.join(folder, named))
        if seen is None and self.instead_of:
            homes = (each for each in (self.home, folder) if each and named.startswith(f"{each.rstrip('/')}/"))
            named = posixpath.relpath(named, next(homes, "")) if posixpath.isabs(named) else named
        return _below(self.config.path, named) if seen is None and not posixpath.isabs(named) else seen

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
        return next((each for each in _walk(self.folder, ".") if posixpath.basename(each) == name), "")

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
        return [
            file for path in inside for file in ([path] if is_file(self.folder / path) else _walk(self.folder, path))
        ]

    def below(self, container: Container, inside: str, *endings: str) -> dict[str, str]:
        """Return the files with one of the endings that a container sees below a path: theirs from the folder on, and
        from that path on."""
        inside = posixpath.normpath(inside)
        whole = container.seen(inside)
        found = {file: posixpath.relpath(file, whole) for file in _walk(self.folder, whole)} if whole else {}
        for mount in container.mounts:
            if mount.inside.startswith(f"{inside}/"):
                place = posixpath.relpath(mount.inside, inside)
                one = mount.path in self.contents or is_file(self.folder / mount.path)
                files = [mount.path] if one else _walk(self.folder, mount.path)
                found |= {
                    file: place if one else posixpath.join(place, posixpath.relpath(file, mount.path)) for file in files
                }
        return {file: place for file, place in found.items() if place.endswith(endings)}


def find_setup(
    named: Path, environ: Mapping[str, str], problems: Problems, over: Sequence[Path] = (), top: Path | None = None
) -> Setup | None:
    """Return the set-up of a folder, or of a file and what it names. None where nothing is found.

    What cannot be read is added to `problems`. `over` are Compose files over the first one, and `top` is a folder
    above, where the paths of the set-up are to begin.
    """
    here = named if named.is_dir() else named.parent
    folder, notes = top or here, Problems()
    base = here.resolve().relative_to(folder.resolve()).as_posix()
    variables = read_variables(here, environ, problems, notes) or dict(environ)
    files = [named, *over] if over else _candidates(named, here, variables)
    paths = [os.path.relpath(path, folder) for path in files]
    # The first of several may have only networks and volumes.
    read = {each.path: each for path in paths if (each := read_source(folder, path, problems, TAGS))}
    compose = read_project(folder, paths, variables, problems) if _first(read.values(), _is_compose) else None
    if compose and not is_shaped(compose, ComposeFile, problems):
        return None
    containers = (
        [
            _with_start_script(_built(_from(folder, each), folder, compose), folder)
            for each in read_containers(compose, variables, here.resolve().name)
        ]
        if compose
        else []
    )
    inline = _written_inline(containers, compose, variables) if compose else {}
    found = Setup(
        folder,
        compose,
        tuple(containers),
        variables=variables,
        contents=inline,
        notes=tuple(notes),
        base="" if base == "." else base,
        own_variables=read_variables(here, {}, Problems(), Problems()) or {},
        project=project_name(compose, variables, here.resolve().name) if compose else "",
    )
    found = replace(found, containers=_with_most_first(found))
    prometheus = _server(found, c.PROMETHEUS, _PROMETHEUS_FILES, _is_prometheus, read, problems)
    alertmanager = _server(found, c.ALERTMANAGER, _ALERTMANAGER_FILES, _is_alertmanager, read, problems)
    unused: tuple[Source, ...] = ()
    if compose and alertmanager and not alertmanager.container and not _asks_alertmanagers(prometheus):
        unused, alertmanager = (alertmanager.config,), None
    if compose is None and prometheus is None and alertmanager is None:
        return None
    neighbors = [replace(each, path=os.path.relpath(here / each.path, folder)) for each in _other_compose_files(here)]
    others = [each for each in neighbors if each.path not in paths]
    if named.is_dir() and (compose is None or posixpath.basename(compose.path) not in COMPOSE_FILES):
        unused += tuple(others)
    if named.is_dir() and compose is None:
        unused += tuple(compose_files_below(folder))
    prometheus, alertmanager = _with_home(found, prometheus), _with_home(found, alertmanager)
    prometheus, alertmanager = _with_booleans(prometheus), _with_booleans(alertmanager)
    for server, shape in ((prometheus, PrometheusFile), (alertmanager, AlertmanagerFile)):
        if server and not is_shaped(server.config, shape, problems):
            return None
    own: dict[str, Collection[str]] = {
        name: () if compose else at_home(name) | {f"{name}:{registry.component(name).port}"}
        for name, server in ((c.PROMETHEUS, prometheus), (c.ALERTMANAGER, alertmanager))
        if server and not server.container
    }
    known = {each.path for each in unused}
    unread = tuple(each for each in others if compose and each.path not in known)
    return replace(found, prometheus=prometheus, alertmanager=alertmanager, own=own, unused=unused, unread=unread)


def _with_most_first(found: Setup) -> tuple[Container, ...]:
    """The containers with the Prometheus first, of several, that has the most jobs and files of rules."""
    several = [each for each in found.containers if each.component == c.PROMETHEUS]
    if len(several) < 2:
        return found.containers
    most = max(several, key=lambda each: _jobs_and_rules(found, each))
    return (most, *(each for each in found.containers if each is not most))


def _jobs_and_rules(found: Setup, container: Container) -> int:
    """Return how many jobs and files of rules the configuration of a Prometheus names, 0 for one that is not there."""
    seen = container.seen(container.configuration)
    is_there = seen and (seen in found.contents or is_file(found.folder / seen))
    source = found.source(seen, Problems()) if seen and is_there else None
    listed = [source.data.get(key) for key in ("scrape_configs", "rule_files")] if source else []
    return sum(len(each) for each in listed if isinstance(each, list))


def _with_home(found: Setup, server: Server | None) -> Server | None:
    """A server with the folder that its configuration is for, if its files are next to it here.

    Those of a container are, where its image has them: that is built elsewhere.
    """
    if server is None or (server.container and not server.instead_of):
        return server
    named = [each for key in ("rule_files", "templates") for each in texts(server.config.data.get(key))]
    absolute = [each for each in named if posixpath.isabs(each) and not found.files(each)]
    for path in (each for each in absolute if not server.container or not server.container.seen(each)):
        parts = path.split("/")
        for count in range(2, len(parts)):
            files = found.files(_below(server.config.path, "/".join(parts[count:])))
            if files and server.config.path not in files:
                return replace(server, home="/".join(parts[:count]))
    return server


def _with_booleans(server: Server | None) -> Server | None:
    return server and replace(server, config=replace(server.config, data=with_booleans(dict(server.config.data))))


def _asks_alertmanagers(prometheus: Server | None) -> bool:
    alerting = prometheus.config.data.get("alerting") if prometheus else None
    return isinstance(alerting, Mapping) and bool(alerting.get("alertmanagers"))


def _written_inline(containers: Sequence[Container], compose: Source, variables: Mapping[str, str]) -> dict[str, bytes]:
    """The files that are written in the Compose file itself, also by start scripts, by the paths that they get."""
    written = {
        posixpath.normpath(attached_path(described, variables)): filled(str(described["content"]), variables).encode()
        for container in containers
        for described, _ in attached_files(container.block, compose)
        if described.get("content")
    }
    for container in containers:
        written |= container.scripted if container.component else {}
    return written


def at_home(component: str, port: int = 0) -> frozenset[str]:
    """Return the addresses at which a server that runs on this machine is asked there."""
    return frozenset(f"{host}:{port or registry.component(component).port}" for host in c.LOCAL_HOSTS)


def _from(folder: Path, container: Container) -> Container:
    """A container in which absolute paths of files in the folder of the set-up are relative."""
    home = folder.resolve()
    mounts = tuple(
        replace(mount, path=os.path.relpath(mount.path, home)) if Path(mount.path).is_relative_to(home) else mount
        for mount in container.mounts
    )
    return replace(container, mounts=mounts)


def _candidates(named: Path, folder: Path, variables: Mapping[str, str]) -> list[Path]:
    """The files to look into: the one that is named, or the Compose files of a folder as Compose finds them.

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


def _other_compose_files(folder: Path) -> Iterator[Source]:
    """The Compose files of a folder that have other names than Compose looks for."""
    names = sorted(each.name for each in folder.iterdir() if each.suffix in (".yml", ".yaml"))
    for name in names:
        source = read_source(folder, name, Problems(), TAGS) if name not in COMPOSE_FILES else None
        if source and any({"image", "build"} & each.keys() for each in _service_blocks(source)):
            yield source


def other_compose_file(folder: Path) -> list[str]:
    """Return the one Compose file of another name: the only one, or that which runs a Prometheus."""
    found = list(_other_compose_files(folder))
    found = found if len(found) == 1 else [each for each in found if _runs_prometheus(each)]
    return [each.path for each in found] if len(found) == 1 else []


def compose_file_below(folder: Path) -> Path | None:
    """Return the Compose file in a subfolder that runs a Prometheus, where it is the only one and `folder` has nothing.

    A repository has it in `monitoring/`, for example.
    """
    own = (*COMPOSE_FILES, *_PROMETHEUS_FILES, *_ALERTMANAGER_FILES)
    if any((folder / name).exists() for name in own) or other_compose_file(folder):
        return None
    running = [each.path for each in compose_files_below(folder) if _runs_prometheus(each)]
    usual = [path for path in running if posixpath.basename(path) in COMPOSE_FILES]
    found = usual or running
    return folder / found[0] if len(found) == 1 else None


def compose_files_below(folder: Path) -> Iterator[Source]:
    """Yield the Compose files in subfolders, which have a word for it in their names."""
    for path in _walk(folder, "."):
        is_below, is_called = "/" in path, _COMPOSE_NAME.search(posixpath.basename(path))
        source = read_source(folder, path, Problems(), TAGS) if is_below and is_called else None
        if source and any({"image", "build"} & each.keys() for each in _service_blocks(source)):
            yield source


def _runs_prometheus(source: Source) -> bool:
    return any(component_of(str(each.get("image"))) == c.PROMETHEUS for each in _service_blocks(source))


def _service_blocks(source: Source) -> list[Mapping[str, Any]]:
    services = source.data.get("services")
    return [each for each in services.values() if isinstance(each, Mapping)] if isinstance(services, Mapping) else []


def _is_compose(source: Source) -> bool:
    return isinstance(source.data.get("services"), Mapping) or isinstance(source.data.get("include"), list)


def _is_prometheus(source: Source) -> bool:
    return bool({"scrape_configs", "rule_files", "alerting", "scrape_config_files"} & source.data.keys())


def _is_alertmanager(source: Source) -> bool:
    return {"route", "receivers"} <= source.data.keys()


def _first(sources: Iterable[Source], fits: Fits) -> Source | None:
    return next((each for each in sources if fits(each)), None)


def _server(
    found: Setup, component: str, names: Sequence[str], fits: Fits, read: Mapping[str, Source], problems: Problems
) -> Server | None:
    """Return the server that has a configuration in the set-up: the one that its container is given, or else any."""
    container = found.container(component)
    inside = missing = ""
    if container:
        inside = container.configuration
        seen = container.seen(inside)
        if seen and seen in found.contents:
            source = found.source(seen, problems)
            return Server(source, container, inside) if source else None
        if seen and is_file(found.folder / seen):
            source = read.get(seen) or read_source(found.folder, seen, problems)
            return Server(source, container, inside) if source else None
        inline = _inline(container, inside, found.compose, problems)
        if inline:
            return Server(inline, container, inside)
        missing = seen or inside
        template = _template(found, container, (posixpath.basename(inside), *names), fits)
        if template:
            by_script = container.runs_a_script
            return Server(template[0], container, template[1], missing, is_template=by_script)
        given = list(_given_to(found, container, fits))
        if len(given) == 1:
            return Server(given[0][0], container, given[0][1], missing)
        names = (posixpath.basename(inside), *names)
    named = _first(read.values(), fits)
    if named:
        return Server(named, container, inside, missing)
    for path in sorted(_walk(found.folder, found.base or "."), key=lambda each: (each.count("/"), each)):
        if posixpath.basename(path) in names:
            source = read_source(found.folder, path, Problems())
            if source and fits(source):
                return Server(source, container, inside, missing)
    return None


def _given_to(found: Setup, container: Container, fits: Fits) -> Iterator[tuple[Source, str]]:
    """Yield the configurations among the files of a container, and where it sees each."""
    for inside, path in _files_inside(found, container):
        source = read_source(found.folder, path, Problems()) if path.endswith((".yml", ".yaml")) else None
        if source and fits(source):
            yield source, inside


def _template(found: Setup, container: Container, names: Sequence[str], fits: Fits) -> tuple[Source, str] | None:
    """The template that a script of a container writes its configuration from, filled in, and where it sees that.

    A template is called like one of `names`, with a word for it: prometheus.yml.tmpl, prometheus.template.yml.
    """
    for inside, path in _files_inside(found, container):
        if _untemplated(posixpath.basename(inside)) in names:
            try:
                text = _VARIABLE.sub(lambda match: _given(match, container), read_text(found.folder / path))
            except (OSError, UnicodeDecodeError):
                continue
            source = source_of(text, path, Problems())
            if source and fits(source):
                return source, inside
    return None


def _files_inside(found: Setup, container: Container) -> Iterator[tuple[str, str]]:
    """Yield where a container sees files of the folder, and their paths from there."""
    for mount in container.mounts:
        if is_file(found.folder / mount.path):
            yield mount.inside, mount.path
        elif not mount.path.startswith(("/", "~", "../")):
            for path in _walk(found.folder, mount.path):
                yield posixpath.join(mount.inside, posixpath.relpath(path, mount.path)), path


def _untemplated(name: str) -> str:
    """Return the name of the file that is written from a template of a name, "" for that of no template."""
    whole = _TEMPLATE.sub("", name, count=1)
    return whole if whole != name else ""


def _given(match: re.Match[str], container: Container) -> str:
    """A variable of a template as the manifest writes it: what the container is given, and not an empty default."""
    name = match[1] or match[2]
    value = container.started_with_all.environment.get(name)
    return value.replace(":-}", "}") if value else f"${{{name}}}"


def _inline(container: Container, inside: str, compose: Source | None, problems: Problems) -> Source | None:
    """The configuration that stands in the Compose file itself, under `configs`."""
    for described, target in attached_files(container.block, compose) if compose else ():
        if described.get("content") and compose and posixpath.normpath(target) == posixpath.normpath(inside):
            text = str(described["content"]).replace("$$", "$")
            return source_of(text, f"{compose.path} ({described['kind']}.{described['name']})", problems)
    return None


def _built(container: Container, folder: Path, compose: Source | None) -> Container:
    """A container whose image is built here, with what its Dockerfile says of the image and of the files in it."""
    build = container.block.get("build")
    if compose is None or (container.component and not build):
        return container
    if not build:
        # An image from elsewhere, which is called as its owner likes.
        named = component_of(container.name)
        is_it = named in (c.PROMETHEUS, c.ALERTMANAGER) and container.started.given("config.file")
        return replace(container, component=named) if is_it else container
    context = str(build.get("context") or ".") if isinstance(build, Mapping) else str(build)
    name = str(build.get("dockerfile") or "Dockerfile") if isinstance(build, Mapping) else "Dockerfile"
    where = posixpath.normpath(filled(context, container.variables))
    try:
        text = read_text(folder / where / name)
    except (OSError, UnicodeDecodeError):
        return container
    images = _FROM.findall(text)
    component = component_of(images[-1]) if images else ""
    component = component or container.component or _called_like_a_component(container, text)
    text = text.replace("\\\n", " ")
    copied = tuple(mount for match in _COPY.finditer(text) for mount in _copied(match, folder, where))
    if not component:
        return container
    arguments = _arguments(container, text)
    return replace(container, component=component, mounts=(*container.mounts, *copied), arguments=arguments)


def _with_start_script(container: Container, folder: Path) -> Container:
    """A container with the options that a script of the set-up starts its server with, and the files that it writes."""
    if not container.component or not container.runs_a_script:
        return container
    names = [posixpath.basename(word) for word in container.arguments[:3] if word.endswith(".sh")]
    for mount in (each for each in container.mounts if posixpath.basename(each.inside) in names):
        try:
            text = read_text(folder / mount.path)
        except (OSError, UnicodeDecodeError):
            continue
        files = dict(scripted_files(container.name, [text], container.block, container.variables))
        return replace(
            container,
            arguments=(*container.arguments, starting_line(text)),
            mounts=(*container.mounts, *files),
            scripted={**container.scripted, **{mount.path: content for mount, content in files.items()}},
        )
    return container


def _arguments(container: Container, dockerfile: str) -> tuple[str, ...]:
    """The arguments of a container: those of its image where the Compose file says no others."""
    last = {match["key"].upper(): match["words"] for match in _STARTS.finditer(dockerfile)}
    block = container.block
    # Another entrypoint does without the image's command.
    command = words(block.get("command")) or ([] if block.get("entrypoint") else words_of(last.get("CMD", "")))
    return (*(words(block.get("entrypoint")) or words_of(last.get("ENTRYPOINT", ""))), *command)


def _called_like_a_component(container: Container, dockerfile: str) -> str:
    """Return the component that a container is named after, if it also has its port; "" for others."""
    named = component_of(container.name)
    port = registry.component(named).port if named else 0
    exposed = re.search(rf"^\s*EXPOSE\s.*\b{port}\b", dockerfile, re.MULTILINE | re.IGNORECASE)
    return named if port and (exposed or any(each.target == port for each in container.published)) else ""


def _copied(match: re.Match[str], folder: Path, where: str) -> Iterator[Mount]:
    """The files and folders that an instruction of a Dockerfile copies from the folder `where`."""
    if "--from=" in match["flags"]:
        return
    *sources, target = words_of(match["words"]) or [""]
    found = [
        path
        for source in sources
        for path in named_files(posixpath.normpath(posixpath.join(where, source)), folder)
        or [posixpath.normpath(posixpath.join(where, source))]
    ]
    into = f"{target.rstrip('/')}/" if len(found) > 1 else target
    yield from (Mount(path, _copied_to(path, into)) for path in found)


def _copied_to(source: str, target: str) -> str:
    if target.endswith("/") and posixpath.basename(source.rstrip("/")) and "." in posixpath.basename(source):
        return posixpath.normpath(posixpath.join(target, posixpath.basename(source)))
    return posixpath.normpath(target)


def is_file(path: Path) -> bool:
    """Return whether there is a regular file at a path, which may be one that no file can have."""
    return os.path.isfile(path)  # noqa: PTH113 - Path.is_file() raises for a name that is too long


def _below(config: str, named: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(config), named))


def _walk(folder: Path, path: str) -> Iterator[str]:
    """The files below a path, by their paths from the folder; none in hidden folders, or far down."""
    top = folder / path
    for here, folders, files in os.walk(top):
        depth = len(Path(here).relative_to(top).parts)
        folders[:] = sorted(each for each in folders if not each.startswith(".") and depth < _DEPTH)
        yield from (posixpath.normpath(os.path.relpath(Path(here, file), folder)) for file in sorted(files))


def template_of(folder: Path, *names: str) -> str:
    """Return the path of a template of a file with one of these names, as prometheus.yml.j2; "" for none."""
    paths = sorted(_walk(folder, "."), key=lambda each: (each.count("/"), each))
    found = (path for path in paths if _UNRENDERED.sub("", posixpath.basename(path), count=1) in names)
    return next((path for path in found if posixpath.basename(path) not in names), "")


def nothing_found(named: Path) -> Diagnostic:
    """Return that there is nothing to adopt at a path."""
    summary = f"{named} has no Compose file, no prometheus.yml and no alertmanager.yml"
    template = template_of(named, *COMPOSE_FILES, *_PROMETHEUS_FILES) if named.is_dir() else ""
    if template:
        why = f"{template} is a template, as for Ansible or Helm."
        return Diagnostic("adopt.nothing-found", summary, None, why, "Render it first, and adopt what comes out.")
    return Diagnostic("adopt.nothing-found", summary, remedy="Name the folder, or the file, that has one.")
