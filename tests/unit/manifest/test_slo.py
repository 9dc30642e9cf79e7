"""What a service level objective stands for: windows and factors as in the literature, rules, and a dashboard."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.errors import InputError
from stackctl.manifest import load
from stackctl.manifest.packs.library import shipped
from stackctl.manifest.packs.schema import RULES
from stackctl.manifest.queries import review_queries
from stackctl.manifest.slo import BURNS
from stackctl.model import Stack

# Google, The Site Reliability Workbook, chapter 5 "Alerting on SLOs", table 5-8: for an objective over 30 days.
# severity, long window, short window, burn rate, budget consumed
WORKBOOK = [
    ("page", "1h", "5m", 14.4, 0.02),
    ("page", "6h", "30m", 6.0, 0.05),
    ("ticket", "1d", "2h", 3.0, 0.10),
    ("ticket", "3d", "6h", 1.0, 0.10),
]
# slok/sloth: the same shares of the budget in every window, so the factors of its 28 days are 28/30 of those. Its last,
# 0.933, is 1 here: at that rate the budget lasts.
SLOTH_28D = {"page_fast": 13.44, "page_slow": 5.6, "ticket_fast": 2.8, "ticket_slow": 0.933}

HEAD = """version: 1
name: shop
prometheus: {retention: {time: 90d}}
services:
  api:
    targets: ["localhost:8000"]
    metrics:
      requests_total: {type: counter, labels: [status]}
      latency_seconds: {type: histogram, buckets: [0.3, 1]}
    slo:
"""


def stack(folder: Path, slo: str, tail: str = "") -> Stack:
    (folder / "stack.yml").write_text(f"{HEAD}      {slo}\n{tail}")
    return load(folder / "stack.yml", {})


def exprs(found: Stack) -> dict[str, str]:
    return {rule.name: rule.expr for file in found.rules for rule in file.rules}


AVAILABILITY = (
    "availability: {objective: 99.9, good: 'sum(rate(requests_total{status!~\"5..\"}[$window]))', "
    "total: 'sum(rate(requests_total[$window]))'}"
)


def test_windows_and_factors_are_those_of_the_sre_workbook() -> None:
    found = [(key.split("_")[0], burn.long, burn.short, burn.factor("30d"), burn.share) for key, burn in BURNS.items()]
    assert found == WORKBOOK


def test_factors_scale_with_the_window_but_stay_above_one() -> None:
    for key, factor in SLOTH_28D.items():
        assert BURNS[key].factor("28d") == pytest.approx(max(factor, 1), abs=0.001)


def test_a_window_that_is_longer_than_the_budget_is_not_judged_by(tmp_path: Path) -> None:
    found = exprs(
        stack(tmp_path, "latency: {objective: 99, window: 1d, latency: {histogram: latency_seconds, under: 1}}")
    )
    assert BURNS["ticket_slow"].factor("1d") is None
    assert "slo:sli_error:ratio_rate3d" not in found
    assert "ratio_rate3d" not in found["SloBurnsSlowly"]
    assert "ratio_rate1d" in found["SloBurnsSlowly"]


def test_pack_defaults_are_the_factors_of_its_default_window() -> None:
    parameters = shipped(RULES, "slo").parameters
    window = parameters["window"].default or ""
    assert {key: float(parameters[key].default or 0) for key in BURNS} == {
        key: burn.factor(window) for key, burn in BURNS.items()
    }


def test_every_window_is_recorded_and_every_alert_ask_for_what_is_recorded(tmp_path: Path) -> None:
    found = exprs(stack(tmp_path, AVAILABILITY))
    for window in ("5m", "30m", "1h", "2h", "6h", "1d", "3d"):
        recorded = found[f"slo:sli_error:ratio_rate{window}"]
        assert f"[{window}]" in recorded
        assert "$window" not in recorded
    assert "[30d]" in found["slo:sli_error:ratio_period"]
    for text in ("rate1h", "rate5m", "> 14.4", "rate6h", "rate30m", "> 6", "/ 0.001 "):
        assert text in found["SloBurnsFast"]
    for text in ("rate1d", "rate2h", "> 3", "rate3d", "rate6h", "> 1"):
        assert text in found["SloBurnsSlowly"]


def test_several_objectives_have_names_of_their_own(tmp_path: Path) -> None:
    other = "latency: {objective: 99, window: 28d, latency: {histogram: latency_seconds, under: 0.3}}"
    found = stack(tmp_path, f"{AVAILABILITY}\n      {other}", "grafana: {}\n")
    (file,) = found.rules
    assert file.path == "slo-api.yml"
    assert {rule.labels["slo"] for rule in file.rules} == {"availability", "latency"}
    assert {rule.labels["service"] for rule in file.rules} == {"api"}
    assert len({rule.group for rule in file.rules}) == 2
    assert len({board.uid for board in found.dashboards}) == 2
    assert [board.title for board in found.dashboards] == ["SLO availability of api", "SLO latency of api"]


def test_review_knows_what_slos_query(tmp_path: Path) -> None:
    review = review_queries(stack(tmp_path, AVAILABILITY, "grafana: {}\n"))
    assert review.errors == ()
    assert review.warnings == ()


def test_a_metric_that_nobody_serves_is_reported_once_at_the_slo(tmp_path: Path) -> None:
    misspelt = AVAILABILITY.replace("sum(rate(requests_total[$window", "sum(rate(request_total[$window")
    (error,) = review_queries(stack(tmp_path, misspelt)).errors
    assert "nothing serves `request_total`" in error.summary
    assert error.remedy == "Did you mean `requests_total`?"
    assert error.position is not None
    assert error.position.line == 11


def test_no_grafana_means_no_dashboard(tmp_path: Path) -> None:
    assert stack(tmp_path, AVAILABILITY).dashboards == ()


def test_a_rule_file_of_the_user_keeps_its_name(tmp_path: Path) -> None:
    (tmp_path / "slo-api.yml").write_text("groups: []\n")
    found = stack(tmp_path, AVAILABILITY, "rules: [{file: slo-api.yml}]\n")
    assert [file.path for file in found.rules] == ["slo-api.yml", "slo-api-2.yml"]


def test_finds_an_integer_bound_in_both_spellings(tmp_path: Path) -> None:
    slow = "latency: {objective: 99, window: 7d, latency: {histogram: latency_seconds, under: 1}}"
    assert 'latency_seconds_bucket{job="api", le=~"1([.]0)?"}' in exprs(stack(tmp_path, slow))["slo:good:rate5m"]


def test_refuses_the_pack_without_an_objective(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="added automatically for each `slo` of a service"):
        stack(tmp_path, AVAILABILITY, "rules: [{pack: slo, services: [api]}]\n")
