"""Each rule of the review finds the panel that breaks it, and nothing in the one that follows it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackctl.design.lint import review
from stackctl.design.series import Scope
from stackctl.manifest import load
from stackctl.promql.catalogue import Catalogue, promised
from stackctl.render.grafana import dashboard_json
from stackctl.render.scope import scope_of
from stackctl.starter.dashboard import dashboard as first_dashboard
from tests.golden.cases import EXPORTER_SECRETS, SECRETS

ROOT = Path(__file__).parents[3]
# Every example, and a stack with all packs.
STACKS = [*sorted(ROOT.glob("examples/*/stack.yml")), ROOT / "docs/showcase/stack.yml"]

LEGEND_TABLE = {"displayMode": "table", "placement": "right", "showLegend": True, "sortBy": "Last *"}
UP = [{"type": "value", "options": {"1": {"text": "up", "color": "green"}, "0": {"text": "down", "color": "red"}}}]
DOWN_IS_GREEN = [{"type": "value", "options": {"0": {"text": "down", "color": "green"}}}]
STEPS = {"mode": "absolute", "steps": [{"color": "green", "value": None}, {"color": "red", "value": 0.001}]}
STATUS = {
    "matcher": {"id": "byRegexp", "options": "/5../"},
    "properties": [{"id": "color", "value": {"mode": "fixed", "fixedColor": "red"}}],
}


def panel(kind: str, expr: str, legend: str = "{{a}}", /, instant: bool = False, **fields: Any) -> dict[str, Any]:
    """A panel that follows all rules, but for `fields`: keys of `custom`, `defaults`, `options` or the panel."""
    custom = {"axisSoftMax": 1, "fillOpacity": 0, **fields.pop("custom", {})}
    defaults = {"unit": "reqps", "custom": custom, **fields.pop("defaults", {})}
    options = {"displayMode": "basic", "legend": LEGEND_TABLE, **fields.pop("options", {})}
    overrides = fields.pop("overrides", [])
    return {
        "type": kind,
        "title": "P",
        "gridPos": {"x": 0, "y": 0, "w": 12, "h": 8},
        "targets": [{"expr": expr, "legendFormat": legend, "instant": instant, "range": not instant}],
        "fieldConfig": {"defaults": defaults, "overrides": overrides},
        "options": options,
        **fields,
    }


def rules_of(*panels: dict[str, Any], **fields: Any) -> list[str]:
    return [advice.rule for advice in review({"panels": list(panels), **fields})]


ERRORS_BY_A = "sum by (a) (rate(x_errors_total[5m]))"
BY_A, BY_STATUS = "sum by (a) (rate(x[5m]))", "sum by (status) (rate(x[5m]))"
CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "bar-gradient": (
        panel("bargauge", f"sort({BY_A})", options={"displayMode": "gradient"}),
        panel("bargauge", f"sort({BY_A})"),
    ),
    "one-bar": (panel("bargauge", "sum(rate(x[5m]))"), panel("stat", "sum(rate(x[5m]))")),
    "bar-order": (
        panel("bargauge", BY_A, instant=True),
        panel("bargauge", f"topk(3, {BY_A})", instant=True),
    ),
    "state-colors": (
        panel("state-timeline", "up", defaults={"mappings": UP, "color": {"mode": "thresholds"}}),
        panel("state-timeline", "up", defaults={"mappings": UP, "color": {"mode": "fixed"}}),
    ),
    "legend-of-one": (
        panel("timeseries", "sum(x)", "x"),
        panel("timeseries", "sum(x)", "x", options={"legend": {"showLegend": False}}),
    ),
    "long-legend": (
        panel("timeseries", f"topk(10, {BY_A})", options={"legend": {"displayMode": "list", "showLegend": True}}),
        panel("timeseries", f"topk(5, {BY_A})", options={"legend": {"displayMode": "list", "showLegend": True}}),
    ),
    "auto-legend": (panel("timeseries", BY_A, "__auto"), panel("timeseries", BY_A)),
    "column-name": (
        panel("table", BY_A, transformations=[{"id": "organize", "options": {"renameByName": {"Value": "{{a}}"}}}]),
        panel("table", BY_A, transformations=[{"id": "organize", "options": {"renameByName": {"Value": "a"}}}]),
    ),
    "or-vector": (
        panel("timeseries", 'x:ratio{job="shop"} or vector(0)'),
        panel("timeseries", 'sum(x:ratio{job="shop"}) or vector(0)', options={"legend": {"showLegend": False}}),
    ),
    "status-colors": (
        panel("timeseries", BY_STATUS, "{{status}}"),
        panel("timeseries", BY_STATUS, "{{status}}", overrides=[STATUS]),
    ),
    "opposite-color": (
        panel("stat", "sum(x)", defaults={"mappings": DOWN_IS_GREEN}),
        panel("stat", "sum(x)", defaults={"mappings": UP}),
    ),
    "up-as-number": (panel("stat", 'min(up{job="a"})'), panel("stat", 'min(up{job="a"})', defaults={"mappings": UP})),
    "fill": (panel("timeseries", BY_A, custom={"fillOpacity": 10}), panel("timeseries", BY_A)),
    "thin-stack": (
        panel("timeseries", BY_A, custom={"stacking": {"mode": "normal"}, "fillOpacity": 10}),
        panel("timeseries", BY_A, custom={"stacking": {"mode": "normal"}, "fillOpacity": 40}),
    ),
    "odd-axis": (
        panel("timeseries", ERRORS_BY_A, custom={"axisSoftMax": None}),
        panel("timeseries", ERRORS_BY_A, custom={"axisSoftMax": 1}),
    ),
    "raw-counter": (
        panel("timeseries", "sum by (a) (x_requests_total)"),
        panel("timeseries", "sum by (a) (x_requests_total)", title="Requests since start"),
    ),
    "threshold-on-zero": (
        panel("timeseries", BY_A, custom={"thresholdsStyle": {"mode": "dashed"}}, defaults={"thresholds": STEPS}),
        panel("timeseries", BY_A, custom={"thresholdsStyle": {"mode": "off"}}, defaults={"thresholds": STEPS}),
    ),
    "zero-for-nothing": (
        panel("stat", "sum(x)", defaults={"noValue": "0"}),
        panel("stat", "sum(x)", defaults={"noValue": "none"}),
    ),
    "no-unit": (panel("timeseries", BY_A, defaults={"unit": ""}), panel("timeseries", BY_A)),
    "unit": (panel("timeseries", BY_A, defaults={"unit": "cps"}), panel("timeseries", BY_A)),
    "decimals": (
        panel("stat", "count(x)", defaults={"unit": "short", "decimals": 2}),
        panel("stat", "count(x)", defaults={"unit": "short", "decimals": 0}),
    ),
}


@pytest.mark.parametrize("rule", CASES)
def test_rule_finds_bad_panel_and_accepts_good_one(rule: str) -> None:
    bad, good = CASES[rule]
    assert rules_of(bad) == [rule]
    assert rules_of(good) == []


def test_reports_variables_that_share_an_id() -> None:
    variables = [{"name": name, "id": "00000000-0000-0000-0000-000000000000"} for name in ("a", "b")]
    assert rules_of(templating={"list": variables}) == ["variable-id"]
    assert rules_of(templating={"list": variables[:1]}) == []


def test_reports_gap_in_a_row_but_not_a_column_of_small_panels() -> None:
    def at(x: int, y: int, h: int) -> dict[str, Any]:
        return panel("timeseries", BY_A, title=f"{x}/{y}", gridPos={"x": x, "y": y, "w": 12, "h": h})

    assert rules_of(at(0, 0, 8), at(12, 0, 4), at(0, 8, 8)) == ["uneven-row"]
    assert rules_of(at(0, 0, 8), at(12, 0, 4), at(12, 4, 4)) == []


@pytest.mark.parametrize(
    ("kind", "expr", "found"),
    [
        ("timeseries", "x", True),
        ("timeseries", 'x{instance="$node"}', False),
        ("stat", "x / y", False),
        ("stat", "sum by (a) (x)", True),
        ("timeseries", "sum(x", False),
    ],
)
def test_missing_legend_matters_where_several_series_are_likely(kind: str, expr: str, found: bool) -> None:
    assert ("auto-legend" in rules_of(panel(kind, expr, ""))) is found


def test_axis_that_is_hardly_ever_zero_needs_no_soft_maximum() -> None:
    assert rules_of(panel("timeseries", BY_A, custom={"axisSoftMax": None})) == []


@pytest.mark.parametrize(
    ("kind", "expr", "fields"),
    [
        ("stat", "sum(x_requests_total)", {}),
        ("timeseries", "sum by (a) (x_requests_total)", {"title": "Total requests"}),
        ("timeseries", "sum by (a) (x_requests_total)", {"description": "A cumulative count."}),
        ("timeseries", "sum by (a) (x_disk_total)", {}),
        ("timeseries", "sum by (a) (x_requests_total - x_requests_total offset 1h)", {}),
        ("timeseries", "sum by (a) (rate(x_requests_total[$__rate_interval]))", {}),
    ],
)
def test_panel_that_means_all_that_was_counted_is_right(kind: str, expr: str, fields: dict[str, Any]) -> None:
    assert "raw-counter" not in rules_of(panel(kind, expr, **fields))


def test_name_of_the_metric_in_a_legend_says_nothing_more() -> None:
    assert rules_of(panel("timeseries", "sum by (a) (x_requests_total)", "x_requests_total {{a}}")) == ["raw-counter"]


def test_contract_says_what_is_a_counter() -> None:
    shown = {"panels": [panel("timeseries", "sum by (a) (jobs)")]}
    known = Catalogue(dict(promised("jobs", "counter", {"a": ()})))
    assert [each.rule for each in review(shown, Scope(known=known))] == ["raw-counter"]
    known = Catalogue(dict(promised("x_requests_total", "gauge", {"a": ()})))
    shown = {"panels": [panel("timeseries", "sum by (a) (x_requests_total)")]}
    assert review(shown, Scope(known=known)) == []


def test_hidden_query_is_not_reviewed() -> None:
    hidden = panel("timeseries", BY_A, "__auto")
    hidden["targets"][0]["hide"] = True
    assert rules_of(hidden) == []


def test_rule_names_its_panels_once() -> None:
    bad = panel("timeseries", BY_A, "__auto")
    [advice] = review({"panels": [bad, {**bad, "title": "Q"}, {"type": "row", "panels": [{**bad, "title": "R"}]}]})
    assert advice.panels == ("P", "Q", "R")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "panels",
                    "type",
                    "title",
                    "targets",
                    "expr",
                    "fieldConfig",
                    "defaults",
                    "custom",
                    "overrides",
                    "options",
                    "legend",
                    "gridPos",
                    "x",
                    "y",
                    "w",
                    "h",
                    "thresholds",
                    "steps",
                    "value",
                    "mappings",
                    "transformations",
                    "templating",
                    "list",
                    "rows",
                ]
            ),
            inner | st.sampled_from(["timeseries", "bargauge", "stat", "table", "state-timeline", "up", "sum(x"]),
            max_size=5,
        )
    ),
    max_leaves=25,
)


@given(st.dictionaries(st.sampled_from(["panels", "rows", "templating"]), JSON, max_size=3))
def test_review_survives_any_json(dashboard: dict[str, Any]) -> None:
    assert isinstance(review(dashboard), list)


@pytest.mark.parametrize("path", STACKS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_examples_and_packs_follow_all_rules(path: Path) -> None:
    stack = load(path, {**SECRETS, **EXPORTER_SECRETS})
    scope = scope_of(stack)
    found = [
        f"{dashboard.title}: {advice.rule}: {', '.join(advice.panels)}"
        for dashboard in stack.dashboards
        for advice in review(json.loads(json.dumps(dashboard_json(dashboard, scope))), scope)
    ]
    assert found == []


def test_first_dashboard_of_init_follows_all_rules() -> None:
    assert review(first_dashboard("shop", []), Scope()) == []
