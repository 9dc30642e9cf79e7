"""`stackctl up`: from the manifest to a running stack, or to the one that changed."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import partial
from typing import Annotated

import typer

from stackctl.cli.options import AllowOutside, Ignore, Output, own_manifest
from stackctl.cli.values import AUTO, Format, RuntimeName, seconds


def up(
    context: typer.Context,
    component: Annotated[list[str] | None, typer.Argument(help="Components and services to start.")] = None,
    runtime: Annotated[RuntimeName, typer.Option("--runtime", help="Runtime to use.")] = AUTO,
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
    timeout: Annotated[str, typer.Option("--timeout", help="How long to wait for readiness.")] = "2m",
    output: Output = Format.text,  # noqa: ARG001 - read by its callback
    ignore: Ignore = None,
    allow_outside: AllowOutside = False,  # noqa: ARG001 - read by its callback
) -> None:
    """Bring the stack up and wait until every component is ready.

    Changes only what differs from what runs. A second `up` does nothing. When an image or a binary cannot be obtained,
    nothing is changed, and the exit code is 3.
    """
    from stackctl.operations.checker_errors import ignored_by_option
    from stackctl.operations.launch import Selection, bring_up, check_prerequisites, preview
    from stackctl.operations.suggest import suggestions
    from stackctl.report import console

    selection = Selection(tuple(component or ()), tuple(profile or ()), tuple(without or ()), allow_missing)
    ignored = ignored_by_option(ignore or ())
    deadline = seconds(timeout, "--timeout")
    manifest = own_manifest(context)
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


def _confirmed(take_over: bool, question: str) -> bool:
    """Return the answer to a question: that of the option, or of a person at a terminal."""
    return take_over or (sys.stdin.isatty() and typer.confirm(question, err=True))


def _show_skipped(skipped: Mapping[str, str]) -> None:
    from stackctl.report import console

    for name, reason in skipped.items():
        console.warn(f"skipped {name}: {reason}")
