"""`stackctl check`: what can be known to be wrong without starting anything."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from stackctl.cli.options import AllowOutside, Ignore, Output, options
from stackctl.cli.values import Format
from stackctl.diagnostic import Diagnostic

if TYPE_CHECKING:
    from stackctl.model import Stack


# Suggestions for the drawing of so many dashboards are shown: of foreign ones nearly each has some.
_ADVICE_SHOWN = 3


def check(
    context: typer.Context,
    output: Output = Format.text,
    ignore: Ignore = None,
    allow_outside: AllowOutside = False,  # noqa: ARG001 - read by its callback
) -> None:
    """Check the manifest and every file it names, offline.

    Expressions are held against the contracts: what nobody serves, what no series can match, what means something else.
    promtool and amtool check what would be rendered, and expand the templates of alerts and receivers, where `stackctl
    tools` has them. So does Compose, by its schema, and by `docker compose config` where there is one.
    """
    from stackctl.cli.reports import report
    from stackctl.operations.checker_errors import ignored_by_option
    from stackctl.operations.checking import check_manifest
    from stackctl.operations.findings import findings

    checked = check_manifest(options(context).manifest, ignored_by_option(ignore or ()))
    found = findings(checked)
    if output is Format.text:
        _print(checked.stack, found)
    else:
        report(options(context), found, checked.stack.name)


def _print(stack: Stack, found: Sequence[Diagnostic]) -> None:
    """Print the results for people. How a dashboard is drawn is in part a matter of taste: never a warning."""
    from stackctl.report import console

    for each in (each for each in found if each.status == "skip"):
        console.note(f"{console.mark('skip')} {each}")
    advice = [each for each in found if each.status == "info"]
    for each in advice[:_ADVICE_SHOWN]:
        console.note(f"{console.mark('skip')} {each}\n")
    if len(advice) > _ADVICE_SHOWN:
        more = f"{len(advice) - _ADVICE_SHOWN} more dashboards have suggestions"
        console.note(f"{console.mark('skip')} {more}: `stackctl check --output json` lists them all\n")
    for each in (each for each in found if each.status == "warn"):
        console.out(f"{console.mark('warn')} {each}\n")
    console.out(f"{console.mark('pass')} {_described(stack)}")


def _described(stack: Stack) -> str:
    targets = sum(len(service.targets) for service in stack.services)
    rules = sum(len(file.rules) for file in stack.rules)
    counts = {"component": len(stack.components), "service": len(stack.services), "target": targets, "rule": rules}
    counts["dashboard"] = len(stack.dashboards)
    shown = ", ".join(f"{count} {word}{'' if count == 1 else 's'}" for word, count in counts.items() if count)
    return f"{stack.name}: {shown}"
