"""Contracts that declare more series than the stack, or a scrape, may have."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from stackctl.diagnostic import Diagnostic
from stackctl.manifest import load
from stackctl.manifest.cardinality import cardinality_warnings, estimates

LABELS = {"method": ["GET", "POST"], "status": ["200", "404", "500"]}
REQUESTS = {"type": "counter", "labels": LABELS}


def warnings(folder: Path, metrics: Any, budget: int | None = None, **service: Any) -> list[Diagnostic]:
    manifest = {
        "version": 1,
        "name": "shop",
        "prometheus": {"series_budget": budget} if budget else {},
        "services": {"api": {"targets": ["localhost:8000", "localhost:8001"], "metrics": metrics, **service}},
    }
    (folder / "stack.yml").write_text(json.dumps(manifest, indent=1))
    return list(cardinality_warnings(load(folder / "stack.yml", {})))


@pytest.mark.parametrize(
    ("metric", "series"),
    [
        ("gauge", 1),
        (REQUESTS, 6),
        ({"type": "counter", "labels": {**LABELS, "path": None}}, 6),
        ({"type": "histogram", "labels": LABELS, "buckets": [1, 5]}, 6 * 5),
        ({"type": "histogram"}, 14),
        ({"type": "histogram", "native": True}, 1),
        ({"type": "summary", "quantiles": [0.5, 0.9]}, 4),
        ({"type": "stateset", "states": ["on", "off", "broken"]}, 3),
    ],
)
def test_a_metric_has_a_series_for_each_combination_of_values(tmp_path: Path, metric: Any, series: int) -> None:
    assert warnings(tmp_path, {"x": metric}) == []
    (service,) = load(tmp_path / "stack.yml", {}).services
    assert [each.series for each in estimates(service)] == [2 * series]


def test_contracts_above_the_budget_are_reported_with_the_largest_metrics(tmp_path: Path) -> None:
    metrics = {"requests_total": REQUESTS, "jobs_total": {"type": "counter", "labels": {"queue": None}}}
    assert warnings(tmp_path, metrics, budget=14) == []
    (found,) = warnings(tmp_path, metrics, budget=13)
    assert found.code == "contract.cardinality"
    assert found.summary == (
        "the contracts declare 14 series and more, as values of labels are open, and `prometheus.series_budget` is 13"
    )
    assert found.cause == "Most are of `requests_total` of `api` (12), `jobs_total` of `api` (2)."
    assert found.position == load(tmp_path / "stack.yml", {}).prometheus.origin


def test_a_scrape_above_its_limit_is_reported(tmp_path: Path) -> None:
    assert warnings(tmp_path, {"requests_total": REQUESTS}, sample_limit=6) == []
    (found,) = warnings(tmp_path, {"requests_total": REQUESTS}, sample_limit=5)
    assert found.code == "contract.sample-limit"
    assert found.summary == "`api`: a scrape has 6 series by the contract, and `sample_limit` is 5"


def test_nothing_is_known_where_relabelling_may_drop_series(tmp_path: Path) -> None:
    dropped = [{"source_labels": ["status"], "regex": "404", "action": "drop"}]
    assert warnings(tmp_path, {"x": REQUESTS}, budget=1, metric_relabel=dropped, sample_limit=1) == []
