"""`stackctl packs`: the library of alert rules and dashboards, and what each pack takes and gives."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stackctl.cli.options import AllowOutside, options

if TYPE_CHECKING:
    from stackctl.manifest.packs.library import Library

app = typer.Typer(name="packs", help="Alert rules and dashboards to use by name.", no_args_is_help=True)


class Output(str, Enum):
    """Output format."""

    text = "text"
    json = "json"


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

    from stackctl.manifest.packs.describe import summaries
    from stackctl.report import console

    library = _library(context)
    rows = [{**row, "fits": places} for row, places in _fitting(context, library, summaries(library))]
    if output is Output.json:
        console.out(json.dumps({"packs": rows}, indent=2))
        return
    columns = ("under", "pack", "for", "what", *(["fits"] if any(row["fits"] for row in rows) else []))
    cells = [(r["under"], r["name"], r["for"], r["title"], ", ".join(r["fits"]))[: len(columns)] for r in rows]
    console.table("", columns, cells)


def _fitting(
    context: typer.Context, library: Library, rows: list[dict[str, Any]]
) -> Iterator[tuple[dict[str, Any], list[str]]]:
    """Each of `rows` with the places of the manifest that the pack fits and is not used for."""
    from stackctl.errors import InputError
    from stackctl.manifest import load
    from stackctl.manifest.packs.fits import fits
    from stackctl.manifest.packs.library import FOLDERS

    places: dict[tuple[str, str], list[str]] = {}
    with suppress(InputError):  # without a manifest, or with a bad one, the packs are still there
        for fit in fits(load(options(context).manifest), library):
            places.setdefault((FOLDERS[fit.kind], fit.pack), []).append(fit.place)
    yield from ((row, places.get((row["under"], row["name"]), [])) for row in rows)


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
    from stackctl.report import console

    library = _library(context)
    found = described(library, name)
    if not found:
        raise InputError.of(
            "usage.unknown-name", f"there is no pack `{name}`", remedy=unknown_name(name, names(library), "Packs")
        )
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
