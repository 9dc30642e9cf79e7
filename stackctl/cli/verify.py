"""`stackctl verify`: the proof that everything declared works."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stackctl.cli.options import options
from stackctl.cli.values import Format, seconds

if TYPE_CHECKING:
    from stackctl.report.verification import Verification


def verify(
    context: typer.Context,
    output: Annotated[Format, typer.Option("--output", "-o", help="How the report is written.")] = Format.text,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write the report to FILE.")] = None,
    report: Annotated[
        Path | None, typer.Option("--report", metavar="FILE.html", help="Write a page with charts to FILE.html too.")
    ] = None,
    timeout: Annotated[
        str | None,
        typer.Option("--timeout", help="How long to wait for scrapes and evaluations.", show_default="as they need"),
    ] = None,
    drill: Annotated[bool, typer.Option("--drill", help="Set off every alert too; nobody is notified.")] = False,
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="ID,...", help="Only these checks or families; repeatable.")
    ] = None,
) -> None:
    """Prove that everything the manifest declares is loaded and works.

    Exits 1 when anything declared does not work.
    """
    from stackctl.cli.session import verify_stack
    from stackctl.report import console

    manifest = options(context).manifest
    patience = seconds(timeout, "--timeout") if timeout else None
    chosen = [id.strip() for given in only or () for id in given.split(",")]
    verification = verify_stack(manifest, patience, chosen, history=report is not None)
    if drill:
        verification = _with_drill(manifest, verification)
    text = render(verification, manifest, output)
    if out is None:
        console.out(text.rstrip("\n"))
    else:
        write_report(out, text, "--out")
        console.note(f"{'verified' if verification.ok else 'not verified'}: see {out}")
    if report is not None:
        write_report(report, page(verification), "--report")
        console.note(f"report: {report}")
    raise typer.Exit(0 if verification.ok else 1)


def _with_drill(manifest: Path, verification: Verification) -> Verification:
    """The verification with a finding for each alert under drill."""
    from dataclasses import replace

    from stackctl.cli import drill
    from stackctl.cli.session import Session

    begun = time.monotonic()
    with Session.locked(manifest) as session:
        findings = drill.run(manifest, session)
    seconds = verification.seconds + time.monotonic() - begun
    return replace(verification, findings=(*verification.findings, *findings), seconds=seconds)


def _in_repository(verification: Verification, manifest: Path, output: Format) -> Verification:
    """The verification with places as CI systems look for them: from the root of the repository."""
    import os
    from dataclasses import replace

    from stackctl.report.checkout import Checkout

    if output not in (Format.junit, Format.github):
        return verification
    checkout = Checkout.of(manifest, os.environ)
    return replace(verification, findings=tuple(map(checkout.finding, verification.findings)))


def render(verification: Verification, manifest: Path, output: Format) -> str:
    """The report in the form that was asked for; for CI systems with places as these look for them."""
    from stackctl.report import github, json_report, junit, text

    formats: dict[Format, Any] = {
        Format.text: text,
        Format.json: json_report,
        Format.junit: junit,
        Format.github: github,
    }
    return str(formats[output].render(_in_repository(verification, manifest, output)))


def page(verification: Verification) -> str:
    """The report as a page."""
    from stackctl import __version__
    from stackctl.report import html

    return html.render(verification, __version__)


def write_report(path: Path, text: str, option: str) -> None:
    """Write a report whole or not at all. Raises InputError when that cannot be; `option` is what named `path`."""
    from stackctl.errors import InputError

    temporary = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise InputError.of(
            f"cannot write {path}: {error.strerror}", remedy=f"Name another file with {option}."
        ) from None
