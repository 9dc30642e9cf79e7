"""`stackctl packs`: the library of alert rules and dashboards, and what each pack takes and gives."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stackctl.cli.options import options

if TYPE_CHECKING:
    from stackctl.manifest.packs.library import Library

app = typer.Typer(name="packs", help="Alert rules and dashboards to use by name.", no_args_is_help=True)


class Output(str, Enum):
    """How a report is written."""

    text = "text"
    json = "json"


OutputOption = Annotated[Output, typer.Option("--output", "-o", help="How to write it.")]


@app.command("list")
def list_packs(context: typer.Context, output: OutputOption = Output.text) -> None:
    """List the packs: those of stackctl, and those of the manifest's own folders."""
    import json

    from stackctl.manifest.packs.describe import summaries
    from stackctl.report import console

    rows = summaries(_library(context))
    if output is Output.json:
        console.out(json.dumps({"packs": rows}, indent=2))
        return
    console.table("", ("under", "pack", "for", "what"), [(r["under"], r["name"], r["for"], r["title"]) for r in rows])


@app.command("show")
def show_pack(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The pack.")],
    output: OutputOption = Output.text,
) -> None:
    """Show a pack: its parameters, the metrics that it needs, and its alerts or panels."""
    import json

    from stackctl.errors import InputError
    from stackctl.manifest.packs.describe import described, names
    from stackctl.manifest.validate import unknown_name
    from stackctl.report import console

    library = _library(context)
    found = described(library, name)
    if not found:
        raise InputError.of(f"there is no pack `{name}`", remedy=unknown_name(name, names(library), "Packs"))
    if output is Output.json:
        console.out(json.dumps({"packs": found}, indent=2))
        return
    console.out("\n\n".join("\n".join(_shown(pack)) for pack in found))


def _library(context: typer.Context) -> Library:
    """The packs of the manifest where there is one, else those that ship."""
    from stackctl.manifest import load_packs

    manifest = options(context).manifest
    return load_packs(manifest if manifest.exists() else None)


def _shown(pack: dict[str, Any]) -> list[str]:
    from stackctl.report import console

    lines = [f"{console.bold(pack['name'])} ({pack['under']}): {pack['title']}", pack["description"], "", *pack["use"]]
    for heading, columns in (("parameters", 4), ("metrics", 4), ("alerts", 3), ("panels", 3)):
        if pack[heading]:
            lines += ["", console.bold(heading.capitalize()), *_table(pack[heading], columns)]
    return lines


def _table(rows: list[dict[str, str]], columns: int) -> list[str]:
    cells = [[str(value) for value in row.values()][:columns] for row in rows]
    widths = [max(len(row[index]) for row in cells) for index in range(len(cells[0]))]
    # The last column is a sentence: it goes on as far as it needs.
    return [
        "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells
    ]
