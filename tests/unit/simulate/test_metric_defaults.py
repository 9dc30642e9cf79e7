"""Behaviour that is guessed from the name, the type and the labels of a metric."""

from __future__ import annotations

import pytest

from stackctl.model import Label, Metric
from stackctl.simulate import metric_defaults as defaults
from stackctl.source import Position

HERE = Position("stack.yml", 1, 1)


def metric(name: str, kind: str = "gauge", *labels: Label) -> Metric:
    return Metric(name, kind, HERE, labels)


@pytest.mark.parametrize(
    ("name", "range"),
    [
        ("cpu_percent", (0.0, 100.0)),
        ("fill_ratio", (0.0, 1.0)),
        ("api_up", (1.0, 0.0)),
        ("queue_depth", (0.0, 500.0)),
        ("connections_max", (120.0, 120.0)),
        ("idle_workers", (50.0, 0.0)),
    ],
)
def test_name_of_a_gauge_says_its_range(name: str, range: tuple[float, float]) -> None:
    assert defaults.gauge_range(metric(name)) == range


def test_shares_of_success_and_failure_each_add_up_to_one() -> None:
    shares = defaults.shares(metric("requests_total", "counter", Label("code"), Label("method")), seed=3)
    for failed in (True, False):
        assert sum(share.weight for share in shares if share.failed is failed) == pytest.approx(1)
    assert {dict(share.labels)["code"] for share in shares if share.failed} == {"500"}


def test_values_of_a_closed_label_are_kept() -> None:
    assert defaults.values(Label("zone", ("a", "b"))) == ("a", "b")
    assert defaults.values(Label("zone")) == ("zone-1", "zone-2")


@pytest.mark.parametrize(("name", "counts"), [("errors_total", True), ("jobs_failed_total", True), ("jobs", False)])
def test_name_says_what_counts_failures(name: str, counts: bool) -> None:
    assert defaults.counts_failures(metric(name)) is counts


def test_durations_get_worse_and_sizes_do_not() -> None:
    slow, size = (defaults.medians(metric(name, "histogram"), 5) for name in ("wait_seconds", "body_bytes"))
    assert slow == sorted(slow)
    assert slow[-1] == pytest.approx(10.0)
    assert len(set(size)) == 1
