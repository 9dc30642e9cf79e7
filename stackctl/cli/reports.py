"""A verification in the form that was asked for, and where."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from stackctl import redaction
from stackctl.bounds.terminal import cleaned
from stackctl.cli.values import Format

if TYPE_CHECKING:
    from stackctl.report.verification import Verification


def _in_repository(verification: Verification, manifest: Path, output: Format) -> Verification:
    """The verification with places as CI systems look for them: from the root of the repository."""
    import os
    from dataclasses import replace

    from stackctl.report.checkout import Checkout

    if output not in (Format.junit, Format.github):
        return verification
    checkout = Checkout.of(manifest, os.environ)
    return replace(verification, findings=tuple(map(checkout.placed, verification.findings)))


def render(verification: Verification, manifest: Path, output: Format) -> str:
    """The report in the form that was asked for; for CI systems with places as these look for them."""
    from stackctl.report import github, json_report, junit, text

    formats: dict[Format, Any] = {
        Format.text: text,
        Format.json: json_report,
        Format.junit: junit,
        Format.github: github,
    }
    return redaction.shown(str(formats[output].render(_in_repository(verification, manifest, output))))


def page(verification: Verification) -> str:
    """The report as a page."""
    from stackctl import __version__
    from stackctl.report import html

    # Its styles and scripts are named by their hashes, so only values are taken out.
    return redaction.without_values(html.render(verification, __version__))


def write_report(path: Path, text: str, option: str) -> None:
    """Write a report whole or not at all. Raises InputError, or Unavailable on a full disk; `option` is what named
    `path`."""
    from stackctl.errors import cannot_write

    temporary = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(cleaned(text), encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        summary = f"cannot write {path}: {error.strerror}"
        raise cannot_write(error, summary, remedy=f"Name another file with {option}.") from None
