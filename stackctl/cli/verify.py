"""`stackctl verify`: the proof that everything declared works."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stackctl import conventions as c
from stackctl import redaction
from stackctl.cli.options import AllowOutside, CaFile, CertFile, Ignore, KeyFile, Output, options
from stackctl.cli.values import Format, listen_address, seconds

if TYPE_CHECKING:
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
    every: Annotated[
        str | None,
        typer.Option("--every", metavar="DURATION", help="Verify again each DURATION, until Ctrl-C; show changes."),
    ] = None,
    listen: Annotated[
        str | None,
        typer.Option(
            "--listen",
            metavar="[HOST]:PORT",
            help="With --every, serve the results as metrics. A PORT alone is on loopback, :PORT on all addresses.",
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
    ca_file: CaFile = None,
    cert_file: CertFile = None,
    key_file: KeyFile = None,
) -> None:
    """Prove that everything the manifest declares is loaded and works.

    With --prometheus, prove that servers work which somebody else runs: what they have loaded is what is declared.
    Logins are read from STACKCTL_PROMETHEUS_USER and STACKCTL_PROMETHEUS_PASSWORD, or STACKCTL_PROMETHEUS_TOKEN, and so
    for ALERTMANAGER and GRAFANA; with _FILE behind it, a variable names a file that holds the secret.

    Exits 1 when anything declared does not work; with --every only when it cannot begin.
    """
    from stackctl.cli.reports import page, render, write_report
    from stackctl.operations.checker_errors import ignored_by_option
    from stackctl.operations.drill import with_drill
    from stackctl.operations.given_servers import Trust, given_servers, refuse_half
    from stackctl.operations.given_verification import verify_given
    from stackctl.operations.named_runtime import refused_or_found
    from stackctl.operations.selection import listed
    from stackctl.operations.verification import verify_stack
    from stackctl.report import console
    from stackctl.report.report import DRILL

    manifest = options(context).manifest
    patience = seconds(timeout, "--timeout") if timeout else None
    chosen = listed(only or ())
    ignored = ignored_by_option(ignore or ())
    given = {
        name: url
        for name, url in ((c.PROMETHEUS, prometheus), (c.ALERTMANAGER, alertmanager), (c.GRAFANA, grafana))
        if url is not None
    }
    trust = Trust(ca_file, cert_file, key_file)
    servers = given_servers(given, trust) if refuse_half(given, trust, drill=drill) else None
    found = refused_or_found(manifest, f"verify --{DRILL}") if drill else None
    in_cluster = found if found and found.kubernetes else None

    def verified() -> Report:
        if servers is not None:
            return verify_given(servers, patience, chosen, history=report is not None, ignored=ignored)
        return verify_stack(manifest, patience, chosen, history=report is not None, ignored=ignored)

    if every is not None or listen is not None:
        unfit = {"--drill": drill, "--out": out, "--report": report, "--output": output is not Format.text}
        _refuse_unfit(every, [name for name, value in unfit.items() if value])
        _repeat(verified, manifest, _interval(every or ""), listen_address(listen, "--listen") if listen else None)
        return
    verification = verified()
    if drill:
        verification = with_drill(manifest, verification, console, ignored, in_cluster)
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


def _refuse_unfit(every: str | None, options: list[str]) -> None:
    """Raise InputError for options of one verification, and for --listen without --every."""
    from stackctl.errors import InputError

    if every is None:
        raise InputError.of("usage.option", "--listen needs --every", remedy="Add --every, like `--every 5m`.")
    if options:
        named = " and ".join(options)
        remedy = "Leave one of them out: with --every, metrics and lines of text tell what changes."
        raise InputError.of("usage.conflict", f"{named} and --every cannot be used together", remedy=remedy)


def _interval(text: str) -> float:
    from stackctl.errors import InputError
    from stackctl.operations.repeated_verification import FEWEST_SECONDS

    every = seconds(text, "--every")
    if every < FEWEST_SECONDS:
        remedy = f"Write at least `{FEWEST_SECONDS:.0f}s`: each verification asks all servers."
        raise InputError.of("usage.option", f"--every: too short: `{text}`", remedy=remedy)
    return every


def _repeat(verified: Callable[[], Report], manifest: Path, every: float, listen: tuple[str, int] | None) -> None:
    """Show the first verification whole, and of those that follow what has changed."""
    import time
    from contextlib import ExitStack

    from stackctl.cli.reports import render
    from stackctl.cli.termination import deferred
    from stackctl.operations.metrics_server import serving
    from stackctl.operations.repeated_verification import changes, rounds
    from stackctl.report import console, text
    from stackctl.report.exposition import metrics

    content = metrics(None, ended=time.time(), every=every)
    last: Report | None = None
    said = ""
    with ExitStack() as stack:
        if listen:
            url = stack.enter_context(serving(*listen, lambda: content))
            console.note(f"metrics: {url}")
        stop = stack.enter_context(deferred())
        for each in rounds(verified, every, stop):
            content = metrics(each.report, ended=each.ended, every=every, is_error=each.error is not None)
            at = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(each.ended))
            if each.error:
                console.note(f"{at}: not verified")
                if str(each.error) != said:
                    console.error(each.error)
            elif each.report and last is None:
                console.document(render(each.report, manifest, Format.text, folds=console.folds()))
                console.note(f"verified again each {every:g} s: Ctrl-C ends")
            elif each.report and last:
                new, works = changes(last, each.report)
                for name in works:
                    console.out(f"{at} {console.mark('pass')} {name} works again")
                if new or works:
                    console.out(f"{at}\n{redaction.shown(text.changed(each.report, new))}")
                else:
                    console.detail(f"{at}: nothing has changed")
            last, said = each.report, str(each.error or "")
