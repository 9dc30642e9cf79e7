"""The data of a panel: its window, its queries and what it does without an answer."""

from __future__ import annotations

import math
from typing import Any

import pytest

from stackctl.design.classic import PanelJson
from stackctl.preview.frames import SERIES, Source, Window
from stackctl.report.chart import GREATEST
from tests.unit.preview.drawing import NOW, Fake, series


def source(client: Fake, **dashboard: Any) -> Source:
    return Source.of(client, dashboard, NOW, 15)  # type: ignore[arg-type]


def panel(**target: Any) -> PanelJson:
    return PanelJson({"targets": [{"expr": "x", **target}]})


@pytest.mark.parametrize(
    ("start", "seconds"), [("now-6h", 21600), ("now-30d", 2592000), ("now/d", 3600), (None, 3600), ("now-1x", 3600)]
)
def test_window_is_as_long_as_the_dashboard_says(start: str | None, seconds: float) -> None:
    window = Window.of({"time": {"from": start}}, NOW)
    assert (window.end - window.start, window.end) == (seconds, NOW)


def test_keeps_finite_points_within_bounds() -> None:
    client = Fake([series({"a": "1"}, 1.0, math.nan, math.inf, 1e300), series({"a": "2"}, math.nan)])
    (frame,) = source(client).data(panel(legendFormat="{{a}}"), {}).frames
    assert (frame.name, frame.last) == ("1", GREATEST)
    assert [value for _, value in frame.points] == [1.0, GREATEST]


def test_says_that_there_are_more_series_than_it_draws() -> None:
    data = source(Fake([series({"a": str(n)}, 1.0) for n in range(SERIES + 5)])).data(panel(), {})
    assert (len(data.frames), data.more) == (SERIES, True)


def test_server_without_an_answer_is_the_trouble_of_the_panel() -> None:
    data = source(Fake(error="connection refused")).data(panel(), {})
    assert (data.frames, data.trouble) == ((), "connection refused")


@pytest.mark.parametrize(
    ("query", "values"),
    [
        ("label_values(up, job)", ["a", "b"]),
        ("label_values(job)", ["a", "b"]),
        ("label_names()", ["job"]),
        ("metrics(http_.*)", ["a", "b"]),
        ("query_result(up)", ['up{job="api"}']),
        ("other(x)", []),
    ],
)
def test_reads_the_queries_of_variables(query: str, values: list[str]) -> None:
    assert list(source(Fake([series({"__name__": "up", "job": "api"}, 1.0)])).values(query)) == values
