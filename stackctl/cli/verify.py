"""`stackctl verify`: the proof that everything declared works."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from stackctl.cli.options import AllowOutside, Ignore, Output, options
from stackctl.cli.values import Format, seconds


def verify(
    context: typer.Context,
    output: Output = Format.text,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write the report to FILE.")] = None,
    report: Annotated[
        Path | None, typer.Option("--report", metavar="FILE.html", help="Also write a page with charts to FILE.html.")
    ] = None,
    timeout: Annotated[
        str | None,
        typer.Option(
            "--timeout", help="How long to wait for scrapes and evaluations.", show_default="as long as they need"
        ),
    ] = None,
    drill: Annotated[bool, typer.Option("--drill", help="Also fire every alert; nobody is notified.")] = False,
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="ID,...", help="Checks or families to run; repeatable.")
    ] = None,
    ignore: Ignore = None,
    allow_outside: AllowOutside = False,  # noqa: ARG001 - read by its callback
) -> None:
    """Prove that everything the manifest declares is loaded and works.

    Exits 1 when anything declared does not work.
    """
    from stackctl.cli.reports import page, render, write_report
    from stackctl.operations.checker_errors import ignored_by_option
    from stackctl.operations.drill import with_drill
    from stackctl.operations.verification import verify_stack
    from stackctl.report import console

    manifest = options(context).manifest
    patience = seconds(timeout, "--timeout") if timeout else None
    chosen = [id.strip() for given in only or () for id in given.split(",")]
    ignored = ignored_by_option(ignore or ())
    verification = verify_stack(manifest, patience, chosen, history=report is not None, ignored=ignored)
    if drill:
        verification = with_drill(manifest, verification, console, ignored)
    text = render(verification, manifest, output, folds=out is None and console.folds())
    if out is None:
        console.document(text)
    else:
        write_report(out, text, "--out")
        console.note(f"{'verified' if verification.ok else 'not verified'}: see {out}")
    if report is not None:
        write_report(report, page(verification), "--report")
        console.note(f"report: {report}")
    raise typer.Exit(0 if verification.ok else 1)
