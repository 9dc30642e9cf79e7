"""`stackctl restore`: the data of a backup in place of what is there."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from stackctl.cli.options import AllowOutside, options, own_manifest
from stackctl.cli.values import AUTO, RuntimeName, seconds


def restore(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Archive that `backup` wrote.", dir_okay=False)],
    runtime: Annotated[RuntimeName, typer.Option("--runtime", help="Runtime to restore to.")] = AUTO,
    force: Annotated[bool, typer.Option("--force", help="Stop a running stack first, and start it again.")] = False,
    timeout: Annotated[str, typer.Option("--timeout", help="How long to wait for readiness.")] = "2m",
    allow_outside: AllowOutside = False,  # noqa: ARG001 - read by its callback
) -> None:
    """Replace the stack's data by that in FILE, whichever runtime that was written on.

    FILE is read whole and compared with its checksums before anything is touched.
    """
    from stackctl.errors import InputError
    from stackctl.operations.cluster.restore import bring_back_cluster
    from stackctl.operations.restore import bring_back
    from stackctl.report import console

    deadline = seconds(timeout, "--timeout")
    manifest = own_manifest(context)
    if stack := options(context).in_cluster:
        if runtime is not AUTO:
            remedy = "Leave it out: the manifest names the runtime."
            summary = "--runtime: not for a stack that a cluster runs (`runtime: kubernetes`)"
            raise InputError.of("usage.conflict", summary, remedy=remedy)
        label = bring_back_cluster(stack, file, console, force=force, deadline_seconds=deadline)
    else:
        label = bring_back(manifest, file, runtime.value, console, force=force, deadline_seconds=deadline)
    console.out(f"{console.mark('pass')} restored {label.stack} as of {label.made_at}: {', '.join(label.units)}")
