"""`stackctl verify`: the proof that everything declared works."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from stackctl import conventions as c
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
    prometheus: Annotated[
        str | None,
        typer.Option("--prometheus", metavar="URL", help="Verify this Prometheus, without a manifest."),
    ] = None,
    alertmanager: Annotated[
        str | None, typer.Option("--alertmanager", metavar="URL", help="And the Alertmanager that it sends alerts to.")
    ] = None,
    grafana: Annotated[
        str | None, typer.Option("--grafana", metavar="URL", help="And the panels of a Grafana that queries it.")
    ] = None,
    ca_file: Annotated[
        Path | None, typer.Option("--ca-file", metavar="FILE", help="CA of the certificates of these servers.")
    ] = None,
    cert_file: Annotated[
        Path | None, typer.Option("--cert-file", metavar="FILE", help="Client certificate for these servers.")
    ] = None,
    key_file: Annotated[Path | None, typer.Option("--key-file", metavar="FILE", help="And its key.")] = None,
) -> None:
    """Prove that everything the manifest declares is loaded and works.

    With --prometheus, prove that servers work which somebody else runs: what they have loaded is what is declared.
    Logins are read from STACKCTL_PROMETHEUS_USER and STACKCTL_PROMETHEUS_PASSWORD, or STACKCTL_PROMETHEUS_TOKEN, and so
    for ALERTMANAGER and GRAFANA; with _FILE behind it, a variable names a file that holds the secret.

    Exits 1 when anything declared does not work.
    """
    from stackctl.cli.reports import page, render, write_report
    from stackctl.operations.checker_errors import ignored_by_option
    from stackctl.operations.drill import with_drill
    from stackctl.operations.given_servers import Trust, given_servers, refuse_half
    from stackctl.operations.given_verification import verify_given
    from stackctl.operations.verification import verify_stack
    from stackctl.report import console

    manifest = options(context).manifest
    patience = seconds(timeout, "--timeout") if timeout else None
    chosen = [id.strip() for given in only or () for id in given.split(",")]
    ignored = ignored_by_option(ignore or ())
    given = {
        name: url
        for name, url in ((c.PROMETHEUS, prometheus), (c.ALERTMANAGER, alertmanager), (c.GRAFANA, grafana))
        if url is not None
    }
    trust = Trust(ca_file, cert_file, key_file)
    if refuse_half(given, trust, drill=drill):
        servers = given_servers(given, trust)
        verification = verify_given(servers, patience, chosen, history=report is not None, ignored=ignored)
    else:
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
