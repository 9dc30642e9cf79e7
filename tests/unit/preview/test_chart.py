"""Marks of the time axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from stackctl.preview.chart import time_marks
from stackctl.preview.frames import Window
from stackctl.preview.shapes import Path
from tests.unit.preview.drawing import RED, Fake, drawn, panel, series, texts

START = 1_700_006_400.0  # a full day of UTC


@pytest.mark.parametrize(
    ("seconds", "first", "second"),
    [(3600, "00:00", "00:05"), (86400, "00:00", "02:00"), (7 * 86400, "11/15 00:00", "11/15 12:00")],
)
def test_time_marks_are_round(seconds: float, first: str, second: str) -> None:
    marks = list(time_marks(Window(START, START + seconds, 15), 1000))
    assert [text for _, text in marks[:2]] == [first, second]
    assert 5 <= len(marks) <= 15


def test_narrow_chart_has_few_marks() -> None:
    assert len(list(time_marks(Window(START, START + 3600, 15), 100))) <= 3


def test_stacked_series_start_on_the_one_below() -> None:
    stacking = {"custom": {"stacking": {"mode": "normal"}, "fillOpacity": 40}}
    alone = drawn(panel("timeseries"), client=Fake([series({"a": "x"}, 10, 10), series({"a": "y"}, 10, 10)]))
    stacked = drawn(
        panel("timeseries", defaults=stacking), client=Fake([series({"a": "x"}, 10, 10), series({"a": "y"}, 10, 10)])
    )

    def lines(shapes: Sequence[Any]) -> list[str]:
        return [shape.d for shape in shapes if isinstance(shape, Path) and shape.stroke and not shape.look]

    assert len(set(lines(alone))) == 1
    assert len(set(lines(stacked))) == 2


def test_flat_zero_ends_at_100_without_a_soft_maximum_and_at_it_with_one() -> None:
    """The preview must show what Grafana would."""
    client = Fake([series({"a": "x"}, 0, 0)])
    assert "100" in texts(drawn(panel("timeseries"), client=client))
    assert "100" not in texts(drawn(panel("timeseries", defaults={"custom": {"axisSoftMax": 1}}), client=client))


def test_threshold_is_a_dashed_line() -> None:
    steps = [{"color": "green", "value": None}, {"color": "red", "value": 5}]
    defaults = {"thresholds": {"steps": steps}, "custom": {"thresholdsStyle": {"mode": "dashed"}}, "max": 10}
    shapes = drawn(panel("timeseries", defaults=defaults), client=Fake([series({"a": "x"}, 1, 2)]))
    assert [shape.stroke for shape in shapes if isinstance(shape, Path) and shape.dash] == [RED]


def test_legend_table_is_sorted_by_last() -> None:
    options = {
        "legend": {
            "displayMode": "table",
            "placement": "right",
            "calcs": ["lastNotNull", "max"],
            "sortBy": "Last *",
            "sortDesc": True,
        }
    }
    found = [series({"a": "small"}, 9, 1), series({"a": "large"}, 2, 8)]
    shown = texts(drawn(panel("timeseries", options=options), client=Fake(found)))
    assert [text for text in shown if text in ("small", "large")] == ["large", "small"]
    assert {"Name", "Last *", "Max"} <= set(shown)


def test_hidden_legend_is_not_drawn() -> None:
    shown = texts(
        drawn(panel("timeseries", options={"legend": {"showLegend": False}}), client=Fake([series({"a": "q"}, 1, 2)]))
    )
    assert "q" not in shown
