"""Adopting a set-up: stack.yml next to the files that it names, and never over anything."""

from __future__ import annotations

import os
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

_SECRET_MODE = 0o600


@dataclass(frozen=True)
class Written:
    """The files that were written, remarks on what differs, and how the new stack compares with the set-up.

    `compared` is None where the new manifest has `problems`, which `check` shows too.
    """

    paths: tuple[Path, ...]
    remarks: tuple[Diagnostic, ...]
    compared: Compared | None
    problems: tuple[Diagnostic, ...] = ()

    @property
    def manifest(self) -> Path:
        """Return the path of the manifest."""
        return self.paths[0]


def adopt_setup(sources: Sequence[str], environ: Mapping[str, str] = os.environ) -> Written:
    """Write the manifest of a set-up: a folder, or a file and what it names, next to it; of servers at URLs, here.

    Secrets in clear text go to the end of `.env`. Raises InputError, and writes nothing, when a file that would be
    written is there, when nothing is found, or when a file of the set-up cannot be read; Unavailable for a server that
    does not answer.
    """
    from stackctl.adopt.text import manifest_text
    from stackctl.operations.first_manifest import write

    setup, adopted = _found(sources, environ)
    manifest = setup.folder / c.MANIFEST
    text = manifest_text(adopted.manifest, adopted.remarks, _origin(setup))
    contents = {path: content for path, content in setup.contents.items() if setup.compose is None or path in text}
    there = [path for name in (c.MANIFEST, *contents) if os.path.lexists(path := setup.folder / name)]
    if there:
        remedy = "Compare it with the set-up by `stackctl adopt --compare`, or move it away to adopt again."
        *others, last = [Diagnostic("init.exists", f"{path} already exists") for path in there]
        raise InputError(*others, replace(last, remedy=remedy))
    written = _add_variables(setup.folder, adopted.variables)
    write(setup.folder, {**contents, c.MANIFEST: text.encode()}, force=False)
    try:
        same: Compared | None = _compared(setup, adopted, manifest, environ)
        problems: tuple[Diagnostic, ...] = ()
    except InputError as error:
        same, problems = None, tuple(error.problems)
    files = [setup.folder / name for name in contents]
    return Written((manifest, *written, *files), adopted.remarks, same, problems)


def compare_setup(sources: Sequence[str], manifest: Path, environ: Mapping[str, str] = os.environ) -> Compared:
    """Compare what a set-up means with the stack of a manifest. Nothing is written.

    Raises as `adopt_setup` does, and InputError for what is wrong with the manifest.
    """
    setup, adopted = _found(sources, environ)
    return _compared(setup, adopted, manifest, environ)


def _found(sources: Sequence[str], environ: Mapping[str, str]) -> tuple[Setup, Adopted]:
    from stackctl.adopt import adopt
    from stackctl.operations.adopting_servers import loaded_setup
    from stackctl.starter import stack_name

    urls = [each for each in sources if each.startswith(("http://", "https://"))]
    if len(sources) > 1 and len(urls) < len(sources):
        remedy = "Name one folder or file, or the URLs of servers."
        raise InputError.of("usage.conflict", "only servers can be named together", remedy=remedy)
    setup = loaded_setup(urls, Path(), environ) if urls else _of_folder(Path(*sources), environ)
    given = setup.compose.data.get("name") if setup.compose else None
    name = given if isinstance(given, str) else setup.folder.resolve().name
    return setup, adopt(setup, stack_name(name))


def _of_folder(named: Path, environ: Mapping[str, str]) -> Setup:
    from stackctl.adopt import find_setup
    from stackctl.adopt.setup import nothing_found
    from stackctl.manifest.problems import Problems

    if not named.exists():
        raise InputError.of("file.missing", f"{named} does not exist", remedy="Correct the path.")
    problems = Problems()
    setup = find_setup(named, environ, problems)
    if len(problems):
        raise InputError(*problems)
    if setup is None:
        raise InputError(nothing_found(named))
    return setup


def _origin(setup: Setup) -> str:
    """The file of a set-up that says the most of it."""
    servers = [each.config for each in (setup.prometheus, setup.alertmanager) if each]
    first = [*([setup.compose] if setup.compose else []), *servers]
    return first[0].path if first else setup.loaded_grafana.url if setup.loaded_grafana else ""


def _compared(setup: Setup, adopted: Adopted, manifest: Path, environ: Mapping[str, str]) -> Compared:
    from stackctl.adopt.compare import compare
    from stackctl.manifest import load
    from stackctl.render import render
    from stackctl.source import Secret

    # What nobody has told is not compared.
    stack = load(manifest, {**{name: "not-known" for name, value in adopted.variables.items() if not value}, **environ})
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
