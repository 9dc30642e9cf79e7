"""`stackctl up`: from the manifest to a running stack, or to the one that changed."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stackctl.cli.options import AllowOutside, Ignore, Output, options, own_manifest
from stackctl.cli.values import ANY, Format, UpRuntime, seconds

if TYPE_CHECKING:
    from stackctl.model import Waiver


_CLUSTER = "kubernetes"


def up(
    context: typer.Context,
    component: Annotated[list[str] | None, typer.Argument(help="Components and services to start.")] = None,
    runtime: Annotated[UpRuntime, typer.Option("--runtime", help="Runtime to use.")] = ANY,
    profile: Annotated[list[str] | None, typer.Option("--profile", help="Also start this profile.")] = None,
    without: Annotated[list[str] | None, typer.Option("--without", help="Do not start this component.")] = None,
    allow_missing: Annotated[
        bool,
        typer.Option(
            "--allow-missing",
            help="Start the others if an image or a binary is missing; `status` and `verify` show which.",
        ),
    ] = False,
    take_over: Annotated[
        bool,
        typer.Option("--take-over", help="Copy the data that the manifest takes over (`data: {from: ...}`), unasked."),
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be done.")] = False,
    timeout: Annotated[
        str | None, typer.Option("--timeout", help="How long to wait for readiness: 2m, in a cluster 5m.")
    ] = None,
    output: Output = Format.text,  # noqa: ARG001 - read by its callback
    ignore: Ignore = None,
    allow_outside: AllowOutside = False,  # noqa: ARG001 - read by its callback
) -> None:
    """Bring the stack up and wait until every component is ready.

    Changes only what differs from what runs. A second `up` does nothing. When an image or a binary cannot be obtained,
    nothing is changed, and the exit code is 3.
    """
    from stackctl.errors import InputError
    from stackctl.operations.checker_errors import ignored_by_option
    from stackctl.operations.checking import load_or_report
    from stackctl.operations.launch import Selection, bring_up, check_prerequisites, preview
    from stackctl.operations.suggest import suggestions
    from stackctl.report import console

    selection = Selection(tuple(component or ()), tuple(profile or ()), tuple(without or ()), allow_missing)
    ignored = ignored_by_option(ignore or ())
    manifest = own_manifest(context)
    deadline = seconds(timeout or ("5m" if options(context).in_cluster else "2m"), "--timeout")
    if options(context).in_cluster:
        unfit = {"COMPONENT": bool(component), "--profile": bool(profile), "--without": bool(without)}
        unfit |= {
            "--runtime": runtime.value not in (ANY.value, _CLUSTER),
            "--allow-missing": allow_missing,
            "--take-over": take_over,
        }
        _refuse_unfit([name for name, value in unfit.items() if value])
        _up_in_cluster(manifest, deadline, ignored, dry_run=dry_run)
        return
    if runtime.value == _CLUSTER:
        load_or_report(manifest, ignored)
        remedy = "Add `runtime: kubernetes` and `kubernetes: {context: NAME, namespace: NAME}` to it."
        raise InputError.of("usage.option", "--runtime: the manifest names no cluster", remedy=remedy)
    if dry_run:
        work = preview(manifest, runtime.value, selection, console, ignored)
        console.out("\n".join(map(str, work.plan.steps)) or "nothing to do")
        _show_skipped(check_prerequisites(work))
        return
    done = bring_up(manifest, runtime.value, selection, deadline, console, ignored, ask=partial(_confirmed, take_over))
    console.note(f"{done.stack} runs in the {done.runtime} runtime: {done.reason}")
    actions = {step.unit: step.action for step in done.plan.steps}
    rows = [[unit.name, unit.url or "-", actions.get(unit.name, "unchanged")] for unit in done.units]
    console.table("", ["component", "address", "done"], rows)
    _show_skipped(done.skipped)
    for line in suggestions(done.fitting):
        console.note(line)


def _refuse_unfit(options: Sequence[str]) -> None:
    """Raise InputError for options about single units and their images, of which a cluster takes care."""
    from stackctl.errors import InputError

    if options:
        summary = f"{', '.join(options)}: not for a stack that a cluster runs (`runtime: kubernetes`)"
        remedy = "Leave it out: `stackctl up` applies the whole manifest. What is not to run is removed from it."
        raise InputError.of("usage.conflict", summary, remedy=remedy)


def _up_in_cluster(manifest: Path, deadline: float, ignored: Sequence[Waiver], *, dry_run: bool) -> None:
    from stackctl.operations.cluster.up import bring_up, preview
    from stackctl.report import console

    done = preview(manifest, ignored) if dry_run else bring_up(manifest, deadline, console, ignored)
    for warning in done.session.left_out:
        console.warning(warning)
    if dry_run:
        console.out("\n".join(map(str, done.changes)) or "nothing to do")
        return
    place = done.session.place
    console.note(f"{done.session.stack.name} runs in the namespace {place.namespace} of {place.context}")
    actions = {change.thing: change.action for change in done.changes}
    rows = [[str(each), actions.get(each, "unchanged")] for each in done.workloads]
    console.table("", ["workload", "done"], rows)


def _confirmed(take_over: bool, question: str) -> bool:
    """Return the answer to a question: that of the option, or of a person at a terminal."""
    return take_over or (sys.stdin.isatty() and typer.confirm(question, err=True))


def _show_skipped(skipped: Mapping[str, str]) -> None:
    from stackctl.report import console

    for name, reason in skipped.items():
        console.warn(f"skipped {name}: {reason}")
