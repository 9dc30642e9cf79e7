"""Finding a set-up: its Compose files, its servers, and the configuration that each of them reads."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from stackctl import conventions as c
from stackctl.adopt.compose import Container, attached_files, attached_path, project_name, read_containers
from stackctl.adopt.compose_files import candidates, compose_files_below, is_compose, other_compose_files
from stackctl.adopt.folder import ALERTMANAGER_FILES, COMPOSE_FILES, PROMETHEUS_FILES, files_below, is_file, template_of
from stackctl.adopt.images import built, with_start_script
from stackctl.adopt.project import TAGS, read_project
from stackctl.adopt.setup import Server, Setup, at_home, next_to
from stackctl.adopt.shape import AlertmanagerFile, ComposeFile, PrometheusFile, is_shaped
from stackctl.adopt.source import Source, read_source, source_of, texts, with_booleans
from stackctl.adopt.variables import filled
from stackctl.bounds.files import read_text
from stackctl.components import registry
from stackctl.diagnostic import Diagnostic
from stackctl.manifest.problems import Problems
from stackctl.manifest.variables import read_variables

# How the name of a template differs from that of the file which is written from it.
_TEMPLATE = re.compile(r"[.-](?:tmpl|template|tpl|envsubst|in)(?=\.ya?ml$|$)")
# A variable in a template. Those of notifications have small letters.
_VARIABLE = re.compile(r"\$(?:\{([A-Z][A-Z0-9_]*)\}|([A-Z][A-Z0-9_]+))")
Fits = Callable[[Source], bool]


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
    files = [named, *over] if over else candidates(named, here, variables)
    paths = [os.path.relpath(path, folder) for path in files]
    # The first of several may have only networks and volumes.
    read = {each.path: each for path in paths if (each := read_source(folder, path, problems, TAGS))}
    compose = read_project(folder, paths, variables, problems) if _first(read.values(), is_compose) else None
    if compose and not is_shaped(compose, ComposeFile, problems):
        return None
    containers = (
        [
            with_start_script(built(_from(folder, each), folder, compose), folder)
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
    prometheus = _server(found, c.PROMETHEUS, PROMETHEUS_FILES, _is_prometheus, read, problems)
    alertmanager = _server(found, c.ALERTMANAGER, ALERTMANAGER_FILES, _is_alertmanager, read, problems)
    unused: tuple[Source, ...] = ()
    if compose and alertmanager and not alertmanager.container and not _asks_alertmanagers(prometheus):
        unused, alertmanager = (alertmanager.config,), None
    if compose is None and prometheus is None and alertmanager is None:
        return None
    neighbors = [replace(each, path=os.path.relpath(here / each.path, folder)) for each in other_compose_files(here)]
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
            files = found.files(next_to(server.config.path, "/".join(parts[count:])))
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


def _from(folder: Path, container: Container) -> Container:
    """A container in which absolute paths of files in the folder of the set-up are relative."""
    home = folder.resolve()
    mounts = tuple(
        replace(mount, path=os.path.relpath(mount.path, home)) if Path(mount.path).is_relative_to(home) else mount
        for mount in container.mounts
    )
    return replace(container, mounts=mounts)


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
    for path in sorted(files_below(found.folder, found.base or "."), key=lambda each: (each.count("/"), each)):
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
            for path in files_below(found.folder, mount.path):
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


def nothing_found(named: Path) -> Diagnostic:
    """Return that there is nothing to adopt at a path."""
    summary = f"{named} has no Compose file, no prometheus.yml and no alertmanager.yml"
    template = template_of(named, *COMPOSE_FILES, *PROMETHEUS_FILES) if named.is_dir() else ""
    if template:
        why = f"{template} is a template, as for Ansible or Helm."
        return Diagnostic("adopt.nothing-found", summary, None, why, "Render it first, and adopt what comes out.")
    return Diagnostic("adopt.nothing-found", summary, remedy="Name the folder, or the file, that has one.")
