"""Logs of a stack: what runs is known by the state alone, and its secrets are not shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from stackctl import conventions as c
from stackctl import redaction
from stackctl.bounds.files import read_text
from stackctl.bounds.json_text import loads

if TYPE_CHECKING:
    from stackctl.runtimes.protocol import Runtime
    from stackctl.tree import Unit


def lines(manifest: Path, component: str | None, *, follow: bool, tail: int | None) -> Iterator[str]:
    """Yield the lines of a component's logs, of all components when that is None.

    `tail` is how many of the last ones, None for all; with `follow` those to come too. From now on the stack's secrets
    are hidden in all output. Raises InputError for an unknown component, and Unavailable for one that was not started.
    """
    from stackctl.errors import Unavailable
    from stackctl.runtimes.plan import selected
    from stackctl.runtimes.select import open_runtime
    from stackctl.state import State

    state = State.beside(manifest)
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
    yield from runtime.logs([unit.name for unit in wanted], follow=follow, tail=tail)


def _secrets(tree: Path) -> Iterator[str]:
    """Yield the content of the secret files of a tree, as far as this user may read them."""

    for path in (tree / c.SECRETS_DIR).rglob("*"):
        try:
            text = read_text(path) if path.is_file() else ""
        except (OSError, ValueError):
            continue
        yield text
        yield from _values(text)


def _values(text: str) -> Iterator[str]:
    """Yield the secrets in a file of several: the variables of a process, or the passwords of servers, as JSON."""
    if not text.startswith("{"):
        return
    with suppress(ValueError):  # one secret, which begins like JSON
        yield from (str(value) for value in loads(text).values())


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
