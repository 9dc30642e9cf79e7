"""A report as one JSON object."""

from __future__ import annotations

import json
from typing import Any

from stackctl.diagnostic import Diagnostic
from stackctl.report.explanation import documentation
from stackctl.report.report import Report


def render(report: Report) -> str:
    """`{"command", "stack", "runtime", "generation", "ok", "counts", "diagnostics": [...]}`, indented."""
    shown = {
        "command": report.command,
        "stack": report.stack,
        "runtime": report.runtime,
        "generation": report.generation,
        "ok": report.ok,
        "counts": report.counts,
        "diagnostics": [_diagnostic(each) for each in report.diagnostics],
    }
    return json.dumps(shown, indent=2, ensure_ascii=False) + "\n"


def _diagnostic(diagnostic: Diagnostic) -> dict[str, Any]:
    at = diagnostic.position
    return {
        "code": diagnostic.code,
        "subject": diagnostic.subject,
        "status": diagnostic.status,
        "summary": diagnostic.summary,
        "cause": diagnostic.cause,
        "evidence": diagnostic.evidence,
        "remedy": diagnostic.remedy,
        "source": {"file": at.file, "line": at.line, "column": at.column} if at else None,
        "duration_seconds": diagnostic.duration_seconds,
        "stage": diagnostic.stage,
        "documentation": documentation(diagnostic.code),
    }
