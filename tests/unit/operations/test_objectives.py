"""What `status` says of SLOs: the rows that the rules declare, and numbers that never look better than they are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from stackctl.bounds.terminal import cleaned
from stackctl.cli.status import slo_cells
from stackctl.manifest import load
from stackctl.operations.objectives import Objective, declared, objectives
from stackctl.render import render
from stackctl.state import Generation
from stackctl.tree import Tree

MANIFEST = """version: 1
name: shop
prometheus: {retention: {time: 90d}}
services:
  api:
    targets: ["localhost:8000"]
    slo:
      paid: {objective: 99.95, good: 'rate(good_total[$window])', total: 'rate(all_total[$window])'}
      fast: {objective: 90, window: 36h, latency: {histogram: wait_seconds, under: 1}}
  batch:
    targets: ["localhost:8001"]
    slo: {done: {objective: 99, window: 4w, good: 'rate(good_total[$window])', total: 'rate(all_total[$window])'}}
rules: [{file: own.yml}]
"""
# As sloth writes it: the names are the same, but not the labels.
OWN = """groups:
  - name: sloth
    rules:
      - {record: "slo:objective:ratio", expr: vector(0.99), labels: {sloth_service: pay, sloth_slo: all}}
      - {record: "slo:time_period:days", expr: vector(30), labels: {sloth_service: pay, sloth_slo: all}}
      - {alert: Down, expr: up == 0}
"""
API = Objective("api", "paid", 0.999, 30.0)


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    (tmp_path / "stack.yml").write_text(MANIFEST)
    (tmp_path / "own.yml").write_text(OWN)
    return render(load(tmp_path / "stack.yml", {}), "native")


def written(folder: Path, tree: Tree) -> Generation:
    for path, file in tree:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(file.content)
    return Generation("0", folder)


def test_every_declared_slo_is_a_row_and_nothing_else(tree: Tree, tmp_path: Path) -> None:
    assert objectives(written(tmp_path / "live", tree)) == (
        Objective("api", "paid", 0.9995, 30.0),
        Objective("api", "fast", 0.9, 1.5),
        Objective("batch", "done", 0.99, 28.0),
    )


def test_a_damaged_rule_file_is_not_an_obstacle(tree: Tree, tmp_path: Path) -> None:
    generation = written(tmp_path / "live", tree)
    for text in ("slo:objective:ratio: [", "slo:objective:ratio", "groups: [{x: slo:objective:ratio}]"):
        (generation.path / "prometheus/rules/slo-api.yml").write_text(text)
        assert [each.service for each in objectives(generation)] == ["batch"]


def test_does_not_parse_rules_without_slos() -> None:
    assert list(declared(b"{ this is not YAML")) == []


@pytest.mark.parametrize(
    ("objective", "good", "remaining", "burn", "shown"),
    [
        # Of 0.1 % that may fail, half has.
        (0.999, 0.9995, 0.5, 0.25, ["paid 99.9 %", "30d", "✓ 99.950 %", "50.0 %", "0.25"]),
        (0.999, 1.0, 1.0, 0.0, ["paid 99.9 %", "30d", "✓ 100.000 %", "100.0 %", "0.00"]),
        # Missed by a hair: rounding to the nearest would say 99.900 % and 0.0 %.
        (0.999, 0.9989996, -0.0004, 14.4, ["paid 99.9 %", "30d", "✗ 99.899 %", "-0.1 %", "14.40"]),
        (0.999, 0.98, -19.0, 20.0, ["paid 99.9 %", "30d", "✗ 98.000 %", "-1900.0 %", "20.00"]),
        (0.9, 0.29, -6.1, 7.1, ["paid 90 %", "30d", "✗ 29.00 %", "-610.0 %", "7.10"]),
        (0.9995, 0.99975, 0.5, None, ["paid 99.95 %", "30d", "✓ 99.9750 %", "50.0 %", "-"]),
    ],
)  # fmt: skip
def test_percentages_never_look_better_than_they_are(
    objective: float, good: float, remaining: float, burn: float | None, shown: list[str]
) -> None:
    found = Objective("api", "paid", objective, 30.0, good, remaining, burn)
    assert [plain(cell) for cell in slo_cells(found)] == ["api", *shown]


def test_an_slo_without_data_says_so() -> None:
    assert [plain(cell) for cell in slo_cells(API)] == ["api", "paid 99.9 %", "30d", "- no data yet", "-", "-"]
    assert plain(slo_cells(replace(API, window_days=1.5))[2]) == "1.5d"


def plain(text: str) -> str:
    return cleaned(text).replace("\x1b[", "").replace("32m", "").replace("31m", "").replace("90m", "").replace("0m", "")
