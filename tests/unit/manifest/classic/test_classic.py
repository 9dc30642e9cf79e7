"""Dashboards in Grafana's own form, in the shapes in which people have them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from stackctl.manifest.classic import read_classic
from stackctl.manifest.problems import Problems
from tests.unit.manifest.classic.boards import JSON, ORIGIN, exprs, panel, problems, read

V1 = "dashboard.grafana.app/v1beta1"


@given(JSON)
def test_any_json_is_a_dashboard_or_a_problem_with_its_place(value: Any) -> None:
    found = Problems()
    dashboard = read_classic(json.dumps(value), "d.json", "", ORIGIN, found)
    assert bool(found) == (dashboard is None)
    assert all(problem.position and problem.position.line for problem in found)


@pytest.mark.parametrize("text", ["", "\n", '{"title": "x",\n', '{"title": "x"', "{\n\n\n"])
def test_a_dashboard_that_breaks_off_is_a_problem_with_its_place(text: str) -> None:
    (found,) = problems(text)
    assert found.summary.startswith("not JSON: ")
    assert found.position
    assert found.position.file == "d.json"


def test_reports_a_syntax_error_at_its_place() -> None:
    text = '{"title": "D", "panels": [\n{"title": "P", "targets": [\n {"expr": "sum(rate(up[5m])"}]}]}'
    (found,) = problems(text)
    assert found.summary.startswith("P: not PromQL: ")
    assert (found.position.line, found.position.column) == (3, 11)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "expr",
    [
        "topk($n, sum by ($label) (rate($metric[$window])))",
        "${agg}(rate(x[$__rate_interval]))",
        "x $op 5",
        'sum(rate(x{a=~"$a", b="[[b]]"}[$__interval])) by ([[by]])',
        "x </ 5",
        "$query",
        "x{$filters}",
        "x offset $shift",
    ],
)
def test_does_not_refuse_what_variables_complete(expr: str) -> None:
    assert exprs(read({"title": "D", "panels": [panel("P", expr)]})) == [("P", expr)]


def test_refuses_an_open_bracket_whatever_the_variables_hold() -> None:
    (found,) = problems({"title": "D", "panels": [panel("P", "sum(rate(x[$window])")]})
    assert "not PromQL" in found.summary
