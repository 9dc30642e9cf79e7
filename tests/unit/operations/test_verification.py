"""Proving that what the manifest declares works: how long it may wait."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl import conventions as c
from stackctl.manifest import load
from stackctl.operations.verification import patience


@pytest.mark.parametrize(
    ("more", "slowest"),
    [
        ("", 15),
        ("prometheus: {scrape_interval: 1m}\n", 60),
        ("prometheus: {scrape_interval: 5s, evaluation_interval: 2m}\n", 120),
        ("services: {api: {targets: ['a:1'], scrape_interval: 5m}}\n", 300),
        ("exporters: {node: {scrape_interval: 10m}}\n", 600),
    ],
)
def test_slowest_interval_has_twice_its_time(more: str, slowest: int, tmp_path: Path) -> None:
    services = "" if "services" in more else "services: {api: {targets: ['a:1']}}\n"
    (tmp_path / "stack.yml").write_text(f"version: 1\nname: shop\n{services}{more}")
    assert patience(load(tmp_path / "stack.yml")) == 2 * (slowest + c.TARGET_SYNC_SECONDS)


@pytest.mark.parametrize(("interval", "slowest"), [("10s", 15), ("50s", 50), ("1h", 60)])
def test_rules_of_grafana_are_waited_for_up_to_a_minute(interval: str, slowest: int, tmp_path: Path) -> None:
    query = "{refId: A, datasourceUid: __expr__, model: {type: math, expression: '1'}}"
    rule = f"{{uid: a, title: A, condition: A, for: 0s, data: [{query}]}}"
    group = f"{{name: g, folder: F, interval: {interval}, rules: [{rule}]}}"
    (tmp_path / "alerting.yml").write_text(f"apiVersion: 1\ngroups: [{group}]\n")
    (tmp_path / "stack.yml").write_text(
        "version: 1\nname: shop\nservices: {api: {targets: ['a:1']}}\ngrafana: {alerting: [alerting.yml]}\n"
    )
    assert patience(load(tmp_path / "stack.yml")) == 2 * (slowest + c.TARGET_SYNC_SECONDS)
