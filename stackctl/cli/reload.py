"""`stackctl reload`: an edit of rules, targets or receivers becomes live, whole and confirmed, or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stackctl.cli.options import AllowOutside, Ignore, Output, options, own_manifest
from stackctl.cli.values import Format, seconds

if TYPE_CHECKING:
    from stackctl.model import Stack, Waiver

# A kubelet takes up to a minute and a half to bring a file to its pod, and the sidecar there up to half a minute to see
# it; and both as long to bring the old one back.
_IN_CLUSTER = "5m"


def reload(
    context: typer.Context,
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="GENERATION", help="Roll back to this generation (ID or unique prefix)."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Validate, and show what would be done.")] = False,
    timeout: Annotated[
        str | None, typer.Option("--timeout", help="Time limit, including a rollback: 30s, in a cluster 5m.")
    ] = None,
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
    manifest = own_manifest(context)
    stack = options(context).in_cluster
    deadline = seconds(timeout or (_IN_CLUSTER if stack else "30s"), "--timeout")
    if stack:
        _reload_in_cluster(manifest, stack, to, deadline, ignored, dry_run=dry_run)
        return
    if to is not None:
        done = reload_generation(manifest, to, deadline, console, dry_run=dry_run)
    else:
        done = reload_manifest(manifest, deadline, console, dry_run=dry_run, ignored=ignored)
    if dry_run:
        console.out("\n".join([*map(str, done.plan.steps), *done.dashboards.steps()]) or "nothing to do")
        return
    _show(f"{done}: generation {done.generation}", to)


def _reload_in_cluster(
    manifest: Path, stack: Stack, to: str | None, deadline: float, ignored: Sequence[Waiver], *, dry_run: bool
) -> None:
    from stackctl.operations.cluster.reload import reload_generation, reload_manifest
    from stackctl.report import console

    if to is not None:
        done = reload_generation(manifest, stack, to, deadline, console, dry_run=dry_run)
    else:
        done = reload_manifest(manifest, deadline, console, dry_run=dry_run, ignored=ignored)
    if dry_run:
        console.out("\n".join(map(str, done.changes)) or "nothing to do")
        return
    _show(f"{done}: generation {done.generation}", to)


def _show(done: str, to: str | None) -> None:
    from stackctl.report import console

    console.out(f"{console.mark('pass')} {done}")
    if to:
        console.note("The next `stackctl reload` applies the manifest again.")
