"""JSON has the published shape."""

from __future__ import annotations

import json

from stackctl.report import json_report
from tests.unit.report.reports import REPORT


def test_json_has_the_published_shape() -> None:
    written = json.loads(json_report.render(REPORT))
    assert list(written) == ["command", "stack", "runtime", "generation", "ok", "counts", "diagnostics"]
    assert written["counts"] == {"pass": 1, "fail": 1, "warn": 0, "skip": 1}
    assert written["ok"] is False
    assert written["diagnostics"][1] == {
        "code": "target.up",
        "subject": "api/localhost:8000",
        "status": "fail",
        "summary": "down: 100%, a\nb",
        "cause": "",
        "evidence": "connection <refused>\x00",
        "remedy": "Start it.",
        "source": {"file": "stack.yml", "line": 5, "column": 15},
        "duration_seconds": 1.5,
        "stage": "loaded",
        "documentation": "docs/codes/target.up.md",
    }
    assert written["diagnostics"][2]["source"] is None
