"""Containers whose image is built here, or started by a script: what their files say that the Compose file does not."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from stackctl import conventions as c
from stackctl.adopt.compose import Container, Mount, component_of, scripted_files, words, words_of
from stackctl.adopt.scripts import starting_line
from stackctl.adopt.source import Source
from stackctl.adopt.variables import filled
from stackctl.bounds.files import read_text
from stackctl.components import registry
from stackctl.manifest.text import named_files

_COPY = re.compile(r"^\s*(?:COPY|ADD)\s+(?P<flags>(?:--\S+\s+)*)(?P<words>.+)$", re.MULTILINE | re.IGNORECASE)
_FROM = re.compile(r"^\s*FROM\s+(?:--\S+\s+)*(?P<image>\S+)", re.MULTILINE | re.IGNORECASE)
_STARTS = re.compile(r"^\s*(?P<key>ENTRYPOINT|CMD)\s+(?P<words>.+)$", re.MULTILINE | re.IGNORECASE)


def built(container: Container, folder: Path, compose: Source | None) -> Container:
    """Return a container whose image is built here, with what its Dockerfile says of image and files."""
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


def with_start_script(container: Container, folder: Path) -> Container:
    """Return a container with the options that its start script gives the server, and the files that it writes."""
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
