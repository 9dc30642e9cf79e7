"""The running stack, by the state alone: units, generations, and what is left of error budgets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from stackctl import conventions as c

if TYPE_CHECKING:
    from stackctl.operations.objectives import Objective
    from stackctl.runtimes.http import Answer
    from stackctl.runtimes.protocol import Observed
    from stackctl.state import Generation, State
    from stackctl.tree import Unit

# For an answer of a Prometheus that is ready.
_PATIENCE_SECONDS = 5.0


@dataclass(frozen=True)
class Row:
    """One unit. `ready` is None when there is nothing to ask; `started_at` is Unix time, 0 when unknown.

    `is_allowed` is False for a unit that is declared and was never started, or was removed, although no option of `up`
    and no profile says so.
    """

    name: str
    state: str
    address: str
    ready: bool | None
    started_at: float
    detail: str
    url: str = ""
    is_allowed: bool = True


@dataclass(frozen=True)
class Kept:
    """A generation that `reload --to` can bring back. `written_at` is Unix time."""

    id: str
    written_at: float


@dataclass(frozen=True)
class Unfinished:
    """A change that has begun and not ended: killed, failed, or at work right now. `since` is Unix time."""

    generation: str
    before: str
    since: float


@dataclass(frozen=True)
class Status:
    """A stack as it was found. `generation` and `runtime` are "" when nothing was ever brought up.

    `declared` is the generation that the manifest stands for now, "" when it cannot be read. `drill` is whether
    alerts fire under drill in what runs. `slos_unknown` is why nothing is known of what was measured for `slos`.
    `lost` are units that run from this folder although its state is lost.
    """

    stack: str
    runtime: str
    generation: str
    units: tuple[Row, ...]
    declared: str = ""
    unfinished: Unfinished | None = None
    generations: tuple[Kept, ...] = ()
    drill: bool = False
    slos: tuple[Objective, ...] = ()
    slos_unknown: str = ""
    lost: tuple[str, ...] = ()

    @property
    def missing(self) -> tuple[str, ...]:
        """The units that have to run and are not there."""
        return tuple(row.name for row in self.units if not row.is_allowed)


def look(manifest: Path) -> Status:
    """Observe the stack whose state is next to `manifest`. Raises Unavailable when its runtime does not answer."""
    from concurrent.futures import ThreadPoolExecutor

    from stackctl.runtimes.ready import unready
    from stackctl.runtimes.select import open_runtime, running_from
    from stackctl.state import State

    state = State.beside(manifest)
    generation, running = state.current(), state.running()
    if generation is None:
        return Status("", "", "", (), lost=running_from(state.root))
    stack, runtime, units = generation.index()
    begun = running and running.partly and Unfinished(running.partly, running.generation, running.partly_since)
    found = Status(
        stack,
        runtime,
        generation.id,
        (),
        _declared(manifest, runtime, state),
        begun or None,
        tuple(Kept(one.id, one.written_at()) for one in state.generations()),
        (generation.path / c.DRILL_RULES).is_file(),
    )
    observed = {one.name: one for one in open_runtime(runtime, stack, state.root).observe()}
    if not observed:
        return found
    asked = [unit for unit in units if unit.name in observed and observed[unit.name].state == "running"]
    absent = [unit for unit in units if unit.name not in observed and unit.address]
    with ThreadPoolExecutor(max_workers=max(len(units), 1)) as pool:
        others = dict(zip((unit.name for unit in absent), pool.map(_other_at, absent), strict=True))
        late = unready(asked, generation, pool)
    skipped = running.units_skipped if running else {}
    rows = tuple(
        _row(unit, observed[unit.name], late.get(unit.name))
        if unit.name in observed
        else _absent(unit, skipped.get(unit.name, ""), others.get(unit.name))
        for unit in units
    )
    slos, unknown = _slos(generation, rows)
    return replace(found, units=rows, slos=slos, slos_unknown=unknown)


def _slos(generation: Generation, rows: Sequence[Row]) -> tuple[tuple[Objective, ...], str]:
    """The SLOs of what runs, and why nothing is known of them, if that is so."""
    from stackctl.clients.http import Http, NoAnswer
    from stackctl.clients.prometheus import Prometheus
    from stackctl.operations.objectives import measured, objectives

    found = objectives(generation)
    if not found:
        return (), ""
    if not next(row for row in rows if row.name == c.PROMETHEUS).ready:
        return found, "Prometheus is not ready"
    try:
        server = next(unit for unit in generation.units() if unit.name == c.PROMETHEUS)
        return measured(found, Prometheus(Http(generation.access(server), timeout=_PATIENCE_SECONDS))), ""
    except NoAnswer as error:
        return found, error.summary


def _declared(manifest: Path, runtime: str, state: State) -> str:
    """The id of the generation that the manifest stands for now, "" when it cannot be read."""
    from stackctl.errors import StackctlError
    from stackctl.manifest import load
    from stackctl.operations.session import kept_secrets
    from stackctl.render import render

    try:
        return state.identify(render(load(manifest), runtime, kept_secrets(state), state.kept_salt()))
    except (StackctlError, KeyError):  # KeyError: a Grafana whose password is not made yet
        return ""


def _other_at(unit: Unit) -> str | None:
    """Return the holder of the address of a unit that does not run."""
    from stackctl.runtimes.http import server_at

    return server_at(unit.address)


def _row(unit: Unit, seen: Observed, late: Answer | None) -> Row:
    """A unit that exists. `late` is what it answers instead of being ready."""
    ready = (seen.state == "running" and not late) if unit.ready else None
    detail = seen.detail or (f"running, not ready: {late}" if late else "")
    return Row(unit.name, seen.state, unit.address, ready, seen.started_at, detail, unit.url)


def _absent(unit: Unit, skipped: str, other: str | None) -> Row:
    """A unit that does not run. `other` is the name of what answers at its address, None when nothing does."""
    if other is not None and other.startswith(c.SIMULATE_SERVER):
        return Row(unit.name, "simulated", unit.address, True, 0.0, "simulated: `stackctl simulate` answers", unit.url)
    detail = f"skipped: {skipped}" if skipped else "not started"
    detail += "" if other is None else " (another program answers at its address)"
    is_allowed = bool(skipped or unit.profiles)
    return Row(unit.name, "missing", unit.address, None, 0.0, detail, unit.url, is_allowed)
