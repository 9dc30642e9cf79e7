"""The geometry of a chart."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackctl.report.chart import HEIGHT, WIDTH, draw, ticks
from stackctl.report.panel_history import Line

START, END, STEP = 1_700_000_100.0, 1_700_001_000.0, 10.0


def line(*values: float, start: float = START) -> Line:
    return Line("a", tuple((start + n * STEP, value) for n, value in enumerate(values)))


def corners(drawing_points: str) -> list[tuple[int, int]]:
    return [(int(x), int(y)) for x, y in (pair.split(",") for pair in drawing_points.split())]


def test_a_line_runs_from_the_left_to_the_right_and_up_with_its_values() -> None:
    drawing = draw([line(*range(91))], START, END, STEP)
    (points,) = (corners(points) for points in drawing.entries[0].stretches)
    assert points[0] == (drawing.left, drawing.bottom)
    assert points[-1][0] == WIDTH - 4
    assert points[-1][1] < points[0][1]


def test_a_flat_line_takes_two_points_only() -> None:
    assert len(corners(draw([line(*[5.0] * 91)], START, END, STEP).entries[0].stretches[0])) == 2


def test_a_gap_stays_open() -> None:
    points = tuple(point for point in line(*range(20)).points if point[0] - START not in (50, 60))
    assert len(draw([Line("a", points)], START, END, STEP).entries[0].stretches) == 2


def test_a_single_point_is_seen() -> None:
    ((first, last),) = (corners(each) for each in draw([line(3)], START, END, STEP).entries[0].stretches)
    assert last[0] > first[0]


def test_legend_has_minimum_maximum_and_last_in_the_unit() -> None:
    (entry,) = draw([line(0.1, 0.4, 0.2)], START, END, STEP, "s").entries
    assert (entry.least, entry.most, entry.last) == ("100 ms", "400 ms", "200 ms")


def test_chart_has_a_description_in_words() -> None:
    assert draw([line(1), line(3)], START, END, STEP).alt == "2 series, between 1 and 3"


def test_times_are_round_and_in_utc() -> None:
    times = draw([line(1)], START, END, STEP).times
    assert [tick.text for tick in times] == ["22:15", "22:20", "22:25", "22:30"]


@pytest.mark.parametrize(
    ("least", "most", "unit", "marks"),
    [
        (0, 0, "", [0, 0.25, 0.5, 0.75, 1]),
        (3, 97, "percent", [0, 25, 50, 75, 100]),
        (0, 150e6, "bytes", [0, 2**26, 2**27, 3 * 2**26]),
        (0, 400, "s", [0, 120, 240, 360, 480]),
        (-3, 8, "", [-5, 0, 5, 10]),
        (0, 1, "bool", [0, 1]),
    ],
)
def test_axis_has_round_numbers_of_its_unit(least: float, most: float, unit: str, marks: list[float]) -> None:
    assert ticks(least, most, unit) == pytest.approx(marks)


FINITE = st.floats(-1e300, 1e300, allow_subnormal=False).filter(lambda value: value == 0 or abs(value) > 1e-300)


@given(st.lists(FINITE, min_size=1, max_size=20), st.sampled_from(["", "s", "bytes", "percentunit", "dateTimeAsIso"]))
def test_all_values_are_inside_the_chart(values: list[float], unit: str) -> None:
    drawing = draw([line(*values)], START, END, STEP, unit)
    for points in drawing.entries[0].stretches:
        for x, y in corners(points):
            assert 0 <= x <= WIDTH
            assert 0 <= y <= HEIGHT
    assert 2 <= len(drawing.ticks) <= 7


def test_draws_values_near_the_limits_of_numbers() -> None:
    marks = ticks(-1.7e308, 1.7e308)
    assert marks[0] <= -1e300 < 0 < 1e300 <= marks[-1]
    assert all(map(math.isfinite, marks))
