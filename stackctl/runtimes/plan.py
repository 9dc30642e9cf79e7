"""Plan of the steps that make the running stack match the declared one. Pure: the same input gives the same plan."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from stackctl.diagnostic import Diagnostic
from stackctl.errors import raise_if_any
from stackctl.runtimes.protocol import Observed, Plan, Step
from stackctl.tree import Unit

# The hashes of a unit show no more. `cause.explained` does, where both trees are known.
ANY_CHANGE = "flags, environment or a file that is read at startup changed"


def selected(
    units: Collection[Unit],
    *,
    only: Collection[str] = (),
    profiles: Collection[str] = (),
    without: Collection[str] = (),
) -> tuple[Unit, ...]:
    """The units that a command is about.

    A unit with profiles takes part when one of them is asked for, or when it is named in `only`. Raises InputError
    for names and profiles that no unit has.
    """
    _refuse_unknown({"component": {unit.name for unit in units}}, (*only, *without))
    _refuse_unknown({"profile": {profile for unit in units for profile in unit.profiles}}, profiles)
    return tuple(
        unit
        for unit in units
        if unit.name not in without
        and (unit.name in only if only else not unit.profiles or not set(unit.profiles).isdisjoint(profiles))
    )


def make_plan(
    declared: Collection[Unit],
    wanted: Collection[Unit],
    observed: Collection[Observed],
    *,
    loaded: Mapping[str, str],
    without: Collection[str] = (),
    prune: bool = True,
) -> Plan:
    """The steps that lead from `observed` to `wanted`.

    declared  every unit of the tree: one that is declared and not wanted stays as it is
    loaded    unit -> `reads` of the configuration it has loaded, as far as that is known
    without   units that must not run although they are declared
    prune     whether units that are no longer declared are removed
    """
    seen = {one.name: one for one in observed}
    names = {unit.name for unit in declared}
    removals = [
        *(Step("remove", name, "no longer declared") for name in sorted(seen.keys() - names) if prune),
        *(Step("remove", name, "left out by --without") for name in sorted(seen.keys() & set(without))),
    ]
    changes = [step for unit in wanted if (step := _change(unit, seen.get(unit.name)))]
    changed = {step.unit for step in changes}
    reloads = [
        Step("reload", unit.name, _reload_cause(loaded.get(unit.name)))
        for unit in wanted
        if unit.reload and unit.name not in changed and loaded.get(unit.name) != unit.reads
    ]
    return Plan((*removals, *changes, *reloads))


def _change(unit: Unit, seen: Observed | None) -> Step | None:
    if seen is None or seen.state == "missing":
        return Step("create", unit.name, "not created yet")
    if seen.stray:
        return Step("replace", unit.name, seen.stray)
    if seen.spec != unit.spec:
        return Step("replace", unit.name, _difference(unit, seen))
    if seen.state == "running":
        return None
    if seen.state in {"restarting", "paused"}:
        return Step("replace", unit.name, seen.detail or seen.state)
    return Step("start", unit.name, seen.detail or ("created, never started" if seen.state == "created" else "exited"))


def _difference(unit: Unit, seen: Observed) -> str:
    if unit.image and seen.image and unit.image != seen.image:
        return f"image changed: {seen.image} -> {unit.image}"
    return ANY_CHANGE


def _reload_cause(loaded: str | None) -> str:
    return "configuration changed" if loaded is not None else "its loaded configuration is unknown"


def _refuse_unknown(known: Mapping[str, Collection[str]], asked: Collection[str]) -> None:
    (kind, names), *_ = known.items()
    raise_if_any(
        Diagnostic("usage.unknown-name", f"there is no {kind} `{name}` in this stack", remedy=_suggestion(name, names))
        for name in asked
        if name not in names
    )


def _suggestion(name: str, names: Collection[str]) -> str:
    import difflib

    close = difflib.get_close_matches(name, names, n=1)
    if close:
        return f"Did you mean `{close[0]}`?"
    return f"There are: {', '.join(sorted(names))}." if names else "There is none."
