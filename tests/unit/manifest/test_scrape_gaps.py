"""Jobs that are scraped so seldom that expressions find nothing of them between two scrapes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from stackctl.diagnostic import Diagnostic
from stackctl.manifest import load
from stackctl.manifest.scrape_gaps import _in_expression, gap_warnings


def found(folder: Path, expr: str, interval: str = "7m", **sections: Any) -> list[Diagnostic]:
    slow = {"targets": ["localhost:8000"], "scrape_interval": interval, "metrics": {"depth": "gauge"}}
    manifest = {
        "version": 1,
        "name": "shop",
        "services": {"slow": slow, "fast": {"targets": ["localhost:8001"], "metrics": {"height": "gauge"}}},
        "rules": [{"name": "g", "rules": [{"alert": "A", "expr": expr, "for": "10m"}]}],
        **sections,
    }
    (folder / "stack.yml").write_text(json.dumps(manifest, indent=1))
    return list(gap_warnings(load(folder / "stack.yml", {})))


@pytest.mark.parametrize(
    "expr",
    [
        "depth > 3",
        "up == 0",
        'up{job="slow"} == 0',
        'other{job="slow"} > 3',
        "absent(depth)",
        "sum(depth) > 3",
        'scrape_duration_seconds{job!="fast"} > 1',
    ],
)
def test_selector_without_a_window_is_reported_at_the_job(tmp_path: Path, expr: str) -> None:
    (warning,) = found(tmp_path, expr)
    assert warning.code == "job.gaps"
    assert (
        warning.summary == "`slow` is scraped every 7m, and Prometheus looks back 5m: between scrapes `A` finds nothing"
    )
    assert warning.position
    assert warning.position.line == 5


@pytest.mark.parametrize(
    "expr",
    [
        "last_over_time(depth[15m]) > 3",
        "max_over_time(depth[20m:1m]) > 3",
        "height > 3",
        'up{job="fast"} == 0',
        'up{job!="slow"} == 0',
        "anything > 3",
        'anything{job=~"slow|fast"} > 3',
    ],
)
def test_expression_that_needs_no_sample_of_now_is_silent(tmp_path: Path, expr: str) -> None:
    assert found(tmp_path, expr) == []


def test_job_that_is_scraped_within_the_lookback_is_silent(tmp_path: Path) -> None:
    assert found(tmp_path, "depth > 3", interval="4m") == []
    assert len(found(tmp_path, "depth > 3", interval="5m")) == 1


def test_longer_lookback_closes_the_gaps(tmp_path: Path) -> None:
    assert found(tmp_path, "depth > 3", prometheus={"query": {"lookback_delta": "15m"}}) == []


def test_interval_of_all_jobs_is_one_finding(tmp_path: Path) -> None:
    (warning,) = found(tmp_path, "up == 0", interval="30s", prometheus={"scrape_interval": "10m"})
    assert warning.summary.startswith("targets are scraped every 10m")


def test_exporter_that_is_scraped_seldom_is_reported(tmp_path: Path) -> None:
    redis = {"redis": {"address": "localhost:6379", "scrape_interval": "1h"}}
    (warning,) = found(tmp_path, "redis_connected_clients > 3", interval="30s", exporters=redis)
    assert warning.summary.startswith("`redis` is scraped every 1h")


def test_panels_and_variables_are_named(tmp_path: Path) -> None:
    panel = {"title": "Depth", "type": "timeseries", "targets": [{"expr": 'depth{shop="$shop"}', "refId": "A"}]}
    variable = {"name": "shop", "type": "query", "query": {"query": "label_values(depth, shop)"}}
    board = {"title": "D", "uid": "d", "panels": [panel], "templating": {"list": [variable]}}
    (tmp_path / "d.json").write_text(json.dumps(board))
    (warning,) = found(tmp_path, "height > 3", dashboards=[{"file": "d.json"}])
    assert "panel `Depth`" in warning.summary


def recorded(folder: Path, *more: dict[str, Any], expr: str = "a:depth > 3") -> list[Diagnostic]:
    """The findings where a group of ten minutes records `a:depth`, and an alert of another group reads it."""
    groups = [
        {"name": "slow", "interval": "10m", "rules": [{"record": "a:depth", "expr": "sum(height)"}, *more]},
        {"name": "g", "rules": [{"alert": "A", "expr": expr}]},
    ]
    return found(folder, "", interval="30s", rules=groups)


def test_record_of_a_group_that_is_evaluated_seldom_is_reported_at_the_record(tmp_path: Path) -> None:
    (warning,) = recorded(tmp_path)
    assert warning.code == "rule.gaps"
    assert warning.summary == (
        "the group `slow` is evaluated every 600 s, and Prometheus looks back 5m: between evaluations `A` finds nothing"
    )


def test_rule_of_the_same_group_finds_what_was_just_recorded(tmp_path: Path) -> None:
    assert recorded(tmp_path, {"alert": "B", "expr": "a:depth > 3", "for": "30m"}, expr="height > 3") == []


def test_window_over_a_record_that_is_evaluated_seldom_is_silent(tmp_path: Path) -> None:
    assert recorded(tmp_path, expr="max_over_time(a:depth[30m]) > 3") == []


def test_expression_that_does_not_parse_is_reported_elsewhere() -> None:
    assert list(_in_expression("sum(")) == []
