"""`stackctl check`: what can be known to be wrong without starting anything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import typer

from stackctl.cli.options import AllowOutside, Ignore, Output, options
from stackctl.cli.values import Format
from stackctl.diagnostic import Diagnostic

if TYPE_CHECKING:
    from stackctl.manifest.queries import Review
    from stackctl.model import Stack
    from stackctl.operations.checking import Checked


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
    from stackctl.operations.advice import advise
    from stackctl.operations.checker_errors import accept, ignored_by_option, unused_in_check
    from stackctl.operations.checking import check_manifest

    checked = check_manifest(options(context).manifest, ignored_by_option(ignore or ()))
    waivers = checked.stack.waivers
    warnings = [replace(each, status="warn") for each in _warnings(checked.stack, checked.review)]
    results = [*checked.review.errors, *warnings, *advise(checked.stack)]
    found = [*_skipped(checked), *accept(results, waivers), *unused_in_check(waivers, results)]
    if output is Format.text:
        _print(checked.stack, found)
    else:
        report(options(context), found, checked.stack.name)


def _skipped(checked: Checked) -> Iterator[Diagnostic]:
    """Yield what could not be checked on this machine."""
    for name in checked.missing:
        install = "" if " " in name else ": stackctl tools install"
        summary = f"{name} is not installed, so its check was skipped{install}"
        yield Diagnostic("checker.not-installed", summary, status="skip")
    for name in checked.discoveries:
        summary = f"{name} was not checked: the promtool of this machine is built without it"
        yield Diagnostic("checker.not-checked", summary, status="skip")


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


def _warnings(stack: Stack, review: Review) -> Iterator[Diagnostic]:
    """Yield the warnings."""
    from stackctl.manifest.alert_templates import template_warnings
    from stackctl.manifest.exposure import exposed, secret_arguments, short_secrets
    from stackctl.manifest.notification_fields import unknown_fields
    from stackctl.manifest.severity import unrouted
    from stackctl.manifest.titles import titled_like_folders
    from stackctl.support import too_old

    yield from exposed(stack)
    yield from secret_arguments(stack)
    yield from short_secrets(stack)
    yield from too_old(stack)
    yield from titled_like_folders(stack)
    for file in stack.rules:
        yield from file.notes
    yield from review.warnings
    yield from template_warnings(stack)
    yield from unknown_fields(stack)
    yield from unrouted(stack)
    yield from _ended(stack)


def _ended(stack: Stack) -> Iterator[Diagnostic]:
    """Yield the exceptions of `ignore` that do not hold any more."""
    from datetime import date

    for each in stack.waivers:
        if each.until is not None and each.until < date.today():
            summary = f"ignore: the exception from `{each.check}` ended on {each.until}"
            remedy = "Remove it, or set a later date."
            yield Diagnostic(
                "ignore.expired", summary, each.origin, "`verify` reports the failures that it accepted again.", remedy
            )


def _described(stack: Stack) -> str:
    targets = sum(len(service.targets) for service in stack.services)
    rules = sum(len(file.rules) for file in stack.rules)
    counts = {"component": len(stack.components), "service": len(stack.services), "target": targets, "rule": rules}
    counts["dashboard"] = len(stack.dashboards)
    shown = ", ".join(f"{count} {word}{'' if count == 1 else 's'}" for word, count in counts.items() if count)
    return f"{stack.name}: {shown}"
