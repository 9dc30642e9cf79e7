"""`stackctl down`: stop everything, without the manifest and with whatever is left of the state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from stackctl.cli.options import options, own_manifest

if TYPE_CHECKING:
    from stackctl.model import Stack


def down(
    context: typer.Context,
    volumes: Annotated[bool, typer.Option("--volumes", help="Remove the data too.")] = False,
) -> None:
    """Stop the stack and remove what runs. Data is kept unless --volumes is given."""
    from stackctl.operations.down import take_down
    from stackctl.report import console

    manifest = own_manifest(context)
    if stack := options(context).in_cluster:
        _down_in_cluster(stack, volumes=volumes)
        return
    done = take_down(manifest, console, volumes=volumes)
    for name in done.stopped:
        console.out(f"stopped {name}")
    if not done.stopped:
        console.out("nothing was running")
    for folder in done.others:
        console.out(f"{console.mark('warn')} the stack of this name in {folder} is left alone")
    if volumes:
        console.out("removed the data")
    if done.volumes:
        console.out(f"{console.mark('warn')} Docker keeps volumes of this name: {', '.join(done.volumes)}")
        console.out(f"  If you do not need what is in them: docker volume rm {' '.join(done.volumes)}")


def _down_in_cluster(stack: Stack, *, volumes: bool) -> None:
    from stackctl.operations.cluster.down import take_down
    from stackctl.report import console

    done = take_down(stack, console, volumes=volumes)
    for thing in done.things:
        console.out(f"removed {thing}")
    if not done.things:
        console.out("nothing was there")
    if done.volumes:
        console.out(f"{console.mark('warn')} volumes are kept: {', '.join(done.volumes)}; `--volumes` removes them too")
