"""Metrics of components are written in one line each."""

from __future__ import annotations

from stackctl.components.series import counter, gauge


def test_counter_has_its_range_and_labels() -> None:
    made = counter("x_total", (1.0, 2.0), code=["200", "500"])
    assert (made.kind, made.range) == ("counter", (1.0, 2.0))
    assert [(label.name, label.values) for label in made.labels] == [("code", ("200", "500"))]


def test_gauge_may_leave_its_range_open() -> None:
    assert gauge("x_up").range is None
