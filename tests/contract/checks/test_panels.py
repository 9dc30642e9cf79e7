"""Panels about what an exporter could serve are one warning; hidden queries are information."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stackctl.checks import panels
from stackctl.model import EmptyPanel, NamesQuery, PanelQuery, SavedFilter
from tests.contract.backing.asking import PLACE, asks, told, without_grafana
from tests.contract.serving import Asked
from tests.contract.world import World, success

PANEL = "panel.data"


def ask_each(well: World, *exprs: str) -> None:
    """Let the dashboard have one panel for each query."""
    queries = tuple(PanelQuery(f"P{n}", expr, PLACE) for n, expr in enumerate(exprs))
    (dashboard,) = well.context.stack.dashboards
    well.change(stack=replace(well.context.stack, dashboards=(replace(dashboard, queries=queries),)))


@pytest.mark.parametrize(
    ("expr", "matcher", "status", "summary"),
    [
        ("shop_orders_total", 'shop="a"', "pass", "has data"),
        (
            "shop_orders_total",
            'zone="gone"',
            "fail",
            "the filters saved in the ad hoc variable `$Filters` leave no series: ",
        ),
        ("shop_order_total", 'shop="a"', "fail", "nothing serves `shop_order_total`"),
    ],
)
def test_saved_filter_that_leaves_nothing_is_named(
    well: World, expr: str, matcher: str, status: str, summary: str
) -> None:
    query = PanelQuery("P", expr, PLACE, filters=(SavedFilter("Filters", matcher),))
    (dashboard,) = well.context.stack.dashboards
    well.change(stack=replace(well.context.stack, dashboards=(replace(dashboard, queries=(query,)),)))
    found = well.only(PANEL)
    assert (found.status, found.summary[: len(summary)]) == (status, summary)
    assert (matcher in found.remedy) == (matcher == 'zone="gone"')


def test_panel_that_can_show_nothing_fails(well: World) -> None:
    (dashboard,) = well.context.stack.dashboards
    panel = EmptyPanel("Odd", "it has no query", PLACE)
    well.change(stack=replace(well.context.stack, dashboards=(replace(dashboard, empty=(panel,)),)))
    (failure,) = [each for each in well.findings(PANEL) if each.status == "fail"]
    assert (failure.subject, failure.summary) == ("d.json/Odd", "it shows nothing: it has no query")


def test_collectors_that_an_exporter_lacks_are_one_warning(well: World) -> None:
    well.series.append({"__name__": "redis_up"})
    ask_each(well, *(f"redis_module_{n}_calls" for n in range(15)), "sum(redis_up)")
    found = well.findings(PANEL)
    assert [f.status for f in found if f.status in ("fail", "warn")] == ["warn"]
    (warning,) = [f for f in found if f.status == "warn"]
    assert warning.subject == "d.json"
    assert warning.summary == "15 panels query metrics that `redis` does not serve"
    assert {f.depends_on for f in found if f.status == "skip"} == {"panel.data d.json"}


def test_misspelt_name_of_an_exporter_fails(well: World) -> None:
    well.series.append({"__name__": "redis_connected_clients"})
    asks(well, "sum(redis_conected_clients)")
    finding = well.only(PANEL)
    assert finding.status == "fail"
    assert "`redis_connected_clients`" in finding.remedy


def test_other_unknown_names_fail(well: World) -> None:
    asks(well, "sum(nobody_serves_this)")
    assert well.only(PANEL).status == "fail"


def hide(well: World, *exprs: str, shown: str = "") -> None:
    queries = tuple(PanelQuery("P", expr, PLACE, hidden=True) for expr in exprs)
    visible = (PanelQuery("P", shown, PLACE),) if shown else ()
    (dashboard,) = well.context.stack.dashboards
    well.change(stack=replace(well.context.stack, dashboards=(replace(dashboard, queries=(*queries, *visible)),)))


def test_hidden_query_without_data_does_not_decide(well: World) -> None:
    hide(well, "nobody_serves_this", shown="sum(shop_orders_total)")
    assert well.only(PANEL).status == "pass"


def test_hidden_query_with_data_does_not_hide_a_failure(well: World) -> None:
    hide(well, "sum(shop_orders_total)", shown="nobody_serves_this")
    assert well.only(PANEL).status == "fail"


def test_panel_of_hidden_queries_alone_is_skipped_when_it_has_no_data(well: World) -> None:
    hide(well, "nobody_serves_this")
    assert well.only(PANEL).status == "skip"
    hide(well, "sum(shop_orders_total)")
    assert well.only(PANEL).status == "pass"


@pytest.mark.parametrize(("interval", "window"), [("15s", "5m"), ("5m", "1200s")])
def test_rate_interval_is_that_of_the_datasource(well: World, interval: str, window: str) -> None:
    stack = well.context.stack
    (dashboard,) = stack.dashboards
    assert stack.grafana
    well.change(stack=replace(stack, grafana=replace(stack.grafana, settings={"timeInterval": interval})))
    panel = PanelQuery("P", "rate(x[$__rate_interval])", dashboard.origin)
    found = panels.asked(well.context, replace(dashboard, queries=(panel,)))
    assert [each.expr for each in found] == [f"rate(x[{window}])"]


@pytest.mark.parametrize(
    ("expr", "status"),
    [
        ("$m", "skip"),
        ("sum(rate(shop_${m}_total[5m]))", "skip"),
        ('gone{job="$m"}', "fail"),
        ("rate(gone[$m])", "fail"),
    ],
)
def test_metric_that_a_variable_chooses_is_not_judged(well: World, expr: str, status: str) -> None:
    asks(well, expr)
    assert well.only(PANEL).status == status


@pytest.mark.parametrize(("operator", "status"), [("=", "fail"), ("=~", "fail"), ("!=", "pass")])
def test_variable_that_the_dashboard_does_not_have_keeps_its_name(well: World, operator: str, status: str) -> None:
    query = PanelQuery("P", f'shop_orders_total{{shop{operator}"$shop"}}', PLACE, undeclared=("shop",))
    (dashboard,) = well.context.stack.dashboards
    well.change(stack=replace(well.context.stack, dashboards=(replace(dashboard, queries=(query,)),)))
    found = well.only(PANEL)
    assert found.status == status
    assert ("the dashboard has no variable `$shop`" in found.summary) == (status == "fail")


@pytest.mark.parametrize(
    ("query", "status", "summary"),
    [
        (NamesQuery("$v", "shop", PLACE), "pass", "has data"),
        (NamesQuery("$v", "zone", PLACE), "fail", "it has no values: no series has `zone`"),
        (NamesQuery("$v", "__name__", PLACE, "fill"), "pass", "has data"),
        (
            NamesQuery("$v", "__name__", PLACE, "^fill"),
            "fail",
            "it has no values: the name of no series matches `^fill`",
        ),
        (NamesQuery("$v", "shop", PLACE, regex="/b/"), "pass", "has data"),
        (
            NamesQuery("$v", "shop", PLACE, regex="c"),
            "fail",
            "its regular expression `c` takes none of the 2 values: `a`, `b`",
        ),
    ],
)
def test_variable_of_names_has_values(well: World, query: NamesQuery, status: str, summary: str) -> None:
    (dashboard,) = well.context.stack.dashboards
    well.change(stack=replace(well.context.stack, dashboards=(replace(dashboard, queries=(), names=(query,)),)))
    well.servers["prometheus"].routes["/api/v1/label/zone/values"] = success([])
    found = well.only("panel.variable")
    assert (found.subject, found.status, found.summary) == ("d.json/$v", status, summary)


def test_variable_without_values_is_skipped_while_a_job_is_down(well: World) -> None:
    (dashboard,) = well.context.stack.dashboards
    names = (NamesQuery("$v", "zone", PLACE),)
    well.change(stack=replace(well.context.stack, dashboards=(replace(dashboard, queries=(), names=names),)))
    well.servers["prometheus"].routes["/api/v1/label/zone/values"] = success([])
    well.target("api")["health"] = "down"
    found = well.only("panel.variable")
    assert (found.status, found.summary) == ("skip", "it has no values, and nothing is scraped of `api`")


@pytest.mark.parametrize(
    ("regex", "status"),
    [('/.*result="([^"]+)".*/', "pass"), (r"/^shop_orders_total\{.*\} 1 \d+$/", "pass"), ("sop=", "fail")],
)
def test_regex_of_results_takes_one_of_them(well: World, regex: str, status: str) -> None:
    found = [{"metric": {"__name__": "shop_orders_total", "result": "ok", "shop": "a"}, "value": [1, "1"]}]
    query = PanelQuery("$v", "shop_orders_total", PLACE, regex=regex, of_results=True)
    (dashboard,) = well.context.stack.dashboards
    well.change(stack=replace(well.context.stack, dashboards=(replace(dashboard, queries=(query,)),)))
    well.servers["prometheus"].routes["/api/v1/query"] = Asked(lambda _: success({"result": found}))
    without_grafana(well)
    row = well.only("panel.variable")
    assert row.status == status
    assert ("takes none of the 1 values" in row.summary) == (status == "fail")


@pytest.mark.parametrize(
    ("label", "selector", "status"),
    [
        ("shop", "shop_orders_total", "pass"),
        ("shop", 'shop_orders_total{job="api"}', "pass"),
        ("shp", "shop_orders_total", "fail"),
        ("shp", "", "fail"),
        ("__name__", "shop_orders_total", "pass"),
    ],
)
def test_label_of_a_variable_exists(well: World, label: str, selector: str, status: str) -> None:
    (dashboard,) = well.context.stack.dashboards
    query = PanelQuery("$v", selector or "shop_orders_total", dashboard.origin, label=label, selector=selector)
    well.change(stack=replace(well.context.stack, dashboards=(replace(dashboard, queries=(query,)),)))
    found = well.only("panel.variable")
    assert found.status == status
    assert ("`shop_orders_total` has no label `shp`" in found.summary) == (status == "fail")


@pytest.mark.parametrize(
    "query",
    ["shop_fill_ratio / shop_fill_ratio", "histogram_quantile(0.9, sum by (le) (rate(shop_wait_seconds_bucket[5m])))"],
)
def test_says_that_all_values_are_not_numbers(well: World, query: str) -> None:
    well.empty.add(f"({query}) >= -Inf")
    asks(well, query)
    assert told(well.only(PANEL)) == ("pass", "all its values are NaN right now, as those of 0 / 0 are", "")


def test_panel_of_some_numbers_has_data(well: World) -> None:
    asks(well, "shop_fill_ratio / shop_fill_ratio")
    assert told(well.only(PANEL)) == ("pass", "has data", "")
