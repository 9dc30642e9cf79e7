"""Proving that what the manifest declares works: how long it may wait, and which checks it knows."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl import conventions as c
from stackctl.errors import InputError
from stackctl.manifest import load
from stackctl.operations.verification import patience, refuse_unknown_checks

KNOWN = ("target.up", "target.health", "rule.loaded")


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


@pytest.mark.parametrize("only", [[], ["target"], ["rule.loaded", "target.up"]])
def test_checks_and_families_can_be_named(only: list[str]) -> None:
    refuse_unknown_checks(only, KNOWN)


@pytest.mark.parametrize("name", ["targets", "target.", "up", "", "loaded"])
def test_unknown_check_is_refused_with_those_that_exist(name: str) -> None:
    with pytest.raises(InputError, match=f"there is no check `{name}`") as refused:
        refuse_unknown_checks(["target", name], KNOWN)
    assert refused.value.problems[0].remedy == "Checks: target.up, target.health, rule.loaded."
