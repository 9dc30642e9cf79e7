"""Which runtime a stack runs on: the one that was asked for, the one it runs on, or the one that is there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from stackctl.errors import InputError, Unavailable
from stackctl.runtimes.protocol import Runtime

AUTO, DOCKER, NATIVE = "auto", "docker", "native"


@dataclass(frozen=True)
class Choice:
    """A runtime, and a few words on why it is this one."""

    runtime: Runtime
    reason: str


def _silent(_: str) -> None:
    """Report nothing."""


def choose(
    name: str,
    stack: str,
    folder: Path,
    *,
    running: str | None = None,
    last: str = "",
    note: Callable[[str], None] = _silent,
) -> Choice:
    """The runtime for a stack whose state folder is `folder`.

    name     "docker", "native", or "auto": what it runs on already (`running`), else what has its data (`last`), else
             native where servers of this folder run although its state is lost, else docker where an engine
             answers, else native
    note     is called for slow steps, such as pulling an image

    Raises Unavailable when docker was asked for, or has the stack or its data, and does not answer, and InputError for
    a folder that no container can mount.
    """
    choice = _chosen(name, stack, folder, running, last, note)
    if choice.runtime.name == DOCKER:
        _refuse_colon(folder)
    return choice


def _refuse_colon(folder: Path) -> None:
    if ":" in str(folder):
        raise InputError.of(
            "docker.mount",
            f"containers cannot mount {folder.parent}: there is a colon in its path",
            cause="Docker reads a colon as the end of a mount's source.",
            remedy="Rename the folder, or use `--runtime native`.",
        )


def _chosen(name: str, stack: str, folder: Path, running: str | None, last: str, note: Callable[[str], None]) -> Choice:
    if name != AUTO:
        return Choice(open_runtime(name, stack, folder, note=note), "asked for")
    if running:
        return Choice(open_runtime(running, stack, folder, note=note), "the stack is running there")
    if last:
        return Choice(open_runtime(last, stack, folder, note=note), "the stack's data is there")
    native = open_runtime(NATIVE, stack, folder, note=note)
    if native.observe():
        return Choice(native, "servers from this folder are running there")
    try:
        return Choice(open_runtime(DOCKER, stack, folder, note=note), "a Docker engine is available")
    except Unavailable as error:
        return Choice(open_runtime(NATIVE, stack, folder, note=note), error.problems[0].summary)


def open_runtime(name: str, stack: str, folder: Path, *, note: Callable[[str], None] = _silent) -> Runtime:
    """The runtime `name` for the stack called `stack` with its state in `folder` (absolute).

    Raises Unavailable when that is docker and no engine answers.
    """
    if name == NATIVE:
        return reopen_runtime(name, stack, folder, note=note)
    from stackctl.runtimes.docker.runtime import connect

    return connect(stack, folder / "live", note)


def reopen_runtime(name: str, stack: str, folder: Path, *, note: Callable[[str], None] = _silent) -> Runtime:
    """The same for a stack that is known to run there: whether docker still answers shows when it is first asked."""
    if name == NATIVE:
        from stackctl.runtimes.native.runtime import Native

        return Native(folder)
    from stackctl.runtimes.docker.runtime import Docker

    return Docker(stack, folder / "live", note)


def running_from(folder: Path) -> tuple[str, ...]:
    """The units that run from a state folder whose files are lost, natively and in Docker."""
    from stackctl.runtimes.docker.runtime import Docker
    from stackctl.runtimes.native.runtime import Native

    native = tuple(one.name for one in Native(folder).observe() if one.state == "running")
    try:
        return (*native, *Docker("", folder / "live", _silent).started_from_here())
    except Unavailable:
        return native


def volumes_in_docker(stack: str, folder: Path) -> tuple[str, ...]:
    """The Docker volumes of a stack of that name; none where no engine answers."""
    from stackctl.runtimes.docker.runtime import connect

    try:
        return connect(stack, folder / "live", _silent).volumes()
    except Unavailable:
        return ()
