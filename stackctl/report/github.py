"""A report as GitHub annotations: each failure is shown at the line of the manifest that it is about."""

from __future__ import annotations

from stackctl.diagnostic import Diagnostic
from stackctl.report.report import PROOFS, Report
from stackctl.source import Position

_LEVELS = {"fail": "error", "warn": "warning", "skip": "notice"}


def render(report: Report) -> str:
    """One workflow command for each diagnostic that is not a pass, and for a proof a last line that counts."""
    lines = [_annotation(each) for each in report.diagnostics if each.status in _LEVELS]
    if report.command in PROOFS:
        lines.append(", ".join(f"{count} {status}" for status, count in report.counts.items()))
    return "".join(f"{line}\n" for line in lines)


def _annotation(diagnostic: Diagnostic) -> str:
    parts = (diagnostic.summary, diagnostic.cause, diagnostic.evidence, diagnostic.remedy)
    title = f"{diagnostic.code} {diagnostic.subject}".strip()
    return command(_LEVELS[diagnostic.status], diagnostic.position, title, "\n".join(filter(None, parts)))


def command(level: str, position: Position | None, title: str, message: str) -> str:
    """A workflow command, escaped by GitHub's rules."""
    properties = {"title": title}
    if position:
        properties = {
            "file": position.file,
            "line": str(max(position.line, 1)),
            "col": str(max(position.column, 1)),
            **properties,
        }
    shown = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{level} {shown}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
