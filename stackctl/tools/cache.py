"""Folder of installed tools: one folder for each release, and a link to the one in use.

    <cache>/tools/debian/prometheus-3.5.3+ds1-6/   a whole release, never changed once it is there
    <cache>/tools/current/prometheus               a link to it

A release is made in a staging folder next to its place and renamed, so that nobody ever sees half of one, and
servers that run from an older release keep their files.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stackctl.errors import Unavailable

TOOLS_DIR_VARIABLE = "STACKCTL_TOOLS_DIR"
CACHE_DIR_VARIABLE = "STACKCTL_CACHE_DIR"


def cache_dir() -> Path:
    """The folder stackctl may fill with what it can fetch again. It need not exist."""
    if chosen := os.environ.get(CACHE_DIR_VARIABLE):
        return Path(chosen).absolute()
    shared = os.environ.get("XDG_CACHE_HOME")
    return (Path(shared) if shared else _home() / ".cache") / "stackctl"


def _home() -> Path:
    """The user's folder; for a user that has none, one of their own among the temporary ones, which need not exist."""
    try:
        return Path.home()
    except RuntimeError:  # neither HOME nor an entry in the passwd file
        return Path(tempfile.gettempdir(), f"stackctl-{os.getuid()}")


def tools_dir() -> Path:
    """The cache's folder of installed tools. It need not exist."""
    return cache_dir() / "tools"


def current(project: str) -> Path:
    """The folder of the release of `project` that is in use. It need not exist."""
    return tools_dir() / "current" / project


def origin(project: str) -> str:
    """Return the origin of the release in use ("archive" or "debian"), or "" when there is none."""
    link = current(project)
    return link.resolve().parent.name if os.path.exists(link) else ""  # noqa: PTH110 - not readable is not there


@contextmanager
def staging() -> Iterator[Path]:
    """An empty folder to make a release in. What is still in it at the end is removed."""
    tools_dir().mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=".staging-", dir=tools_dir()))
    try:
        yield folder
    finally:
        for left in (folder, _replaced(folder)):
            shutil.rmtree(left, ignore_errors=True)


def publish(made: Path, *, project: str, version: str, source: str) -> Path:
    """Move the release in `made` to its place, put it in use, and return the place."""
    place = tools_dir() / source / f"{project}-{version}"
    place.parent.mkdir(parents=True, exist_ok=True)
    made.chmod(0o755)
    if place.exists():  # a release that no longer runs: what is asked for again is what was found wanting
        place.rename(_replaced(made))
    made.rename(place)
    _point(current(project), place)
    return place


def _replaced(made: Path) -> Path:
    return made.with_name(f"{made.name}.replaced")


def _point(link: Path, target: Path) -> None:
    link.parent.mkdir(parents=True, exist_ok=True)
    fresh = link.with_name(f".{link.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(os.path.relpath(target, link.parent))
    fresh.replace(link)


@contextmanager
def locked() -> Iterator[None]:
    """Hold the cache for writing, and wait for another stackctl that does. Raises Unavailable when it is read-only."""
    try:
        tools_dir().mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Unavailable.of(
            "file.cannot-write",
            f"cannot write into the cache {cache_dir()}",
            cause=str(error),
            remedy=f"Make it writable, or set {CACHE_DIR_VARIABLE} to a folder that is.",
        ) from error
    with (tools_dir() / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
