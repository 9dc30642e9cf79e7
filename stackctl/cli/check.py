"""`stackctl check`: what can be known to be wrong without starting anything."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stackctl.cli.options import AllowOutside, options
from stackctl.diagnostic import Diagnostic
from stackctl.errors import StackctlError

if TYPE_CHECKING:
    from stackctl.manifest.queries import Review
    from stackctl.model import Stack


# Suggestions for the drawing of so many dashboards are shown: of foreign ones nearly each has some.
_ADVICE_SHOWN = 3


class Output(str, Enum):
    """How the problems are written."""

    text = "text"
    json = "json"
    github = "github"


def check(
    context: typer.Context,
    output: Annotated[Output, typer.Option("--output", "-o", help="How problems are written.")] = Output.text,
    allow_outside: AllowOutside = False,  # noqa: ARG001 - read by its callback
) -> None:
    """Check the manifest and every file it names, offline.

    Expressions are held against the contracts: what nobody serves, what no series can match, what means something else.
    promtool and amtool check what would be rendered, and expand the templates of alerts and receivers, where `stackctl
    tools` has them. So does Compose, by its schema, and by `docker compose config` where there is one.
    """
    from stackctl.operations.advice import advise
    from stackctl.operations.checking import check_manifest
    from stackctl.report import console

    try:
        checked = check_manifest(options(context).manifest)
        warnings = list(_warnings(checked.stack, checked.review))
    except StackctlError as error:
        if output is Output.text:
            raise
        console.out(_written({"error": error.problems}, output, options(context).manifest))
        raise typer.Exit(error.exit_code) from None
    for name in checked.missing:
        install = "" if " " in name else ": stackctl tools install"
        console.note(f"{console.mark('skip')} {name} is not installed, so its check was left out{install}")
    for name in checked.discoveries:
        console.note(f"{console.mark('skip')} {name} was not checked: the promtool of this machine is built without it")
    # How a dashboard is drawn is a matter of taste in part: never a warning, never a failure.
    advice = advise(checked.stack) if output is not Output.github else []
    if output is Output.text:
        for each in advice[:_ADVICE_SHOWN]:
            console.note(f"{console.mark('skip')} {each}\n")
        if len(advice) > _ADVICE_SHOWN:
            more = f"{len(advice) - _ADVICE_SHOWN} more dashboards have suggestions"
            console.note(f"{console.mark('skip')} {more}: `stackctl check --output json` lists them all\n")
        for warning in warnings:
            console.out(f"{console.mark('warn')} {warning}\n")
        console.out(f"{console.mark('pass')} {_described(checked.stack)}")
    elif output is Output.json or warnings:
        leveled = {"warning": warnings, "info": advice}
        console.out(_written(leveled, output, options(context).manifest))


def _warnings(stack: Stack, review: Review) -> Iterator[Diagnostic]:
    """What is worth a look."""
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
            remedy = "Remove it, or give it a later day."
            yield Diagnostic(
                "ignore.expired", summary, each.origin, "`verify` reports what it was for as a failure again.", remedy
            )


def _described(stack: Stack) -> str:
    targets = sum(len(service.targets) for service in stack.services)
    rules = sum(len(file.rules) for file in stack.rules)
    counts = {"component": len(stack.components), "service": len(stack.services), "target": targets, "rule": rules}
    counts["dashboard"] = len(stack.dashboards)
    shown = ", ".join(f"{count} {word}{'' if count == 1 else 's'}" for word, count in counts.items() if count)
    return f"{stack.name}: {shown}"


def _written(problems: Mapping[str, Collection[Diagnostic]], output: Output, manifest: Path) -> str:
    """The problems by their level ("error", "warning" or "info")."""
    import json
    import os

    from stackctl.report.checkout import Checkout
    from stackctl.report.github import problem_annotation

    leveled = [(level, problem) for level, found in problems.items() for problem in found]
    if output is Output.github:
        checkout = Checkout.of(manifest, os.environ)
        return "\n".join(problem_annotation(checkout.placed(problem), level) for level, problem in leveled)
    rows = [
        {
            "level": level,
            "summary": problem.summary,
            "cause": problem.cause,
            "remedy": problem.remedy,
            "source": {"file": at.file, "line": at.line, "column": at.column} if (at := problem.position) else None,
        }
        for level, problem in leveled
    ]
    ok = not any(level == "error" for level, _ in leveled)
    return json.dumps({"ok": ok, "problems": rows}, indent=2, ensure_ascii=False)
