"""Taking over the data of a server that somebody else has started: copied, once, and only read where it is.

The copy is what a restore does, and is undone in the same way; see ARCHITECTURE.md, Recovery.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from secrets import token_hex
from typing import TYPE_CHECKING

from stackctl.components import registry
from stackctl.diagnostic import Diagnostic
from stackctl.errors import InputError, Unavailable
from stackctl.runtimes.found_data import CODE, named

if TYPE_CHECKING:
    from stackctl.components.component import StoredData
    from stackctl.model import ExistingData, Stack
    from stackctl.progress import Progress
    from stackctl.runtimes.protocol import Runtime
    from stackctl.state import Entry, Generation, State
    from stackctl.tree import Unit

Ask = Callable[[str], bool]


@dataclass(frozen=True)
class Taken:
    """Data that a unit takes over, and its size in bytes."""

    unit: Unit
    data: ExistingData
    size: int

    def __str__(self) -> str:
        return f"{named(self.data.name)} ({shown(self.size)}) for {self.unit.name}"


def pending(stack: Stack, runtime: Runtime, starting: Collection[Unit], progress: Progress) -> list[Taken]:
    """Return what the units that are about to start take over, after checks that only read.

    Raises Unavailable for what cannot be taken over: with all of the reasons, and nothing has been changed.
    """
    declared = {server.name: server.existing for server in stack.components if server.existing}
    found, problems = [], []
    for unit in starting:
        if (data := declared.get(unit.name)) is None:
            continue
        if (own := runtime.own_data(unit.name)) == data.name:
            cause = "It is that of the stack itself, as it is called so: the stack would write to it, not to a copy."
            problems.append(_refusal(data, cause, "Give the stack another `name`, or remove `data`."))
            continue
        if own:
            progress.detail(f"{unit.name} has data of its own: {named(data.name)} is not read")
            continue
        try:
            stored = runtime.survey(data.name, unit)
        except Unavailable as error:
            problems += [replace(problem, position=data.origin) for problem in error.problems]
            continue
        problems += _obstacles(unit, data, stored)
        found.append(Taken(unit, data, stored.size))
    problems += _no_space(runtime, found)
    if problems:
        raise Unavailable(*problems)
    return found


def confirm(found: Sequence[Taken], ask: Ask) -> None:
    """Raise InputError unless the user agrees to the copy."""
    listed = ", ".join(map(str, found))
    if not ask(f"Copy {listed}? What is there stays as it is."):
        remedy = "Add `--take-over` to copy it, or remove `data` from the manifest to begin without data."
        raise InputError(
            *(
                Diagnostic(
                    "data.not-confirmed",
                    f"{each.unit.name} is to take over {named(each.data.name)}, which copies {shown(each.size)}",
                    each.data.origin,
                    cause="Nothing is copied without a confirmation. Nothing was changed.",
                    remedy=remedy,
                )
                for each in found
            )
        )


def take_over(
    state: State, runtime: Runtime, stack: str, generation: Generation, found: Sequence[Taken], progress: Progress
) -> None:
    """Copy the data of each unit into its own place. `generation` is the one that is about to be brought up.

    Raises Unavailable, with everything as it was before; an interrupted one is undone or finished by the next command.
    """
    from stackctl.operations.unfinished.restart import undone_on_failure
    from stackctl.operations.unfinished.take_over import end

    before = state.current()
    entry = _entry(runtime, stack, before.id if before else "", generation)
    state.begin(entry)
    with undone_on_failure(state, lambda: end(state, runtime, state.intent() or entry), progress):
        state.switch(generation)
        for each in found:
            progress.note(f"copying {each}")
            entry = replace(entry, aside=(*entry.aside, each.unit.name))
            state.intend(entry)
            runtime.set_aside(each.unit.name, entry.token)
            runtime.write_data(each.unit.name, runtime.read_existing(each.data.name, each.unit))
            _refuse_change(runtime, each)
        entry = replace(entry, in_place=True)
        state.intend(entry)
    end(state, runtime, entry)


def shown(size: int) -> str:
    """Return a size for people: `3 MiB`."""
    value, units = float(size), ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB"]
    while value >= 1024 and len(units) > 1:
        value, units = value / 1024, units[1:]
    return f"{value:.3g} {units[0]}" if value < 1000 else f"{value:.0f} {units[0]}"


def _entry(runtime: Runtime, stack: str, before: str, generation: Generation) -> Entry:
    from stackctl.state import Entry

    return Entry(
        "take-over",
        time.time(),
        runtime.name,
        stack,
        before=before,
        going_to=generation.id,
        token=token_hex(4),
        existed=runtime.existing_data(),
    )


def _obstacles(unit: Unit, data: ExistingData, stored: StoredData) -> list[Diagnostic]:
    refuse = registry.component(unit.name).refuse_data
    if stored.used_by:
        cause = f"It is in use by {stored.used_by}."
        return [_refusal(data, cause, "Stop it first: what it still writes would be missing.")]
    if refuse and (why := refuse(stored)):
        remedy = "Correct the name, or remove `data` to begin without data."
        return [_refusal(data, f"{why[0].upper()}{why[1:]}.", remedy)]
    return []


def _no_space(runtime: Runtime, found: Sequence[Taken]) -> list[Diagnostic]:
    """Report a disk that does not take the copies; one that takes two of each, where both of its folders are on it."""
    needed = sum(each.size for each in found)
    disks: dict[int, int] = {}
    for place in runtime.places_of_data() if found else ():
        device = place.stat().st_dev
        disks[device] = disks.get(device, 0) + needed
        if (free := shutil.disk_usage(place).free) < disks[device]:
            cause = f"The copy takes {shown(disks[device])}, and {shown(free)} are free."
            remedy = "Free disk space, or move the stack to another disk."
            data = found[0].data
            return [
                Diagnostic(
                    CODE, f"{place} has no space for {named(data.name)}", data.origin, cause=cause, remedy=remedy
                )
            ]
    return []


def _refuse_change(runtime: Runtime, taken: Taken) -> None:
    """Raise Unavailable when somebody has begun to use the data while it was copied."""
    if used_by := runtime.survey(taken.data.name, taken.unit).used_by:
        cause = f"It was started while the data was copied, and is in use by {used_by}."
        raise Unavailable(_refusal(taken.data, cause, "Stop it first. Then run `stackctl up` again."))


def _refusal(data: ExistingData, cause: str, remedy: str) -> Diagnostic:
    return Diagnostic(CODE, f"{named(data.name)} cannot be taken over", data.origin, cause=cause, remedy=remedy)
