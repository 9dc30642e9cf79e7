"""Reports that the tests of several formats write."""

from __future__ import annotations

from stackctl.diagnostic import Diagnostic
from stackctl.report.report import Report
from stackctl.source import Position

PLACE = Position("stack.yml", 5, 15, '    targets: ["localhost:8000"]')
PASS = Diagnostic(
    "component.ready", "ready", Position("stack.yml", 1, 1), subject="prometheus", status="pass", stage="working"
)
FAIL = Diagnostic(
    "target.up",
    "down: 100%, a\nb",
    PLACE,
    subject="api/localhost:8000",
    status="fail",
    evidence="connection <refused>\x00",
    remedy="Start it.",
    duration_seconds=1.5,
    stage="loaded",
)
SKIP = Diagnostic("grafana.health", "is not running: no binary", subject="grafana", status="skip", stage="working")


def report(*findings: Diagnostic) -> Report:
    return Report("shop", "docker", "abc123", findings, 2.0)


REPORT = report(PASS, FAIL, SKIP)

# What a CI system reads of a run that has all kinds of results.
LINE = Position("stack.yml", 5, 15)
CI_DIAGNOSTICS = (
    Diagnostic("target.up", "up", LINE, subject="api/a", status="pass", duration_seconds=3.0, stage="working"),
    Diagnostic(
        "target.up",
        "down",
        LINE,
        subject="api/b",
        status="fail",
        evidence="refused\x00",
        remedy="Start it.",
        duration_seconds=3.0,
        stage="loaded",
    ),
    Diagnostic("target.up", "gone", None, subject="api/c", duration_seconds=3.0, stage="working"),
    Diagnostic(
        "stack.generation",
        "older",
        Position("stack.yml"),
        subject="shop",
        status="warn",
        remedy="Reload.",
        stage="working",
    ),
    Diagnostic("grafana.health", "is not running: no binary", subject="grafana", status="skip", stage="working"),
)
CI_REPORT = Report("shop", "docker", "abc", CI_DIAGNOSTICS, 4.0, begun=1_700_000_000.5)
