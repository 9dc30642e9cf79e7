"""Values of variables that only Prometheus knows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stackctl.checks.panels import VARIABLE
from stackctl.diagnostic import Diagnostic
from stackctl.model import DashboardVariable, PanelQuery
from tests.contract.backing.asking import PANEL, PLACE, without_grafana
from tests.contract.world import World


def one_at_a_time(well: World, expr: str, *variables: DashboardVariable) -> Diagnostic:
    """The finding for a panel with this query in a dashboard with these variables."""
    (dashboard,) = well.context.stack.dashboards
    changed = replace(dashboard, queries=(PanelQuery("P", expr, PLACE),), variables=variables)
    well.change(stack=replace(well.context.stack, dashboards=(changed,)))
    without_grafana(well)
    well.series = [*well.series, {"__name__": "up", "job": "second", "instance": "localhost:1"}]
    well.series = [*well.series, {"__name__": "only_of_second", "job": "second", "instance": "localhost:1"}]
    return next(f for f in well.findings() if f.code == PANEL)


INSTANCE = DashboardVariable("i", "instance", 'up{job="$j"}')
FIRST = DashboardVariable("j", "job", 'up{job="api"}')
ANY = DashboardVariable("j", "job", "up")


@pytest.mark.parametrize(
    "variables",
    [(ANY, INSTANCE), (INSTANCE, ANY), (FIRST,), (replace(FIRST, regex="/^nobody/"),), (replace(ANY, several=True),)],
    ids=["chained", "chained backwards", "the other is not known", "options are not known", "any of several"],
)
def test_panel_that_some_value_fills_has_data(well: World, variables: tuple[DashboardVariable, ...]) -> None:
    expr = 'only_of_second{job="$j",instance="$i"}' if FIRST not in variables else 'only_of_second{instance="$i"}'
    assert one_at_a_time(well, expr, *variables).status == "pass"


@pytest.mark.parametrize("expr", ['only_of_second{job="$j"}', 'only_of_second{job="$j",instance="$i"}'])
def test_panel_that_no_value_fills_fails_and_names_the_values(well: World, expr: str) -> None:
    found = one_at_a_time(well, expr, FIRST, INSTANCE)
    assert found.status == "fail"
    assert found.summary.startswith("it has no series with a value that `$j`")
    assert "`$j` can be `api`" in found.remedy


def test_panel_of_a_metric_that_is_not_there_does_not_blame_the_variables(well: World) -> None:
    found = one_at_a_time(well, 'not_there{job="$j"}', FIRST)
    assert found.status == "fail"
    assert "$j" not in found.summary


@pytest.mark.parametrize(
    ("regex", "status"),
    [
        ("", "fail"),
        ('/job="([^"]+)"/', "pass"),
        ('/instance="(?<text>[^"]+)"|job="(?<value>[^"]+)"/g', "pass"),
        ('/instance="(?<text>[^"]+)"|job="(?<value>[^"]+)"/', "fail"),
        ('/(?:instance|job)="([^"]+)"/g', "pass"),
        ('/instance="([^"]+)"/', "fail"),
        ("/(?=instance)/", "pass"),
    ],
    ids=[
        "no expression",
        "a group",
        "the value at another place",
        "the first place",
        "all places",
        "another label",
        "not known",
    ],
)
def test_values_are_taken_of_results_as_grafana_does(well: World, regex: str, status: str) -> None:
    variable = DashboardVariable("j", results='group by (job, instance) (up{instance="localhost:1"})', regex=regex)
    assert one_at_a_time(well, 'only_of_second{job="$j"}', variable).status == status


def test_variables_that_name_each_other_are_asked_as_they_are_written(well: World) -> None:
    variables = (replace(ANY, selector='up{instance="$i"}'), INSTANCE)
    assert one_at_a_time(well, 'only_of_second{job="$j",instance="$i"}', *variables).status == "pass"


def chooses(well: World, expr: str, *, repeats: tuple[str, ...] = (), chosen: tuple[str, ...] = ()) -> Diagnostic:
    """The finding for a panel of which the variable `j` stands at all jobs, as a query of Grafana has them."""
    (dashboard,) = well.context.stack.dashboards
    variable = DashboardVariable("j", "job", "up", several=True, everything=True, chosen=chosen)
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
