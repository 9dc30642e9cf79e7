"""Marks of the time axis."""

from __future__ import annotations

import pytest

from stackctl.preview.chart import time_marks
from stackctl.preview.frames import Window

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
