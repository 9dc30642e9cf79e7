"""`stackctl status`: what runs, from the state alone, so that it works whatever the manifest says now."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stackctl.cli.options import AllowOutside, options, own_manifest
from stackctl.cli.values import Output

if TYPE_CHECKING:
    from stackctl.model import Stack
    from stackctl.operations.cluster.status import Status as ClusterStatus
    from stackctl.operations.cluster.status import Workload
    from stackctl.operations.objectives import Objective
    from stackctl.operations.status import Kept, Row, Status

_DRILL = "a drill is running or was interrupted: the next `stackctl reload`, `up` or `drill` cleans it up"
_COPY = "a backup or a restore is running or was interrupted: the next `stackctl up` or `reload` ends it"
_SLO_COLUMNS = ("service", "objective", "window", "good", "budget left", "burn rate (1h)")


def status(
    context: typer.Context,
    output: Annotated[Output, typer.Option("--output", "-o", help="Output format.")] = Output.text,
    generations: Annotated[
        bool, typer.Option("--generations", help="List the generations that `reload --to` can roll back to.")
    ] = False,
    allow_outside: AllowOutside = False,  # noqa: ARG001 - read by its callback
) -> None:
    """Show the components, their addresses and health, the running generation, and what is left of error budgets.

    Exit code 1 when a declared component is missing, unless an option of `up` allowed that.
    """
    import json

    from stackctl.operations.status import look
    from stackctl.report import console

    manifest = own_manifest(context)
    if stack := options(context).in_cluster:
        _status_in_cluster(manifest, stack, output, generations)
        return
    found = look(manifest)
    if output is Output.json:
        console.out(json.dumps(asdict(found), indent=2))
    elif found.lost:
        console.out(
            f"{console.mark('fail')} the state is lost, and these still run from this folder: {', '.join(found.lost)}"
        )
        console.out("`stackctl up` replaces them, `stackctl down` stops them.")
    elif not found.units:
        console.out("nothing is running")
    else:
        _show(found, generations)
    if found.missing or found.lost:
        raise typer.Exit(1)


def _status_in_cluster(manifest: Path, stack: Stack, output: Output, generations: bool) -> None:
    import json

    from stackctl.operations.cluster.status import look
    from stackctl.report import console

    found = look(manifest, stack)
    if output is Output.json:
        console.out(json.dumps(asdict(found), indent=2))
    elif not found.workloads:
        console.out("nothing is running")
    else:
        known = f", generation {found.generation}" if found.generation else ""
        console.out(f"{found.stack} in the namespace {found.namespace} of {found.context}{known}")
        for line in _remarks_in_cluster(found):
            console.out(f"{console.mark('warn')} {line}")
        if generations:
            console.table("", ["generation", "written", ""], [_kept_cells(found, kept) for kept in found.generations])
            return
        rows = [[f"{each.kind} {each.name}", "yes" if each.ready else "no", _state(each)] for each in found.workloads]
        console.table("", ["workload", "ready", "waits for"], rows)
    if found.missing:
        raise typer.Exit(1)


def _remarks_in_cluster(found: ClusterStatus) -> list[str]:
    if found.copy:
        return [_COPY]
    if found.drill:
        return [_DRILL]
    if found.unfinished:
        begun = f"a change to generation {found.unfinished} has begun and was not confirmed"
        return [f"{begun}: run `stackctl reload`, or `stackctl up` if more than the configuration changed"]
    if found.declared != found.generation:
        return [
            f"the manifest now renders to {found.declared}: `stackctl reload` applies it, and `up` what needs a restart"
        ]
    return []


def _state(each: Workload) -> str:
    return each.waits if each.is_there else "declared, but not in the cluster: run `stackctl up`"


def _show(found: Status, generations: bool) -> None:
    from stackctl.report import console

    console.out(f"{found.stack} in the {found.runtime} runtime, generation {found.generation}")
    for line in remarks(found):
        console.out(f"{console.mark('warn')} {line}")
    if generations:
        console.table("", ["generation", "written", ""], [_kept_cells(found, kept) for kept in found.generations])
    else:
        rows = [[row.name, row.detail or row.state, row.url or row.address or "-", _ready(row)] for row in found.units]
        console.table("", ["component", "state", "address", "ready"], rows)
        _show_slos(found)


def _show_slos(found: Status) -> None:
    from stackctl.report import console

    if found.slos_unknown:
        console.out(f"\n{console.mark('warn')} the SLOs are unknown: {found.slos_unknown}")
    elif found.slos:
        console.out()
        console.table("", _SLO_COLUMNS, map(slo_cells, found.slos))


def slo_cells(each: Objective) -> list[str]:
    """A row of the table of SLOs."""
    from stackctl.report import console

    target = _percent(each.objective)
    row = [each.service, f"{each.slo} {target} %", f"{each.window_days:g}d"]
    if each.good is None or each.budget_remaining is None:
        return [*row, f"{console.mark('skip')} no data yet", "-", "-"]
    # A digit more than the budget has, so that a hundredth of it can be seen.
    digits = len(target.partition(".")[2]) + 2
    sign = console.mark("fail" if each.budget_remaining < 0 else "pass")
    burn = "-" if each.burn_rate is None else f"{each.burn_rate:.2f}"
    return [*row, f"{sign} {_percent(each.good, digits)} %", f"{_percent(each.budget_remaining, 1)} %", burn]


def _percent(ratio: float, digits: int | None = None) -> str:
    """`ratio` in percent, rounded down, so that what is missed by little does not look as if it were met."""
    from decimal import ROUND_FLOOR, Decimal

    percent = Decimal(f"{ratio * 100:.9f}")
    if digits is None:
        return f"{percent.normalize():f}"
    return f"{percent.quantize(Decimal(1).scaleb(-digits), ROUND_FLOOR):f}"


def remarks(found: Status) -> list[str]:
    """Return remarks on problems of the running generation, and what to do about them."""
    from stackctl.clock import clock

    begun = found.unfinished
    lines = []
    if found.missing:
        lines.append(f"{', '.join(found.missing)}: declared, but not started: run `stackctl up`")
    if found.drill:
        return [*lines, _DRILL]
    if begun:
        lines.append(
            f"a change from generation {begun.before} to {begun.generation} began at {clock(begun.since)} and has not "
            "finished: run `stackctl reload`, or `stackctl up` if more than the configuration changed"
        )
    if not found.declared:
        lines.append("the manifest cannot be read: `stackctl check` says why")
    elif found.declared != found.generation:
        lines.append(
            f"the manifest now renders to {found.declared}: `stackctl reload` applies it, and `up` what needs a restart"
        )
    return lines


def _kept_cells(found: Status | ClusterStatus, kept: Kept) -> list[str]:
    from stackctl.clock import clock

    notes = {found.generation: "running", found.declared: "matches the manifest"}
    if found.generation == found.declared:
        notes = {found.generation: "running, matches the manifest"}
    return [kept.id, clock(kept.written_at), notes.get(kept.id, "")]


def _ready(row: Row) -> str:
    return {True: "yes", False: "no", None: "-"}[row.ready]
