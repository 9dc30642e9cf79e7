"""`panel.*` and `rule.data` by the words that a user reads: each way in which an expression can have no data."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.contract.backing.asking import PANEL, PLACE, RULE, asks, rules, told, without_grafana
from tests.contract.serving import Asked, Reply
from tests.contract.world import World

VARIABLE = "panel.variable"


def test_asks_panels_and_variables_through_grafana_where_it_runs(well: World) -> None:
    assert told(well.only(PANEL, "d.json/Orders")) == ("pass", "has data", "")
    assert told(well.only(VARIABLE, "d.json/$shop")) == ("pass", "has data", "")
    assert well.servers["grafana"].asked.count("/api/ds/query") == 2
    assert well.servers["prometheus"].asked.count("/api/v1/query") == 2  # one each, for jobs that are no more


def test_asks_panels_of_prometheus_where_grafana_does_not_run(well: World) -> None:
    without_grafana(well)
    assert well.only(PANEL).summary == "has data"
    assert "/api/ds/query" not in well.servers["grafana"].asked
    assert "/api/v1/query" in well.servers["prometheus"].asked


def test_a_datasource_that_does_not_answer_is_reported_for_each_panel(well: World) -> None:
    well.servers["grafana"].routes["/api/ds/query"] = Reply({"message": "Data source not found"}, 404)
    summary = f"Grafana cannot run it: {well.servers['grafana'].url}/api/ds/query returns 404: Data source not found"
    assert told(well.only(PANEL))[:2] == ("fail", summary)


FAILURES = {
    "sum(rate(shop_order_total[5m]))": (
        "nothing serves `shop_order_total`",
        "Did you mean `shop_orders_total`? Correct the name.",
    ),
    "quite_another_thing": ("nothing serves `quite_another_thing`", "Expose it, or remove the expression."),
    'shop_orders_total{sop="a"}': ("`shop_orders_total` has no label `sop`", "Did you mean `shop`? Correct the label."),
    'shop_orders_total{shop_name="a"}': (
        "`shop_orders_total` has no label `shop_name`",
        "Did you mean `shop`? Correct the label.",
    ),
    'shop_fill_ratio{zone!=""}': ("`shop_fill_ratio` has no label `zone`", "It has: instance, job, team."),
    'ALERTS{alertname="Dwon"}': (
        'no alert of the stack has alertname="Dwon"',
        "Did you mean `Down`? Correct the name.",
    ),
    'count(ALERTS{alertname=~"Gone.*"})': (
        'no alert of the stack has alertname=~"Gone.*"',
        "Correct the name, or add the alert.",
    ),
    'shop_orders_total{result="fail"}': (
        'no series of `shop_orders_total` has result="fail"',
        'Did you mean `result="failed"`? Correct the value.',
    ),
    'shop_orders_total{job="appi"}': (
        'no series of `shop_orders_total` has job="appi"',
        'Did you mean `job="api"`? Correct the value.',
    ),
    'shop_orders_total{team=~"x|y"}': ('no series of `shop_orders_total` has team=~"x|y"', "`team` is `core`."),
    'shop_wait_seconds_bucket{le="3"}': (
        'no series of `shop_wait_seconds_bucket` has le="3"',
        "`le` is `+Inf`, `0.5`, `1.0`.",
    ),
    'shop_fill_ratio{shop="a"}': (
        "`shop_fill_ratio` has no label `shop`",
        "It has: instance, job, team.",
    ),
    "rate(shop_orders_total[20s])": (
        "20s of `shop_orders_total` is shorter than two scrapes of `api`",
        "It is scraped every 15s: use at least 30s, better 1m, or `$__rate_interval` in a panel.",
    ),
}


@pytest.mark.parametrize("expr", FAILURES)
def test_a_dead_panel_is_reported_with_the_reason_and_the_nearest(well: World, expr: str) -> None:
    asks(well, expr)
    finding = well.only(PANEL)
    assert told(finding) == ("fail", *FAILURES[expr])
    assert (finding.position, finding.stage, finding.subject) == (PLACE, "loaded", "d.json/P")


def test_a_comparison_that_nothing_fulfils_passes(well: World) -> None:
    asks(well, "up > 5")
    well.empty.add("up > 5")
    assert told(well.only(PANEL)) == ("pass", "no series matches right now, which can be normal", "")


def test_reports_sides_that_never_match(well: World) -> None:
    asks(well, "up * shop_fill_ratio")
    well.empty.add("up * shop_fill_ratio")
    assert told(well.only(PANEL)) == (
        "fail",
        "both sides have series, but their labels do not match",
        "Aggregate both sides to the same labels: `sum by (...)`, or `on (...)`.",
    )


@pytest.mark.parametrize("by", ["Grafana answers", "Prometheus rejects it"])
def test_reports_a_refusal_in_the_words_of_the_server(well: World, by: str) -> None:
    asks(well, "up * on() up")
    well.refused["up * on() up"] = Reply({"status": "error", "error": "many-to-many matching not allowed"}, 422)
    if by == "Prometheus rejects it":
        without_grafana(well)
    summary = f"{by}: many-to-many matching not allowed"
    assert told(well.only(PANEL)) == ("fail", summary, "Correct the query.")


def test_fallback_does_not_hide_a_metric_nobody_serves(well: World) -> None:
    asks(well, "sum(shop_order_total) or vector(0)")
    assert well.only(PANEL).summary == "nothing serves `shop_order_total`"


def test_a_panel_is_as_good_as_the_worst_of_its_queries(well: World) -> None:
    asks(well, "up", "shop_order_total", 'ALERTS{alertname="Down"}')
    assert well.only(PANEL).summary == "nothing serves `shop_order_total`"


def test_a_second_scrape_is_waited_for(well: World) -> None:
    """A young stack has had one scrape: there is no rate yet, and no failure."""
    asks(well, "rate(shop_orders_total[5m])")
    expr, twice = "rate(shop_orders_total[5m])", "count_over_time(shop_orders_total[300000ms]) > 1"
    well.empty |= {expr, twice}
    answer: Any = well.servers["grafana"].routes["/api/ds/query"]
    looks = iter([None, None])

    def later(body: Any) -> Any:
        if next(looks, "enough"):
            well.empty.clear()
        return answer.answer(body)

    well.servers["grafana"].routes["/api/ds/query"] = replace(answer, answer=later)
    assert well.only(PANEL).summary == "has data"
    well.empty |= {expr, twice}
    well.servers["grafana"].routes["/api/ds/query"] = answer
    assert told(well.only(PANEL)) == (
        "fail",
        "`shop_orders_total` has not been scraped twice yet",
        "Wait longer with --timeout.",
    )


@pytest.mark.parametrize("id", [PANEL, RULE])
@pytest.mark.parametrize("expr", ['up{job="api"} == 0', "rate(shop_orders_total[5m]) > 1"])
def test_skips_what_a_stopped_service_would_serve(well: World, id: str, expr: str) -> None:
    well.series.clear()
    well.change(skipped={"api": "no binary"})
    asks(well, expr)
    rules(well, expr)
    finding = well.only(id)
    assert finding.status == "skip"
    assert finding.summary.endswith("`api`, which is not running") or "served by `api`" in finding.summary


def test_skips_what_a_stopped_component_would_serve(well: World) -> None:
    well.change(skipped={"redis": "no binary"})
    asks(well, "redis_connected_clients")
    summary = "`redis_connected_clients` is served by `redis`, which is not running"
    assert told(well.only(PANEL))[:2] == ("skip", summary)


def test_service_that_is_down_is_reported_once_by_its_target(well: World) -> None:
    well.target("api").update(health="down", lastError="connection refused")
    well.series.clear()
    statuses = {finding.code: finding.status for finding in well.findings("panel", "rule.data", "target")}
    assert statuses[PANEL] == "skip"
    assert well.only("target.up", "api/").status == "fail"


def test_a_recorded_metric_is_as_good_as_the_rule_that_records_it(well: World) -> None:
    rules(well, "sum(shop_order_total)", "r0 > 1", kind="record")
    first, second = well.findings(RULE)
    assert first.summary == "nothing serves `shop_order_total`"
    assert second.summary == "`r0` has nothing to record: nothing serves `shop_order_total`"


def test_a_recorded_metric_is_waited_for(well: World) -> None:
    rules(well, "sum(up)", "r0 > 1", kind="record")
    assert told(well.findings(RULE)[1]) == ("fail", "`r0` has not been recorded yet", "Wait longer with --timeout.")
    well.series.append({"__name__": "r0"})
    assert {finding.status for finding in well.findings(RULE)} == {"pass"}


def test_a_rule_that_records_itself_ends(well: World) -> None:
    rules(well, "r0 + up", kind="record")
    assert well.only(RULE).status == "fail"


def test_finds_series_that_appear_while_it_waits(well: World) -> None:
    """A rule records for the first time between two questions, and the answers to both make no sense together."""
    rules(well, 'up{job="api"} == 0')
    series, answer = well.series, well.report_query
    well.series = [labels for labels in series if labels["__name__"] != "up"]

    def comes_after(query: str) -> Any:
        reply = answer(query)
        well.series = series
        return reply

    well.servers["prometheus"].routes["/api/v1/query"] = Asked(comes_after)
    assert told(well.only(RULE)) == ("pass", "the query returns data", "")


def test_a_query_that_ends_in_a_comment_is_asked_like_any_other(well: World) -> None:
    without_grafana(well)
    asks(well, "up # all of them")
    assert told(well.only(PANEL)) == ("pass", "has data", "")


def test_a_query_that_many_panels_share_is_asked_once(well: World) -> None:
    without_grafana(well)
    asks(well, *["up"] * 10)
    assert well.only(PANEL).status == "pass"
    assert well.servers["prometheus"].asked.count("/api/v1/query") == 2  # one is for jobs that are no more


def test_expression_about_samples_that_are_not_kept_fails(well: World) -> None:
    rules(well, "shop_fill_ratio > shop_fill_ratio offset 20d", "shop_fill_ratio > avg_over_time(shop_fill_ratio[20d])")
    summary = "it queries samples of 20d ago, and Prometheus keeps samples for 15d: it finds nothing"
    assert [each.summary for each in well.findings(RULE)] == [summary, "the query returns data"]


def test_rule_about_the_time_after_its_evaluation_fails(well: World) -> None:
    rules(well, "shop_fill_ratio > shop_fill_ratio offset -1h", "shop_fill_ratio > shop_fill_ratio offset -1m")
    summary = "it queries samples from 1h after its evaluation: it finds nothing"
    assert [each.summary for each in well.findings(RULE)] == [summary, "the query returns data"]


@pytest.mark.parametrize("check", [PANEL, RULE])
@pytest.mark.parametrize(
    ("inner", "status"), [("shop_orders_total", "fail"), ("sum(shop_orders_total)", "pass"), ("vector(1)", "pass")]
)
def test_scalar_is_of_one_series(well: World, check: str, inner: str, status: str) -> None:
    without_grafana(well)
    rules(well, f"shop_fill_ratio > scalar({inner})")
    asks(well, f"shop_fill_ratio > scalar({inner})")
    found = well.only(check)
    assert found.status == status
    if status == "fail":
        summary = "`scalar(shop_orders_total)` is not a number: there are 2 series, and it takes the only one"
        assert told(found)[1:] == (summary, "Aggregate to one, as with `scalar(sum(...))`, or match one series.")


def test_subquery_whose_first_step_is_to_come_is_empty(well: World) -> None:
    query = "max_over_time(shop_fill_ratio[1h:10m])"
    well.empty |= {query, "shop_fill_ratio offset 600000ms"}
    asks(well, query)
    assert told(well.only(PANEL)) == ("pass", "its subquery has a step of 10m, and there was none yet", "")


def test_subquery_of_old_series_without_a_result_fails(well: World) -> None:
    query = "max_over_time(shop_fill_ratio[1h:10m])"
    well.empty.add(query)
    asks(well, query)
    assert well.only(PANEL).status == "fail"
