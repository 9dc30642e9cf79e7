"""`stackctl contract`: contracts brought up to date with what services serve."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stackctl.cli.options import AllowOutside, options

if TYPE_CHECKING:
    from stackctl.operations.contract_update import Update

app = typer.Typer(name="contract", help="Contracts: the metrics that services promise.", no_args_is_help=True)


@app.callback()
def contract() -> None:
    """Contracts: the metrics that services promise."""


@app.command("update")
def update(
    context: typer.Context,
    service: Annotated[
        list[str] | None, typer.Argument(help="Only these services; by default all that have a contract and targets.")
    ] = None,
    source: Annotated[
        Path | None,
        typer.Option("--from", metavar="FILE", help="Compare with metrics in a file instead of asking the service."),
    ] = None,
    stored: Annotated[
        bool, typer.Option("--prometheus", help="Compare with what the running stack's Prometheus has scraped.")
    ] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Show the differences only, and write nothing.")] = False,
    allow_outside: AllowOutside = False,  # noqa: ARG001 - read by its callback
) -> None:
    """Update contracts from what the targets of their services serve now.

    Shows metrics that are new, gone or different (type, labels, values, buckets), and writes them into the contract.
    Comments and order stay, and an entry that is not true any more becomes a comment. Metrics of client libraries
    about themselves (`go_`, `process_`, ...) are not added.
    """
    from stackctl.errors import InputError
    from stackctl.operations.contract_update import find_updates
    from stackctl.operations.user_files import write
    from stackctl.report import console

    found = find_updates(options(context).manifest, service or (), source, stored=stored)
    for each in found.updates:
        console.out("\n".join(_lines(each)))
    if not diff:
        write(found.texts)
        for path in found.texts:
            console.out(f"wrote {path}")
        if found.obstacles:
            raise InputError(*found.obstacles)


def _lines(update: Update) -> list[str]:
    from stackctl.report import console

    if not update.differences and not update.remarks:
        return [f"{console.bold(update.service)}: nothing has changed"]
    lines = [str(each) for each in update.differences] + [f"not added: {remark}" for remark in update.remarks]
    return [f"{console.bold(update.service)}:", *(f"  {line}" for line in lines)]
