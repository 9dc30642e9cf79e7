"""Values of variables that only Prometheus knows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stackctl.checks.panels import VARIABLE
from stackctl.diagnostic import Diagnostic
from stackctl.model import DashboardVariable, PanelQuery
from tests.contract.backing.test_judgement import PANEL, PLACE, without_grafana
from tests.contract.world import World


def chooses(well: World, expr: str, *, repeats: tuple[str, ...] = (), chosen: tuple[str, ...] = ()) -> Diagnostic:
    """The finding for a panel of which the variable `j` stands at all jobs, as a query of Grafana has them."""
    (dashboard,) = well.context.stack.dashboards
    variable = DashboardVariable("j", "job", "up", everything=True, chosen=chosen)
    queries = (PanelQuery("P", expr, PLACE, repeats),)
    changed = replace(dashboard, queries=queries, variables=(variable,))
    well.change(stack=replace(well.context.stack, dashboards=(changed,)))
    without_grafana(well)
    well.series = [*well.series, {"__name__": "up", "job": "second", "instance": "localhost:1"}]
    return next(f for f in well.findings() if f.code == PANEL)


def test_all_values_compared_by_equality_have_no_data(well: World) -> None:
    found = chooses(well, 'up{job="$j"}')
    assert found.status == "fail"
    assert found.summary.startswith("`$j` holds several values, and `=` compares with one")
    assert found.remedy == 'Write `=~"$j"`.'
    assert "(" in found.evidence


@pytest.mark.parametrize(
    ("expr", "repeats", "chosen"),
    [
        ('up{job=~"$j"}', (), ()),
        ('up{job="$j"}', ("j",), ()),
        ('up{job="$j"}', (), ("api", "of-another-grafana")),
    ],
)
def test_values_that_fit_have_data(well: World, expr: str, repeats: tuple[str, ...], chosen: tuple[str, ...]) -> None:
    assert chooses(well, expr, repeats=repeats, chosen=chosen).status == "pass"


@pytest.mark.parametrize(
    ("regex", "status"),
    [("/^nobody/", "fail"), ("/^AP/i", "pass"), ("/(?<text>a.*)/", "pass"), ("", "pass"), ("/(?=nobody)/", "pass")],
    ids=["none", "some", "a named group", "no expression", "one that only JavaScript knows"],
)
def test_variable_whose_expression_takes_no_value_fails(well: World, regex: str, status: str) -> None:
    (dashboard,) = well.context.stack.dashboards
    query = PanelQuery("$j", "group by (job) (up)", PLACE, label="job", selector="up", regex=regex)
    changed = replace(dashboard, queries=(query,), variables=())
    well.change(stack=replace(well.context.stack, dashboards=(changed,)))
    without_grafana(well)
    finding = next(f for f in well.findings() if f.code == VARIABLE)
    assert finding.status == status
    assert ("takes none of the" in finding.summary) == (status == "fail")
