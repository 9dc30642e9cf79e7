"""`stackctl packs`: the library of alert rules and dashboards, and what each pack takes and gives."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from stackctl.cli.options import AllowOutside, options
from stackctl.cli.values import Output

app = typer.Typer(name="packs", help="Alert rules and dashboards to use by name.", no_args_is_help=True)


OutputOption = Annotated[Output, typer.Option("--output", "-o", help="Output format.")]


@app.command("list")
def list_packs(
    context: typer.Context,
    output: OutputOption = Output.text,
    allow_outside: AllowOutside = False,  # noqa: ARG001 - read by its callback
) -> None:
    """List the packs: those of stackctl, and those of the manifest's own folders.

    Where one fits what the manifest declares and is not used, it says for what.
    """
    import json

    from stackctl.operations.packs import listed
    from stackctl.report import console

    rows = listed(options(context).manifest)
    if output is Output.json:
        console.out(json.dumps({"packs": rows}, indent=2))
        return
    columns = ("under", "pack", "for", "what", *(["fits"] if any(row["fits"] for row in rows) else []))
    cells = [(r["under"], r["name"], r["for"], r["title"], ", ".join(r["fits"]))[: len(columns)] for r in rows]
    console.table("", columns, cells)


@app.command("show")
def show_pack(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The pack.")],
    output: OutputOption = Output.text,
    allow_outside: AllowOutside = False,  # noqa: ARG001 - read by its callback
) -> None:
    """Show a pack: its parameters, the metrics that it needs, and its alerts or panels."""
    import json

    from stackctl.errors import InputError
    from stackctl.manifest.packs.describe import described, names
    from stackctl.manifest.validate import unknown_name
    from stackctl.operations.packs import library_of
    from stackctl.report import console

    library = library_of(options(context).manifest)
    found = described(library, name)
    if not found:
        raise InputError.of(
            "usage.unknown-name", f"there is no pack `{name}`", remedy=unknown_name(name, names(library), "Packs")
        )
    if output is Output.json:
        console.out(json.dumps({"packs": found}, indent=2))
        return
    console.out("\n\n".join("\n".join(_shown(pack)) for pack in found))


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
