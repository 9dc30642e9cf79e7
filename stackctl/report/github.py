"""A verification as GitHub annotations: each failure shows at the manifest line that declares its subject."""

from __future__ import annotations

from stackctl.diagnostic import Diagnostic
from stackctl.report.verification import Verification
from stackctl.source import Position

_LEVELS = {"fail": "error", "warn": "warning", "skip": "notice"}


def render(verification: Verification) -> str:
    """One workflow command for each finding that is not a pass, and a last line that counts."""
    counts = verification.counts
    lines = [_annotation(finding) for finding in verification.findings if finding.status in _LEVELS]
    lines.append(", ".join(f"{count} {status}" for status, count in counts.items()))
    return "\n".join(lines) + "\n"


def problem_annotation(problem: Diagnostic, level: str = "error") -> str:
    """The annotation of a problem with a manifest or a file it names. `level` is "error" or "warning"."""
    message = "\n".join(part for part in (problem.summary, problem.cause, problem.remedy) if part)
    return command(level, problem.position, "stackctl", message)


def _annotation(finding: Diagnostic) -> str:
    message = "\n".join(part for part in (finding.summary, finding.evidence, finding.remedy) if part)
    return command(_LEVELS[finding.status], finding.position, f"{finding.code} {finding.subject}", message)


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
