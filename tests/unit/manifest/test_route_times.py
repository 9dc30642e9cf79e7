"""Routes whose time intervals let nothing through."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from stackctl.manifest import load
from stackctl.manifest.route_times import time_warnings

TODAY = date(2026, 12, 1)
WORK = {"weekdays": ["monday:friday"], "times": [{"start_time": "09:00", "end_time": "17:00"}]}
WEEKEND = {"weekdays": ["saturday", "sunday"]}


def found(folder: Path, key: str, *names: str, **intervals: list[dict[str, Any]]) -> list[str]:
    """The summaries for a route with these intervals."""
    child = {"matchers": ['severity="page"'], "receiver": "all", key: [*names]}
    manifest = {
        "version": 1,
        "name": "shop",
        "alertmanager": {
            "receivers": {"all": {"webhook": {"url": "http://localhost:5001/"}}},
            "route": {"receiver": "all", "routes": [child]},
            "extra": {"time_intervals": [{"name": n, "time_intervals": each} for n, each in intervals.items()]},
        },
        "services": {"api": {"targets": ["localhost:8000"]}},
    }
    (folder / "stack.yml").write_text(json.dumps(manifest))
    return [each.summary for each in time_warnings(load(folder / "stack.yml", {}), TODAY)]


@pytest.mark.parametrize(
    "periods",
    [
        [{}],
        [{"times": [{"start_time": "00:00", "end_time": "24:00"}]}],
        [{"times": [{"start_time": "12:00", "end_time": "24:00"}, {"start_time": "00:00", "end_time": "12:00"}]}],
        [{"weekdays": ["monday:friday"]}, WEEKEND],
        [{"days_of_month": ["1:15"]}, {"days_of_month": ["16:31"]}],
        [{"days_of_month": ["-31:-1"]}],
        [{"months": ["january:june"]}, {"months": ["7:12"]}],
        [{"years": ["2020:2090"], "location": "Europe/Berlin"}],
    ],
)
def test_route_that_is_muted_all_the_time_is_reported(tmp_path: Path, periods: list[dict[str, Any]]) -> None:
    (summary,) = found(tmp_path, "mute_time_intervals", "quiet", quiet=periods)
    assert summary == "this route never notifies anybody: its `mute_time_intervals` (quiet) mute it all the time"


def test_intervals_are_muted_together(tmp_path: Path) -> None:
    parts = {"week": [{"weekdays": ["monday:friday"]}], "end": [WEEKEND]}
    assert len(found(tmp_path, "mute_time_intervals", "week", "end", **parts)) == 1
    assert found(tmp_path, "mute_time_intervals", "week", **parts) == []


@pytest.mark.parametrize(
    "period",
    [
        {"years": ["2023:2025"]},
        {"months": ["february"], "days_of_month": ["30:31"]},
        {"years": ["2026"], "months": ["january:november"]},
        {"days_of_month": ["20:10"]},
    ],
)
def test_route_that_is_active_at_times_that_do_not_come_is_reported(tmp_path: Path, period: dict[str, Any]) -> None:
    (summary,) = found(tmp_path, "active_time_intervals", "hours", hours=[period])
    assert summary == "this route never notifies anybody: its `active_time_intervals` (hours) do not occur again"


@pytest.mark.parametrize(
    ("key", "period"),
    [
        ("mute_time_intervals", WORK),
        ("mute_time_intervals", {"times": [{"start_time": "00:00", "end_time": "23:59"}]}),
        ("mute_time_intervals", {"years": ["2020:2027"]}),
        ("mute_time_intervals", {"days_of_month": ["1:30"]}),
        ("active_time_intervals", WORK),
        ("active_time_intervals", {"months": ["february"], "days_of_month": ["29"]}),
        ("active_time_intervals", {"years": ["2026"], "months": ["december"], "days_of_month": ["-1"]}),
        ("active_time_intervals", {"weekdays": ["sunday"], "months": ["may:august"]}),
    ],
)
def test_route_that_notifies_at_some_time_is_silent(tmp_path: Path, key: str, period: dict[str, Any]) -> None:
    assert found(tmp_path, key, "hours", hours=[period]) == []


def test_interval_that_is_not_understood_is_left_to_amtool(tmp_path: Path) -> None:
    for broken in (
        {"weekdays": ["someday"]},
        {"times": ["9 to 5"]},
        {"times": [{"start_time": "9", "end_time": "17"}]},
    ):
        assert found(tmp_path, "active_time_intervals", "hours", hours=[broken]) == []
    assert found(tmp_path, "active_time_intervals", "nowhere", hours=[WORK]) == []
