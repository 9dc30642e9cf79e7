"""`stackctl drill`: an alert is set off, and followed to where it arrives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stackctl import conventions as c
from stackctl.cli.options import AllowOutside, Output, options, own_manifest
from stackctl.cli.values import Format, seconds
from stackctl.diagnostic import Diagnostic

if TYPE_CHECKING:
    from stackctl.model import Stack
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
) -> None:
    """Make alerts fire, and show where they arrive and how fast.

    Each travels from a rule of Prometheus through Alertmanager's routes, with its own labels and `drill="true"`. The
    receivers are stood in for, so that nobody is notified, unless --live is given. Exits 1 when one does not arrive.

    Where somebody else runs the servers (`runtime: external`), it takes --live, and alerts are handed to Alertmanager.
    """
    from stackctl.cli.reports import render
    from stackctl.errors import raise_if_any
    from stackctl.operations.drill import drill_stack
    from stackctl.operations.external_drill import drill_external
    from stackctl.report import console

    manifest = own_manifest(context)
    patience = seconds(timeout, "--timeout") if timeout else None
    labels, problems = _labels(label or ())
    if stack := options(context).external:
        report = drill_external(
            stack, console, tuple(alert or ()), labels, live=live, patience=patience, problems=problems
        )
        console.document(render(report, manifest, output))
        raise typer.Exit(0 if report.ok else 1)
    raise_if_any(problems)
    if stack := options(context).in_cluster:
        report = _drill_in_cluster(manifest, stack, tuple(alert or ()), labels, live=live, patience=patience)
    else:
        report = drill_stack(manifest, console, tuple(alert or ()), labels, live=live, patience=patience)
    console.document(render(report, manifest, output))
    raise typer.Exit(0 if report.ok else 1)


def _drill_in_cluster(
    manifest: Path, stack: Stack, names: Sequence[str], labels: Mapping[str, str], *, live: bool, patience: float | None
) -> Report:
    from stackctl.operations.cluster.drill import drill_cluster
    from stackctl.operations.cluster.refusal import refuse_in_cluster
    from stackctl.report import console

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
