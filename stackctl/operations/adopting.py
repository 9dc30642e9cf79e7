"""Adopting a set-up: stack.yml next to the files that it names, and never over anything."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from stackctl import conventions as c
from stackctl.diagnostic import Diagnostic
from stackctl.errors import InputError

if TYPE_CHECKING:
    from stackctl.adopt import Adopted, Setup
    from stackctl.adopt.compare import Compared
    from stackctl.model import Stack

_SECRET_MODE = 0o600


@dataclass(frozen=True)
class Written:
    """The files that were written, remarks on what differs, and how the new stack compares with the set-up.

    `compared` is None where the new manifest has `problems`, which `check` shows too, or is about servers that go on
    running, which `verify` compares. `stop` is the command that stops the set-up, "" where none is known.
    """

    paths: tuple[Path, ...]
    remarks: tuple[Diagnostic, ...]
    compared: Compared | None
    problems: tuple[Diagnostic, ...] = ()
    stop: str = ""

    @property
    def manifest(self) -> Path:
        """Return the path of the manifest."""
        return self.paths[0]


def adopt_setup(
    sources: Sequence[str], environ: Mapping[str, str] = os.environ, *, take_over: bool = False, external: bool = False
) -> Written:
    """Write the manifest of a set-up: a folder, or files and what they name, next to it; of servers at URLs, here.

    Where the set-up names files outside of its folder, the manifest is in the folder above all of them, up to the one
    where the command runs or the Git repository. With `take_over` it takes over the data of the servers; with
    `external` it is about servers at URLs that go on running. Secrets in clear text go to the end of `.env`. Raises
    InputError, and writes nothing, when a file that would be written is there, when nothing is found, or when a file of
    the set-up cannot be read; Unavailable for a server that does not answer.
    """
    from stackctl.adopt.text import manifest_text
    from stackctl.operations.first_manifest import write

    setup, adopted = _found(sources, environ, take_over=take_over, external=external)
    manifest = setup.folder / c.MANIFEST
    text = manifest_text(adopted.manifest, adopted.remarks, _origin(setup))
    contents = {path: content for path, content in setup.contents.items() if setup.compose is None or path in text}
    there = [path for name in (c.MANIFEST, *contents) if os.path.lexists(path := setup.folder / name)]
    if there:
        remedy = "Compare it with the set-up by `stackctl adopt --compare`, or move it away to adopt again."
        *others, last = [Diagnostic("init.exists", f"{path} already exists") for path in there]
        raise InputError(*others, replace(last, remedy=remedy))
    written = _add_variables(setup.folder, _variables(setup, adopted, text))
    write(setup.folder, {**contents, c.MANIFEST: text.encode()}, force=False)
    try:
        same = _checked(setup, adopted, manifest, environ, external=external)
        problems: tuple[Diagnostic, ...] = ()
    except InputError as error:
        same, problems = None, tuple(error.problems)
    files = [setup.folder / name for name in contents]
    return Written((manifest, *written, *files), adopted.remarks, same, problems, _stop(setup, sources))


def compare_setup(sources: Sequence[str], manifest: Path, environ: Mapping[str, str] = os.environ) -> Compared:
    """Compare what a set-up means with the stack of a manifest. Nothing is written.

    Raises as `adopt_setup` does, and InputError for what is wrong with the manifest.
    """
    setup, adopted = _found(sources, environ)
    return _compared(setup, adopted, manifest, environ)


def _found(
    sources: Sequence[str], environ: Mapping[str, str], *, take_over: bool = False, external: bool = False
) -> tuple[Setup, Adopted]:
    from stackctl.adopt import adopt
    from stackctl.adopt.external import as_external
    from stackctl.operations.adopting_servers import loaded_setup
    from stackctl.starter import stack_name

    urls = [each for each in sources if each.startswith(("http://", "https://"))]
    files = [Path(each) for each in sources if each not in urls]
    if (urls and files) or (len(files) > 1 and any(each.is_dir() for each in files)):
        remedy = "Name one folder, Compose files in the order in which they are used, or the URLs of servers."
        raise InputError.of("usage.conflict", "only servers, or only files, can be named together", remedy=remedy)
    setup = loaded_setup(urls, Path(), environ) if urls else _of_folder(files, environ)
    if external and c.PROMETHEUS not in setup.external:
        remedy = "Name the URL of a Prometheus that runs; and of its Alertmanager and Grafana, for what they have."
        raise InputError.of("usage.option", "--external needs a Prometheus that runs", remedy=remedy)
    # Containers keep their volumes as long as the stack has the name of the Compose project.
    name = setup.project or setup.folder.resolve().name
    if external:
        # A server's own job is one like others: the stack does not run it.
        return setup, as_external(adopt(replace(setup, own={}), stack_name(name)), setup.external)
    return setup, adopt(setup, stack_name(name), take_over=take_over)


def _of_folder(files: Sequence[Path], environ: Mapping[str, str]) -> Setup:
    from stackctl.adopt import find_setup
    from stackctl.adopt.compose_files import compose_file_below, compose_files_below
    from stackctl.adopt.finding import nothing_found
    from stackctl.manifest.problems import Problems

    for each in files:
        if not each.exists():
            raise InputError.of("file.missing", f"{each} does not exist", remedy="Correct the path.")
    first, *over = files
    named, is_alone = first, first.is_dir() and not over and not environ.get("COMPOSE_FILE")
    if is_alone:
        named = compose_file_below(first) or first
    problems = Problems()
    setup = find_setup(named, environ, problems, over, _top(named, over, environ))
    if len(problems):
        raise InputError(*problems)
    if setup is None:
        raise InputError(nothing_found(named))
    if named == first:
        return setup
    others = [each for each in compose_files_below(first) if first / each.path != named]
    unread = (replace(each, path=os.path.relpath(first / each.path, setup.folder)) for each in others)
    return replace(setup, unread=tuple(unread))


def _top(named: Path, over: Sequence[Path], environ: Mapping[str, str]) -> Path | None:
    """The folder for the manifest of a set-up, None for that of the set-up. It is one that the user works in."""
    from stackctl.adopt import find_setup
    from stackctl.adopt.top_folder import repository_of, top_folder
    from stackctl.manifest import outside
    from stackctl.manifest.problems import Problems

    here = (named if named.is_dir() else named.parent).resolve()
    above = [each for each in (repository_of(here), Path.cwd()) if each and here.is_relative_to(each)]
    limit = min(above, key=lambda each: len(each.parts), default=here)
    if outside.is_allowed() or limit in (here, Path(limit.anchor)):
        return None
    top = top_folder(lambda folder: find_setup(named, environ, Problems(), over, folder), here, limit)
    return None if top == here else Path(os.path.relpath(top))


def _variables(setup: Setup, adopted: Adopted, text: str) -> Mapping[str, str]:
    """The variables that `.env` lacks: secrets, and those of the Compose file where that is in another folder.

    Raises InputError where the `.env` next to the manifest means something else by one of them.
    """
    from stackctl.manifest import outside
    from stackctl.manifest.problems import Problems
    from stackctl.manifest.variables import read_variables

    if not setup.base:
        return adopted.variables
    own = {**setup.own_variables, **adopted.variables}
    here = read_variables(setup.folder, {}, Problems(), Problems()) or {}
    named = dict.fromkeys(re.findall(r"\$\{(\w+)", text))
    wrong = [name for name in named if name in here and here[name] != own.get(name)]
    if wrong:
        summary = f"{setup.folder / c.ENV_FILE} and the `.env` of the Compose file differ in"
        remedy = f"Rename them in one of the two, or add {outside.OPTION} to have stack.yml next to the Compose file."
        names = ", ".join(f"`{name}`" for name in wrong)
        raise InputError.of("usage.conflict", f"{summary} {names}", remedy=remedy)
    return {name: own[name] for name in named if name in own and name not in here}


def _stop(setup: Setup, sources: Sequence[str]) -> str:
    """Return the command that stops the containers of a set-up, from the folder of the manifest; "" without any."""
    import shlex

    from stackctl.adopt.folder import COMPOSE_FILES

    if setup.compose is None:
        return ""
    named = [os.path.relpath(each, setup.folder) for each in sources if Path(each).is_file()]
    is_found = setup.compose.path in COMPOSE_FILES or "COMPOSE_FILE" in setup.variables
    files = named or ([] if is_found else [setup.compose.path])
    options = "".join(f" -f {shlex.quote(each)}" for each in files)
    return f"docker compose{options} down"


def _origin(setup: Setup) -> str:
    """The file of a set-up that says the most of it."""
    servers = [each.config for each in (setup.prometheus, setup.alertmanager) if each]
    first = [*([setup.compose] if setup.compose else []), *servers]
    return first[0].path if first else setup.loaded_grafana.url if setup.loaded_grafana else ""


def _checked(
    setup: Setup, adopted: Adopted, manifest: Path, environ: Mapping[str, str], *, external: bool
) -> Compared | None:
    """Return how a new manifest compares with the set-up, None for one about servers that go on running.

    Raises InputError for what is wrong with it.
    """
    if not external:
        return _compared(setup, adopted, manifest, environ)
    _loaded(adopted, manifest, environ)
    return None


def _loaded(adopted: Adopted, manifest: Path, environ: Mapping[str, str]) -> Stack:
    from stackctl.manifest import load

    # What nobody has told is not compared.
    return load(manifest, {**{name: "not-known" for name, value in adopted.variables.items() if not value}, **environ})


def _compared(setup: Setup, adopted: Adopted, manifest: Path, environ: Mapping[str, str]) -> Compared:
    from stackctl.adopt.compare import compare
    from stackctl.render import render
    from stackctl.source import Secret

    stack = _loaded(adopted, manifest, environ)
    if stack.external:
        remedy = "Run `stackctl verify`: it compares the manifest with what they have loaded."
        raise InputError.of("usage.external", "these servers are not the stack's (`runtime: external`)", remedy=remedy)
    # Any will do: nobody gets to see this tree.
    password = {} if stack.grafana is None else {c.GRAFANA_ADMIN_PASSWORD: Secret("not-needed")}
    runtime = c.DOCKER if setup.compose else c.NATIVE
    return compare(setup, adopted.addresses, render(stack, runtime, password))


def _add_variables(folder: Path, variables: Mapping[str, str]) -> list[Path]:
    """Add lines to `.env`, whose own stay as they are. A new one is for its owner only."""
    from stackctl.adopt.secrets import env_line
    from stackctl.bounds.files import read_bytes
    from stackctl.state import disk

    if not variables:
        return []
    path = folder / c.ENV_FILE
    with disk.explained(path):
        before = read_bytes(path) if path.exists() else b""
        mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else _SECRET_MODE
        lines = "".join(env_line(name, value) for name, value in variables.items())
        gap = b"" if not before or before.endswith(b"\n") else b"\n"
        disk.write_file(path, before + gap + lines.encode(), mode)
    return [path]
