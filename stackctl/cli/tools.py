"""`stackctl tools`: the binaries of the native runtime, which are here and how to get the others."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import typer

from stackctl.cli.values import Output

app = typer.Typer(name="tools", help="List or install the binaries of the native runtime.", no_args_is_help=True)


class SourceName(str, Enum):
    """Sources of binaries."""

    auto = "auto"
    archive = "archive"
    debian = "debian"


@app.command("list")
def list_tools(output: Annotated[Output, typer.Option(help="Output format.")] = Output.text) -> None:
    """Show each tool, its version, where it was found and its path.

    STACKCTL_TOOLS_DIR (env) goes before the cache, which `tools install` fills, and the cache before PATH: what was
    installed has the version that stackctl is tried with, while a system's package may be years older.
    """
    import json

    from stackctl.report import console
    from stackctl.tools.listing import rows_of_programs

    rows = rows_of_programs()
    if output is Output.json:
        console.out(json.dumps({"tools": rows}, indent=2))
        return
    header = {"tool": "TOOL", "version": "VERSION", "origin": "ORIGIN", "path": "PATH"}
    missing = {"version": "-", "origin": "-", "path": "not found"}
    _table([header, *({key: value or missing[key] for key, value in row.items()} for row in rows)])


@app.command("install")
def install_tools(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME]...", help="Binaries to install.", show_default="all that the source has"),
    ] = None,
    source: Annotated[SourceName, typer.Option(help="Where to get them from.")] = SourceName.auto,
    base_url: Annotated[
        str | None,
        typer.Option(
            "--base-url", envvar="STACKCTL_TOOLS_BASE_URL", metavar="URL", help="Mirror of the upstream archives."
        ),
    ] = None,
) -> None:
    """Install tools into the cache, without root; those already here at a sufficient version are kept."""
    from stackctl.report import console
    from stackctl.tools import install
    from stackctl.tools.catalogue import installable

    found = install(names or installable(source.value), source=source.value, base_url=base_url, progress=console.note)
    _table([{"tool": tool.name, "version": tool.version, "path": str(tool.path)} for tool in found])


def _table(rows: list[dict[str, str]]) -> None:
    from stackctl.report import console

    # Not a table of the console's: a path that is folded or cut cannot be pasted.
    widths = {key: max(len(row[key]) for row in rows) for key in rows[0]}
    for row in rows:
        console.out("  ".join(value.ljust(widths[key]) for key, value in row.items()).rstrip())
