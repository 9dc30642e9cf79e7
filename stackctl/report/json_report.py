"""A verification as one JSON object."""

from __future__ import annotations

import json
from typing import Any

from stackctl.diagnostic import Diagnostic
from stackctl.report.verification import Verification


def render(verification: Verification) -> str:
    """`{"stack", "runtime", "generation", "ok", "counts", "checks": [...]}`, indented."""
    report = {
        "stack": verification.stack,
        "runtime": verification.runtime,
        "generation": verification.generation,
        "ok": verification.ok,
        "counts": verification.counts,
        "checks": [_check(finding) for finding in verification.findings],
    }
    return json.dumps(report, indent=2, ensure_ascii=False) + "\n"


def _check(finding: Diagnostic) -> dict[str, Any]:
    source = finding.position
    return {
        "id": finding.code,
        "subject": finding.subject,
        "status": finding.status,
        "summary": finding.summary,
        "evidence": finding.evidence,
        "remedy": finding.remedy,
        "source": {"file": source.file, "line": source.line, "column": source.column} if source else None,
        "duration_seconds": finding.duration_seconds,
        "stage": finding.stage,
    }
