"""`stackctl test`: the user's tests of alerts, and the alerts that have none."""
# ruff: noqa: PT028 - a command, and no test of ours

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stackctl.cli.options import AllowOutside, Output, options
from stackctl.cli.values import Format

if TYPE_CHECKING:
    from stackctl.operations.rule_tests import Tested
    from stackctl.operations.untested_alerts import Covered


def test(
    context: typer.Context,
    file: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FILE]...", help="Files of tests.", show_default="all next to the rules"),
    ] = None,
    write: Annotated[bool, typer.Option("--write", help="Write a first test for each alert without one.")] = False,
    output: Output = Format.text,
    allow_outside: AllowOutside = False,  # noqa: ARG001 - read by its callback
) -> None:
    """Run the tests of your rules with promtool, and show which alerts have none.

    Tests are promtool's own, in files called NAME.test.yml or NAME_test.yml, next to the rules or in tests/ there. They
    run on the rules as Prometheus gets them. Exits 1 when one fails.
    """
    from stackctl.cli.reports import render
    from stackctl.operations.rule_tests import run_tests
    from stackctl.report import console

    manifest = options(context).manifest
    done = run_tests(manifest, file or (), write=write)
    for name in done.written:
        console.note(f"wrote {name}")
    if output is Format.text:
        _show(done, manifest)
    else:
        console.document(render(done.report, manifest, output))
    raise typer.Exit(0 if done.report.ok else 1)


def _show(done: Tested, manifest: Path) -> None:
    """Print the results, and a table of the alerts without a test."""
    from dataclasses import replace

    from stackctl.cli.reports import render
    from stackctl.report import console

    missing = [each for each in done.alerts if not each.is_tested]
    results = [each for each in done.report.diagnostics if each.code != "test.missing"]
    if missing:
        has_reason = any(each.reason for each in missing)
        columns = ["alert without a test", "defined at", *(["why none was written"] if has_reason else [])]
        console.table("", columns, [_cells(each)[: len(columns)] for each in missing])
    if results:
        console.out()
        report = replace(done.report, diagnostics=tuple(results))
        console.out(render(report, manifest, Format.text, folds=console.folds()).rstrip("\n"))
    else:
        console.out("no tests were found: name files of tests NAME.test.yml, next to the rules")
    console.out(_summary(done.alerts))
    if missing and not any(each.reason for each in missing):
        console.note("`stackctl test --write` writes a first test for each alert without one")


def _cells(each: Covered) -> list[str]:
    return [each.rule.name, f"{each.rule.origin.file}:{each.rule.origin.line}", each.reason]


def _summary(alerts: Sequence[Covered]) -> str:
    tested = sum(each.is_tested for each in alerts)
    return f"{tested} of {len(alerts)} alerts have a test" if alerts else "there are no alerts of your own"
