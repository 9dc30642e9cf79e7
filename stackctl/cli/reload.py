"""`stackctl reload`: an edit of rules, targets or receivers becomes live, whole and confirmed, or not at all."""

from __future__ import annotations

from typing import Annotated

import typer

from stackctl.cli.options import AllowOutside, Ignore, Output, own_manifest
from stackctl.cli.values import Format, seconds


def reload(
    context: typer.Context,
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="GENERATION", help="Roll back to this generation (ID or unique prefix)."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Validate, and show what would be done.")] = False,
    timeout: Annotated[str, typer.Option("--timeout", help="Time limit, including a rollback.")] = "30s",
    output: Output = Format.text,  # noqa: ARG001 - read by its callback
    ignore: Ignore = None,
    allow_outside: AllowOutside = False,  # noqa: ARG001 - read by its callback
) -> None:
    """Apply an edit of the manifest, of rules or of receivers to the running stack, without a restart.

    Validated before anything is touched, confirmed by what the servers report, rolled back when either fails.
    """
    from stackctl.operations.checker_errors import ignored_by_option
    from stackctl.operations.reload import reload_generation, reload_manifest
    from stackctl.report import console

    ignored = ignored_by_option(ignore or ())
    manifest, deadline = own_manifest(context), seconds(timeout, "--timeout")
    if to is not None:
        done = reload_generation(manifest, to, deadline, console, dry_run=dry_run)
    else:
        done = reload_manifest(manifest, deadline, console, dry_run=dry_run, ignored=ignored)
    if dry_run:
        console.out("\n".join([*map(str, done.plan.steps), *done.dashboards.steps()]) or "nothing to do")
        return
    console.out(f"{console.mark('pass')} {done}: generation {done.generation}")
    if to:
        console.note("The next `stackctl reload` applies the manifest again.")
