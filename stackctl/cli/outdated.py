"""`stackctl outdated`: which components are past their support."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from stackctl.cli.options import AllowOutside, options
from stackctl.cli.values import Output

if TYPE_CHECKING:
    from stackctl.operations.outdated import Row


def outdated(
    context: typer.Context,
    output: Annotated[Output, typer.Option("--output", "-o", help="Output format.")] = Output.text,
    allow_outside: AllowOutside = False,  # noqa: ARG001 - read by its callback
) -> None:
    """Show the version of each component, and which of them are past their support.

    By a table that comes with stackctl and names its date; nothing is asked of a network. Natively the versions are
    those of the binaries, else those of the images. Exit code 1 when a component is past its support.
    """
    import json
    from dataclasses import asdict

    from stackctl.operations.outdated import rows_of
    from stackctl.report import console
    from stackctl.support import AS_OF

    rows = rows_of(options(context).manifest)
    if output is Output.json:
        found = [{**asdict(row), "ends": row.ends.isoformat() if row.ends else None} for row in rows]
        console.out(json.dumps({"as_of": AS_OF.isoformat(), "components": found}, indent=2))
    else:
        headings = ["component", "version", "support", "default of stackctl"]
        console.table(
            "", headings, [[row.component, row.version or "unknown", _support(row), row.default] for row in rows]
        )
        console.out(f"\nAs of {AS_OF.isoformat()}: newer releases are not in this table.")
    if any(row.is_over for row in rows):
        raise typer.Exit(1)


def _support(row: Row) -> str:
    if row.is_over:
        return f"ended on {row.ends.isoformat()}" if row.ends else "ended"
    return f"until {row.ends.isoformat()}" if row.ends else "-"
