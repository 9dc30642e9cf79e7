"""Selection of a stack's runtime: the requested one, the one it runs in, or the one that is available."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from stackctl.errors import Unavailable
from stackctl.runtimes import registry
from stackctl.runtimes.protocol import Runtime

AUTO = "auto"


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

    name     its name, or "auto": what it runs on already (`running`), else what has its data (`last`), else a local one
             where servers of this folder run although its state is lost, else the first that answers
    note     is called for slow steps, such as pulling an image

    Raises Unavailable when the one that was asked for, or has the stack or its data, does not answer, and InputError
    for a folder that its units cannot use.
    """
    if name != AUTO:
        return Choice(open_runtime(name, stack, folder, note=note), "asked for")
    if running:
        return Choice(open_runtime(running, stack, folder, note=note), "the stack is running there")
    if last:
        return Choice(open_runtime(last, stack, folder, note=note), "the stack's data is there")
    return _found(stack, folder, note)


def _found(stack: str, folder: Path, note: Callable[[str], None]) -> Choice:
    names = [name for name in registry.NAMES if registry.facts(name).is_automatic]
    runtimes = [reopen_runtime(name, stack, folder, note=note) for name in names]
    for runtime in runtimes:
        if runtime.facts.is_local and runtime.observe():
            return Choice(runtime, "servers from this folder are running there")
    silent: list[Unavailable] = []
    for runtime in runtimes:
        try:
            runtime.connect()
        except Unavailable as error:
            silent.append(error)
        else:
            return Choice(runtime, silent[0].problems[0].summary if silent else runtime.facts.answers)
    raise silent[0]


def open_runtime(name: str, stack: str, folder: Path, *, note: Callable[[str], None] = _silent) -> Runtime:
    """The runtime `name` for the stack called `stack` with its state in `folder` (absolute), which has answered.

    Raises Unavailable when it does not, and InputError for a folder that its units cannot use.
    """
    runtime = reopen_runtime(name, stack, folder, note=note)
    runtime.connect()
    return runtime


def reopen_runtime(name: str, stack: str, folder: Path, *, note: Callable[[str], None] = _silent) -> Runtime:
    """The same for a stack that is known to run there: whether it still answers shows when it is first asked.

    Raises Unavailable for a name that no runtime has: the state may be one of another version.
    """
    if name not in registry.NAMES:
        raise Unavailable.of(
            "state.damaged",
            f"there is no runtime `{name}`",
            cause=f"The state of the stack names it. The runtimes are {', '.join(registry.NAMES)}.",
            remedy="Use the version of stackctl that has brought the stack up.",
        )
    runtime: Runtime = registry.module(name, "runtime").opened(stack, folder, note)
    return runtime


def running_from(folder: Path) -> tuple[str, ...]:
    """The units that run from a state folder whose files are lost, in any runtime that answers."""
    found: list[str] = []
    for name in registry.local_first():
        with suppress(Unavailable):
            found += reopen_runtime(name, "", folder).running_here()
    return tuple(found)
