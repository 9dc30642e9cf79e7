"""`stackctl backup`: the data of the running stack in one file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from stackctl.cli.options import AllowOutside, options, own_manifest


def backup(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Archive to write, a .tar.gz file.", dir_okay=False)],
    allow_outside: AllowOutside = False,  # noqa: ARG001 - read by its callback
) -> None:
    """Write a consistent copy of the running stack's data to FILE, which is whole or not there.

    Prometheus goes on; Alertmanager, Grafana and Pushgateway are stopped for the moment in which they are copied.
    """
    from stackctl.operations.backup import back_up
    from stackctl.operations.cluster.backup import back_up_cluster
    from stackctl.report import console

    manifest = own_manifest(context)
    stack = options(context).in_cluster
    label = back_up_cluster(stack, file, console) if stack else back_up(manifest, file, console)
    size = file.stat().st_size / 2**20
    console.out(f"{console.mark('pass')} {file}: {', '.join(label.units)} of {label.stack}, {size:.1f} MiB")
