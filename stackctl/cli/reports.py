"""Reports in the format that was asked for, and where they are written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stackctl import redaction
from stackctl.bounds.terminal import cleaned
from stackctl.cli.values import Format

if TYPE_CHECKING:
    from stackctl.cli.options import Options
    from stackctl.diagnostic import Diagnostic
    from stackctl.report.report import Report

# These formats are read by systems that know places from the root of the repository.
_OF_REPOSITORIES = (Format.junit, Format.github, Format.sarif)


def report(options: Options, diagnostics: Sequence[Diagnostic], stack: str = "", *, is_strict: bool = False) -> None:
    """Write the report of a command to stdout. `stack` is the name of the stack, "" where it is not known."""
    from stackctl.report import console
    from stackctl.report.report import Report

    whole = Report(stack, "", "", tuple(diagnostics), command=options.command, is_strict=is_strict)
    console.document(render(whole, options.manifest, options.output))


def render(report: Report, manifest: Path, output: Format, *, folds: bool = False) -> str:
    """The report in the format that was asked for; for CI systems with places as these look for them.

    `folds` sums up what passed, in the text only.
    """
    from stackctl.report import github, json_report, junit, sarif, text

    if output is Format.text:
        return redaction.shown(text.render(report, folds=folds))
    formats: dict[Format, Any] = {
        Format.json: json_report,
        Format.junit: junit,
        Format.github: github,
        Format.sarif: sarif,
    }
    return redaction.shown(str(formats[output].render(_in_repository(report, manifest, output))))


def _in_repository(report: Report, manifest: Path, output: Format) -> Report:
    """The report with places as seen from the root of the repository, where the format asks for these."""
    import os
    from dataclasses import replace

    from stackctl.report.checkout import Checkout

    if output not in _OF_REPOSITORIES:
        return report
    checkout = Checkout.of(manifest, os.environ)
    return replace(report, diagnostics=tuple(map(checkout.placed, report.diagnostics)))


def page(report: Report) -> str:
    """The report as a page."""
    from stackctl import __version__
    from stackctl.report import html

    # Its styles and scripts are named by their hashes, so only values are taken out.
    return redaction.without_values(html.render(report, __version__))


def write_report(path: Path, text: str, option: str) -> None:
    """Write a report whole or not at all. Raises InputError, or Unavailable on a full disk; `option` is what named
    `path`."""
    from stackctl.bounds import files
    from stackctl.errors import cannot_write

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        files.write_text(path, cleaned(text))
    except OSError as error:
        summary = f"cannot write {path}: {error.strerror}"
        raise cannot_write(error, summary, remedy=f"Name another file with {option}.") from None
