"""`stackctl status`: what runs, from the state alone, so that it works whatever the manifest says now."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stackctl.cli.options import options

if TYPE_CHECKING:
    from stackctl.runtime import Observed
    from stackctl.tree import Unit


class Output(str, Enum):
    """How the status is written."""

    text = "text"
    json = "json"


@dataclass(frozen=True)
class Row:
    """One unit. `ready` is None when there is nothing to ask; `started_at` is Unix time, 0 when unknown."""

    name: str
    state: str
    address: str
    ready: bool | None
    started_at: float
    detail: str


@dataclass(frozen=True)
class Status:
    """A stack as it was found. `generation` and `runtime` are "" when nothing was ever brought up."""

    stack: str
    runtime: str
    generation: str
    units: tuple[Row, ...]


def status(
    context: typer.Context,
    output: Annotated[Output, typer.Option("--output", "-o", help="How the status is written.")] = Output.text,
) -> None:
    """Show the components, their addresses and health, and the running generation."""
    import json

    from stackctl.report import console

    found = look(options(context).manifest)
    if output is Output.json:
        console.out(json.dumps(asdict(found), indent=2))
    elif not found.units:
        console.out("nothing is running")
    else:
        console.out(f"{found.stack} in the {found.runtime} runtime, generation {found.generation}")
        rows = [[row.name, row.detail or row.state, row.address or "-", _ready(row)] for row in found.units]
        console.table("", ["component", "state", "address", "ready"], rows)


def look(manifest: Path) -> Status:
    """Observe the stack whose state lies beside `manifest`. Raises Unavailable when its runtime does not answer."""
    from concurrent.futures import ThreadPoolExecutor

    from stackctl.runtime import open_runtime
    from stackctl.runtime.ready import unready
    from stackctl.state import State

    state = State.beside(manifest)
    generation, running = state.current(), state.running()
    if generation is None:
        return Status("", "", "", ())
    stack, runtime, units = generation.index()
    observed = {one.name: one for one in open_runtime(runtime, stack, state.root).observe()}
    if not observed:
        return Status(stack, runtime, generation.id, ())
    asked = [unit for unit in units if unit.name in observed and observed[unit.name].state == "running"]
    with ThreadPoolExecutor(max_workers=max(len(asked), 1)) as pool:
        late = unready(asked, pool)
    skipped = running.units_skipped if running else {}
    rows = tuple(_row(unit, observed.get(unit.name), skipped.get(unit.name, ""), unit.name in late) for unit in units)
    return Status(stack, runtime, generation.id, rows)


def _row(unit: Unit, seen: Observed | None, skipped: str, late: bool) -> Row:
    if seen is None:
        return Row(unit.name, "missing", unit.address, None, 0.0, f"skipped: {skipped}" if skipped else "not started")
    ready = (seen.state == "running" and not late) if unit.ready else None
    return Row(unit.name, seen.state, unit.address, ready, seen.started_at, seen.detail)


def _ready(row: Row) -> str:
    return {True: "yes", False: "no", None: "-"}[row.ready]
