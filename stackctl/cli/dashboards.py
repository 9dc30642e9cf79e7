"""`stackctl dashboards`: the dashboards of the manifest, looked at without a Grafana."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from stackctl.cli.options import AllowOutside, options

app = typer.Typer(name="dashboards", help="Preview the dashboards without Grafana.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keep `preview` a command of its own."""


@app.command("preview")
def preview(
    context: typer.Context,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Folder for the pages.", show_default=".stackctl/preview"),
    ] = None,
    allow_outside: AllowOutside = False,  # noqa: ARG001 - read by its callback
) -> None:
    """Draw each dashboard from live data of the stack's Prometheus: one HTML page each, and an index.

    Pages need no network and no Grafana. Variables have their defaults, panels the layout and the colours of Grafana.
    """
    from stackctl import conventions as c
    from stackctl.operations.preview import INDEX
    from stackctl.operations.preview import preview as draw
    from stackctl.report import console

    manifest = options(context).manifest
    folder = out or manifest.parent / c.STATE_DIR / "preview"
    written = draw(manifest, folder)
    count = len(written) - 1
    console.note(f"{count} dashboard{'s' if count != 1 else ''}: {folder / INDEX}")
