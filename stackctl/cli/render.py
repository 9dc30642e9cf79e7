"""`stackctl render`: the plain tree, for review and GitOps."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stackctl.cli.options import AllowOutside, Ignore, Output, options
from stackctl.cli.values import FIRST, Format, NamedRuntime

if TYPE_CHECKING:
    from stackctl.tree import Tree


def render(
    context: typer.Context,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder to write to.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit 1 if DIR has drifted.")] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Write nothing; show what would change in DIR.")] = False,
    runtime: Annotated[NamedRuntime, typer.Option(help="Runtime to render for.")] = FIRST,
    force: Annotated[bool, typer.Option("--force", help="Write into a folder that holds other files.")] = False,
    output: Output = Format.text,  # noqa: ARG001 - read by its callback
    ignore: Ignore = None,
    allow_outside: AllowOutside = False,  # noqa: ARG001 - read by its callback
) -> None:
    """Write the plain tree to --out DIR. `docker compose -f DIR/compose.yaml up` runs it without stackctl.

    What `stackctl check` refuses is not written. Without --out, list the files. With --check and --diff together, show
    the differences and exit 1 on any.
    """
    from stackctl.operations.checker_errors import ignored_by_option
    from stackctl.operations.rendering import drifted, hints, rendered
    from stackctl.render.write import differences, write
    from stackctl.report import console

    manifest = options(context).manifest
    reading = check or diff
    if reading and out is None:
        raise typer.BadParameter("--check and --diff compare with a folder: add --out DIR", context)
    ignored = ignored_by_option(ignore or ())
    tree = rendered(manifest, runtime.value, out, keep=out is not None and not reading, ignored=ignored)
    if out is None:
        _list(tree)
    elif reading:
        found = differences(tree, out)
        for difference in found if diff else ():
            console.out(difference.unified().rstrip("\n"))
        if check and found:
            raise drifted(out, found)
    else:
        write(tree, out, force=force)
        console.note(f"wrote {len(tree.files)} files to {out}")
        for line in hints(tree, out):
            console.note(line)


def _list(tree: Tree) -> None:
    from stackctl.report import console

    for path, file in tree:
        console.out(f"{'secret' if file.secret else len(file.content):>8}  {path}")
