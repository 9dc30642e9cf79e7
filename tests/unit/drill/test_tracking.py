"""Drilled alerts are recognized where they arrive."""

from __future__ import annotations

from stackctl.drill import Drilled


def test_distinguishes_two_alerts_of_one_name() -> None:
    from stackctl.drill.tracking import _is

    warning, critical = (
        Drilled(number, "Slow", "r.yml", "g", {"severity": severity}, {}, None)  # type: ignore[arg-type]
        for number, severity in enumerate(("warning", "critical"))
    )
    labels = {"alertname": "Slow", "drill": "true", "severity": "critical", "job": "x"}
    assert (_is(warning, labels), _is(critical, labels)) == (False, True)
