"""`stackctl drill`: an alert is set off, and followed to where it arrives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from stackctl import conventions as c
from stackctl.cli.options import AllowOutside, CaFile, CertFile, KeyFile, Output, options, own_manifest
from stackctl.cli.values import Format, seconds
from stackctl.diagnostic import Diagnostic

if TYPE_CHECKING:
    from stackctl.operations.given_servers import Trust
    from stackctl.report.report import Report


def drill(
    context: typer.Context,
    alert: Annotated[list[str] | None, typer.Argument(help="Alerts to fire.", show_default="all")] = None,
    label: Annotated[
        list[str] | None,
        typer.Option("--label", metavar="NAME=VALUE", help="Label that the series would have; repeatable."),
    ] = None,
    live: Annotated[bool, typer.Option("--live", help="Notify the real receivers.")] = False,
    output: Output = Format.text,
    timeout: Annotated[
        str | None, typer.Option("--timeout", help="How long to wait for the delivery.", show_default="20s, live 90s")
    ] = None,
    allow_outside: AllowOutside = False,  # noqa: ARG001 - read by its callback
    prometheus: Annotated[
        str | None,
        typer.Option("--prometheus", metavar="URL", help="Drill alerts of this Prometheus, without a manifest."),
    ] = None,
    alertmanager: Annotated[
        str | None, typer.Option("--alertmanager", metavar="URL", help="And the Alertmanager that it sends them to.")
    ] = None,
    ca_file: CaFile = None,
    cert_file: CertFile = None,
    key_file: KeyFile = None,
) -> None:
    """Make alerts fire, and show where they arrive and how fast.

    Each travels from a rule of Prometheus through Alertmanager's routes, with its own labels and `drill="true"`. The
    receivers are stood in for, so that nobody is notified, unless --live is given. Exits 1 when one does not arrive.

    Where somebody else runs the servers (`runtime: external`, or --prometheus and --alertmanager), it takes --live, and
    alerts are handed to Alertmanager. Logins are given as to `stackctl verify`.
    """
    from stackctl.cli.reports import render
    from stackctl.operations.given_servers import Trust, refuse_half
    from stackctl.report import console

    wanted = _Wanted(
        tuple(alert or ()), *_labels(label or ()), live, seconds(timeout, "--timeout") if timeout else None
    )
    given = {name: url for name, url in ((c.PROMETHEUS, prometheus), (c.ALERTMANAGER, alertmanager)) if url is not None}
    trust = Trust(ca_file, cert_file, key_file)
    is_given = bool(refuse_half(given, trust, drill=False))
    report = _drill_given(given, trust, wanted) if is_given else _drill_declared(context, wanted)
    console.document(render(report, options(context).manifest, output))
    raise typer.Exit(0 if report.ok else 1)


@dataclass(frozen=True)
class _Wanted:
    """The alerts to drill, the labels of their series, the `problems` of these, and how to drill."""

    names: tuple[str, ...]
    labels: Mapping[str, str]
    problems: list[Diagnostic]
    live: bool
    patience: float | None


def _drill_given(given: Mapping[str, str], trust: Trust, wanted: _Wanted) -> Report:
    from stackctl.errors import raise_if_any
    from stackctl.operations.external_drill import drill_given, given_problems
    from stackctl.operations.given_servers import given_servers
    from stackctl.report import console

    raise_if_any([*wanted.problems, *given_problems(given, wanted.names, live=wanted.live)])
    return drill_given(given_servers(given, trust), console, wanted.names, wanted.labels, patience=wanted.patience)


def _drill_declared(context: typer.Context, wanted: _Wanted) -> Report:
    from stackctl.errors import raise_if_any
    from stackctl.operations.cluster.drill import drill_cluster
    from stackctl.operations.cluster.refusal import refuse_in_cluster
    from stackctl.operations.drill import drill_stack
    from stackctl.operations.external_drill import drill_external
    from stackctl.report import console

    manifest = own_manifest(context)
    names, labels, live, patience = wanted.names, wanted.labels, wanted.live, wanted.patience
    if stack := options(context).external:
        return drill_external(stack, console, names, labels, live=live, patience=patience, problems=wanted.problems)
    raise_if_any(wanted.problems)
    stack = options(context).in_cluster
    if stack is None:
        return drill_stack(manifest, console, names, labels, live=live, patience=patience)
    if live and stack.kubernetes:
        refuse_in_cluster(stack.kubernetes, "drill --live")
    return drill_cluster(manifest, stack, console, names, labels, patience=patience)


def _labels(given: Sequence[str]) -> tuple[dict[str, str], list[Diagnostic]]:
    """NAME=VALUE, several times, as a mapping, and the problems of what is not of that form."""
    pairs = [text.partition("=") for text in given]
    remedy = "Write it like `--label team=core`."
    problems = [
        Diagnostic("usage.option", f"--label: not a NAME=VALUE: `{''.join(pair)}`", remedy=remedy)
        for pair in pairs
        if not pair[1] or not c.LABEL_NAME.fullmatch(pair[0])
    ]
    return {name: value for name, _, value in pairs}, problems
