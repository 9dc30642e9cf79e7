"""`stackctl verify`: the proof that everything declared works."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stackctl.cli.options import AllowOutside, Ignore, Output, options
from stackctl.cli.values import Format, seconds

if TYPE_CHECKING:
    from stackctl.model import Waiver
    from stackctl.report.report import Report


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
    from contextlib import nullcontext

    from stackctl.bounds.deadline import within
    from stackctl.cli.reports import page, render, write_report
    from stackctl.clients.http import TIMEOUT_SECONDS
    from stackctl.operations.checker_errors import ignored_by_option
    from stackctl.operations.verification import verify_stack
    from stackctl.report import console

    manifest = options(context).manifest
    patience = seconds(timeout, "--timeout") if timeout else None
    chosen = [id.strip() for given in only or () for id in given.split(",")]
    ignored = ignored_by_option(ignore or ())
    # What is asked at the end of that time still has the time of one answer.
    with nullcontext() if patience is None else within(patience + TIMEOUT_SECONDS):
        verification = verify_stack(manifest, patience, chosen, history=report is not None, ignored=ignored)
    if drill:
        verification = _with_drill(manifest, verification, ignored)
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


def _with_drill(manifest: Path, verification: Report, ignored: Sequence[Waiver]) -> Report:
    """The verification with a finding for each alert under drill."""
    from dataclasses import replace

    from stackctl.operations.drill import run as run_drill
    from stackctl.operations.locked import locked
    from stackctl.operations.session import Session

    begun = time.monotonic()
    with locked(partial(Session.open, ignored=ignored), manifest, "drill") as session:
        findings = run_drill(manifest, session)
    seconds = verification.seconds + time.monotonic() - begun
    return replace(verification, diagnostics=(*verification.diagnostics, *findings), seconds=seconds)
