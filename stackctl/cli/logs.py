"""`stackctl logs`: what the components say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stackctl import conventions as c
from stackctl import redaction
from stackctl.bounds.files import read_text
from stackctl.bounds.json_text import loads
from stackctl.cli.options import options

if TYPE_CHECKING:
    from stackctl.runtimes.protocol import Runtime
    from stackctl.tree import Unit


def logs(
    context: typer.Context,
    component: Annotated[str | None, typer.Argument(help="Component or service to show.")] = None,
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Follow the log output.")] = False,
    tail: Annotated[int | None, typer.Option("--tail", min=0, metavar="N", help="Show only the last N lines.")] = None,
) -> None:
    """Show the logs of the stack, or of one component."""
    from stackctl.errors import Unavailable
    from stackctl.report import console
    from stackctl.runtimes.plan import selected
    from stackctl.runtimes.select import open_runtime
    from stackctl.state import State

    state = State.beside(options(context).manifest)
    generation = state.current()
    if generation is None:
        raise Unavailable.of("stack.never-started", "this stack was never started", remedy="Run `stackctl up`.")
    stack, name, units = generation.index()
    wanted = selected(units, only=[component]) if component else ()
    runtime = open_runtime(name, stack, state.root)
    running = state.running()
    for unit in wanted:
        _refuse_never_started(unit, runtime, running.units_skipped if running else {})
    redaction.hide(_secrets(generation.path))
    for line in runtime.logs([unit.name for unit in wanted], follow=follow, tail=tail):
        if not console.out(line):
            return


def _secrets(tree: Path) -> Iterator[str]:
    """Yield the content of the secret files of a tree, as far as this user may read them."""

    for path in (tree / c.SECRETS_DIR).rglob("*"):
        try:
            text = read_text(path) if path.is_file() else ""
        except (OSError, ValueError):
            continue
        yield text
        if text.startswith("{"):
            # The variables of a process, or the passwords of several servers.
            values = loads(text)
            yield from (str(value) for value in values.values())


def _refuse_never_started(unit: Unit, runtime: Runtime, skipped: Mapping[str, str]) -> None:
    """Raise Unavailable when there is nothing that `unit` could have said."""
    from stackctl.errors import Unavailable

    if any(one.name == unit.name for one in runtime.observe()) or any(runtime.logs([unit.name], tail=1)):
        return
    how = f" --profile {unit.profiles[0]}" if unit.profiles else ""
    why = skipped.get(unit.name) or (f"It belongs to the profile `{unit.profiles[0]}`." if unit.profiles else "")
    first = "Once that is fixed, run" if unit.name in skipped else "Run"
    raise Unavailable.of(
        "unit.not-started", f"`{unit.name}` was not started", cause=why, remedy=f"{first} `stackctl up{how}`."
    )
