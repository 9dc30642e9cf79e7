"""Find the programs a native stack runs. Looks at files only: nothing is started unless a version is asked for."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache as remembered
from pathlib import Path

from stackctl.components.release import Program, Release
from stackctl.diagnostic import Diagnostic
from stackctl.errors import InputError, StackctlError, Unavailable
from stackctl.program import run
from stackctl.tools import cache
from stackctl.tools.catalogue import PROGRAMS, release_of

_VERSION_SECONDS = 10
# Most say "version 3.5.0", the Redis exporter "Redis Metrics Exporter 1.86.0", an old nginx exporter "version=0.11.0".
_VERSION = re.compile(r"(?:version|exporter)(?::?\s+|=)v?(\d+(?:\.\d+)+[^\s,)]*)", re.IGNORECASE)


@dataclass(frozen=True)
class Tool:
    """A program that was found. `origin` says where: "env" (STACKCTL_TOOLS_DIR), "cache" or "path".

    `home` is the folder of its installation, for a program that needs to know. `version` starts the program the first
    time it is asked for, and remembers the answer in this process.
    """

    name: str
    path: Path
    origin: str
    home: Path | None = None

    @property
    def version(self) -> str:
        return version_of(self.path)


def locate(name: str) -> Tool | None:
    """The program `name`, from STACKCTL_TOOLS_DIR, else the cache, else PATH; None when it is nowhere.

    A companion (promtool, amtool) is taken from next to its server wherever that is found, because a
    configuration that another version has validated says nothing about the server that loads it.
    Raises InputError for a name that is not in the catalogue.
    """
    program, release = _look_up(name)
    if program is not release.server and (server := locate(release.server.name)):
        for folder in (server.path.parent, server.path.resolve().parent):
            if path := _executable(folder, program):
                return Tool(name, path, server.origin)
    found = next(_candidates(program, release), None)
    return _at_home(found, release) if found and release.home_file else found


def require(name: str) -> Tool:
    """The program `name`. Raises Unavailable, with the way to get it, when it is nowhere or not whole."""
    if tool := locate(name):
        _refuse_homeless(tool)
        return tool
    remedy = f"Run `stackctl tools install {name}`."
    if homepage := release_of(name).homepage:
        remedy = f"Run `stackctl tools install {name}`, or install it from {homepage} and put it on PATH."
    raise Unavailable.of(
        "tools.missing", f"{name} was not found", cause="It is neither in the cache nor on PATH.", remedy=remedy
    )


def require_recent(name: str) -> Tool:
    """The program `name`, which is not too old to work with. Raises Unavailable with the way to get it."""
    tool, minimum = require(name), release_of(name).minimum
    version = _said_version(tool) if minimum != "0" else ""
    if version and not is_at_least(version, minimum):
        raise Unavailable.of(
            "version.too-old",
            f"{tool.path} is {version}, and stackctl needs {minimum} or newer",
            remedy=f"Run `stackctl tools install {name}`.",
        )
    return tool


def _said_version(tool: Tool) -> str:
    """The version of a program; "" for one that does not say it, whose start will show more."""
    try:
        return tool.version
    except Unavailable:
        return ""


def source_of(tool: Tool) -> str:
    """Return the source of a tool in the cache: "archive" or "debian"."""
    return cache.origin(release_of(tool.name).project)


@remembered
def version_of(path: Path) -> str:
    """Return what the program at `path` calls its version, as in "3.5.0"; "" for a build that names none.

    Raises Unavailable when it does not run.
    """
    ended = run(path.name, [str(path), "--version"], seconds=_VERSION_SECONDS)
    if isinstance(ended, Diagnostic):
        raise _does_not_run(path, ended.cause)
    if found := _VERSION.search(ended.output):
        return found[1]
    if ended.code == 0 and "version" in ended.output.lower():
        return ""
    raise _does_not_run(path, ended.output.strip() or f"It exited with code {ended.code} and no output.")


def is_at_least(version: str, minimum: str) -> bool:
    """Return whether `version` is `minimum` or newer, by their leading numbers: "3.5.3+ds1" is at least "3.0"."""
    return _numbers(version) >= _numbers(minimum)


def _numbers(version: str) -> tuple[int, ...]:
    leading = re.match(r"\d+(?:\.\d+)*", version)
    return tuple(int(part) for part in leading[0].split(".")) if leading else ()


def _look_up(name: str) -> tuple[Program, Release]:
    if name in PROGRAMS:
        return PROGRAMS[name], release_of(name)
    import difflib

    close = difflib.get_close_matches(name, PROGRAMS, n=1)
    hint = f"Did you mean `{close[0]}`?" if close else f"The tools are: {', '.join(PROGRAMS)}."
    raise InputError.of("usage.unknown-name", f"{name} is not a tool that stackctl knows", remedy=hint)


def _candidates(program: Program, release: Release) -> Iterator[Tool]:
    if (folder := _chosen_dir()) and (path := _executable(folder, program)):
        yield Tool(program.name, path, "env")
    # The link is resolved, so that a tool that is in use stays what it was when another release is put in its place.
    installed = cache.current(release.project).resolve()
    if path := _executable(installed, program) or _executable(installed / "bin", program):
        yield Tool(program.name, path, "cache")
    for binary in program.names:
        if found := shutil.which(binary):
            yield Tool(program.name, Path(found).absolute(), "path")


def _at_home(tool: Tool, release: Release) -> Tool:
    """The program with its home. Packages put a script on PATH that brings settings of its own: not that one."""
    prefix = tool.path.resolve().parent.parent
    homes = (prefix, prefix / "share" / release.project)
    home = next((folder for folder in homes if (folder / release.home_file).is_file()), None)
    own = _executable(home / "bin", release.server) if home else None
    return Tool(tool.name, own or tool.path, tool.origin, home)


def _refuse_homeless(tool: Tool) -> None:
    release = release_of(tool.name)
    if release.home_file and tool.home is None:
        raise Unavailable.of(
            "tools.incomplete",
            f"{tool.name} at {tool.path} is incomplete: its {release.home_file} was not found",
            remedy=f"Unpack the whole archive from {release.homepage} and put its bin folder on PATH.",
        )


def _chosen_dir() -> Path | None:
    chosen = os.environ.get(cache.TOOLS_DIR_VARIABLE)
    if not chosen:
        return None
    if not Path(chosen).is_dir():
        raise InputError.of(
            "usage.option",
            f"{cache.TOOLS_DIR_VARIABLE} is not a folder: {chosen}",
            remedy="Set it to the folder that holds the binaries, or unset it.",
        )
    return Path(chosen).absolute()


def _executable(folder: Path, program: Program) -> Path | None:
    paths = (folder / name for name in program.names)
    # A folder that this user may not enter is one without programs.
    return next((path for path in paths if os.path.isfile(path) and os.access(path, os.X_OK)), None)  # noqa: PTH113


def _does_not_run(path: Path, why: str) -> StackctlError:
    return Unavailable.of(
        "tools.does-not-run",
        f"{path} does not run",
        cause=why,
        remedy="Install it again with `stackctl tools install`, or remove the broken one from PATH.",
    )
