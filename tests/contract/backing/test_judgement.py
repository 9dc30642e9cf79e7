"""`panel.*` and `rule.data` by the words that a user reads: each way in which an expression can have no data."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from stackctl.diagnostic import Diagnostic
from stackctl.model import PanelQuery
from stackctl.source import Position
from tests.contract.serving import Asked, Reply
from tests.contract.world import World

PANEL, VARIABLE, RULE = "panel.data", "panel.variable", "rule.data"
PLACE = Position("d.yml", 7, 9)


def asks(well: World, *exprs: str, panel: str = "P") -> None:
    """Let the dashboard have one panel, with these queries."""
    queries = tuple(PanelQuery(panel, expr, PLACE) for expr in exprs)
    (dashboard,) = well.context.stack.dashboards
    well.change(stack=replace(well.context.stack, dashboards=(replace(dashboard, queries=queries),)))


def rules(well: World, *exprs: str, kind: str = "alert") -> None:
    """Let the rule file have these rules."""
    (file,) = well.context.stack.rules
    made = tuple(replace(file.rules[0], kind=kind, name=f"r{n}", expr=expr) for n, expr in enumerate(exprs))
    well.change(stack=replace(well.context.stack, rules=(replace(file, rules=made),)))


def without_grafana(well: World) -> None:
    well.change(skipped={"grafana": "no binary"})


def told(finding: Diagnostic) -> tuple[str, str, str]:
    return finding.status, finding.summary, finding.remedy


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


EMPTY = {
    "shop_orders_total": "`shop_orders_total` has not been incremented yet",
    'ALERTS{alertname="Down"}': "no alert fires",
}


@pytest.mark.parametrize("expr", EMPTY)
def test_a_metric_that_may_yet_come_passes_and_says_so(well: World, expr: str) -> None:
    well.series = [labels for labels in well.series if labels["__name__"] != "shop_orders_total"]
    asks(well, expr)
    assert told(well.only(PANEL)) == ("pass", EMPTY[expr], "")


def test_an_external_label_is_not_one_of_series(well: World) -> None:
    prometheus = replace(well.context.stack.prometheus, external_labels={"site": "here"})
    well.change(stack=replace(well.context.stack, prometheus=prometheus))
    asks(well, 'shop_fill_ratio{site="here"}')
    remedy = "Leave it out: it is one of `external_labels`, which only samples and alerts that are sent have."
    assert told(well.only(PANEL)) == ("fail", "`shop_fill_ratio` has no label `site`", remedy)


def test_an_alert_of_another_server_may_come(well: World) -> None:
    well.redeclare("found", scrape={"honor_labels": True})
    asks(well, 'ALERTS{alertname="OfAnother"}')
    assert told(well.only(PANEL)) == ("pass", "no alert fires", "")


def test_a_value_that_is_in_the_exported_label_is_reported_with_it(well: World) -> None:
    well.series.append({"__name__": "shop_shelf", "team": "core", "exported_team": "sales"})
    asks(well, 'shop_shelf{team="sales"}')
    remedy = "The target's own value is in `exported_team`: compare that, or set `honor_labels: true` for the job."
    assert told(well.only(PANEL)) == ("fail", 'no series of `shop_shelf` has team="sales"', remedy)


def test_a_window_on_a_record_is_held_to_its_evaluations(well: World) -> None:
    well.series.append({"__name__": "job:up:sum", "job": "api"})
    asks(well, "rate(job:up:sum[20s])")
    found = well.only(PANEL)
    assert found.summary == "20s of `job:up:sum` is shorter than two evaluations of its rule"
    assert found.remedy.startswith("That is evaluated every 15s: use at least 30s")


@pytest.mark.parametrize("value", ["failed", "b"])
def test_a_value_that_the_contract_allows_passes_before_it_is_counted(well: World, value: str) -> None:
    well.series = [labels for labels in well.series if value not in labels.values()]
    label = "result" if value == "failed" else "shop"
    asks(well, f'rate(shop_orders_total{{{label}="{value}"}}[5m])')
    assert told(well.only(PANEL)) == ("pass", f'no series of `shop_orders_total` has {label}="{value}" yet', "")


@pytest.mark.parametrize(
    ("there", "asked", "status"),
    [("london", "lodnon", "fail"), ("store-1", "store-2", "pass"), ("valid", "invalid", "pass")],
)
def test_an_open_value_is_able_to_come_unless_it_is_misspelt(well: World, there: str, asked: str, status: str) -> None:
    well.series.append({"__name__": "shop_orders_total", "result": "ok", "shop": there})
    asks(well, f'shop_orders_total{{shop="{asked}"}}')
    assert well.only(PANEL).status == status


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


def test_a_window_is_judged_by_the_interval_of_its_own_job(well: World) -> None:
    (api,) = [job for job in well.context.jobs if job.name == "api"]
    assert api.service
    slow = replace(api, service=replace(api.service, scrape_interval="2m"))
    well.change(jobs=tuple(slow if job is api else job for job in well.context.jobs))
    asks(well, "rate(shop_orders_total[3m])")
    assert well.only(PANEL).summary == "3m of `shop_orders_total` is shorter than two scrapes of `api`"
    asks(well, "increase(shop_orders_total[4m])")
    assert well.only(PANEL).status == "pass"


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


def test_a_metric_is_not_corrected_while_a_service_that_may_serve_it_is_down(well: World) -> None:
    services = {each.name: replace(each, contract=None) for each in well.context.stack.services}
    jobs = tuple(replace(job, service=services[job.service.name]) if job.service else job for job in well.context.jobs)
    well.change(jobs=jobs, stack=replace(well.context.stack, services=tuple(services.values())))
    well.target("api").update(health="down", lastError="connection refused")
    asks(well, "rate(shop_orderz_total[5m])")
    summary = "`shop_orderz_total` is served by `api`, which has no target that is up"
    assert told(well.only(PANEL))[:2] == ("skip", summary)


def test_a_recorded_metric_is_as_good_as_the_rule_that_records_it(well: World) -> None:
    rules(well, "sum(shop_order_total)", "r0 > 1", kind="record")
    first, second = well.findings(RULE)
    assert first.summary == "nothing serves `shop_order_total`"
    assert second.summary == "`r0` has nothing to record: nothing serves `shop_order_total`"


def test_suggests_a_rule_that_has_recorded_nothing_yet(well: World) -> None:
    rules(well, "absent(up)", "r00 > 1", kind="record")
    summary, remedy = "nothing serves `r00`", "Did you mean `r0`? Correct the name."
    assert told(well.findings(RULE)[1]) == ("fail", summary, remedy)


def test_never_suggests_a_record_that_reads_the_name(well: World) -> None:
    rules(well, "sum(r00)", "r0 + 1", "r00 > 1", kind="record")
    assert [finding.remedy for finding in well.findings(RULE) if "Did you mean" in finding.remedy] == []


def test_a_recorded_metric_is_waited_for(well: World) -> None:
    rules(well, "sum(up)", "r0 > 1", kind="record")
    assert told(well.findings(RULE)[1]) == ("fail", "`r0` has not been recorded yet", "Wait longer with --timeout.")
    well.series.append({"__name__": "r0"})
    assert {finding.status for finding in well.findings(RULE)} == {"pass"}


def test_a_rule_that_records_itself_ends(well: World) -> None:
    rules(well, "r0 + up", kind="record")
    assert well.only(RULE).status == "fail"


@pytest.mark.parametrize(("window", "requests"), [("", 1), ("[10m]", 5)])
def test_many_rules_take_few_requests(well: World, window: str, requests: int) -> None:
    selectors = [f'shop_orders_total{{result="ok", shop!="{n}"}}{window}' for n in range(100)]
    rules(well, *(f"max_over_time({each})" if window else each for each in selectors))
    assert {finding.status for finding in well.findings(RULE)} == {"pass"}
    of_former_jobs = 1
    assert well.servers["prometheus"].asked.count("/api/v1/query") == requests + of_former_jobs


def test_reports_the_wrong_one_among_many_alike(well: World) -> None:
    rules(well, *(f'shop_orders_total{{team="{team}"}}' for team in ("core", "c", "d", "e", "")))
    assert [finding.status for finding in well.findings(RULE)] == ["pass", "fail", "fail", "fail", "pass"]


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


@pytest.mark.parametrize(
    ("expr", "status", "words"),
    [
        (
            "shop_fill_ratio unless maintained",
            "pass",
            "nothing serves `maintained` right now, so `unless` leaves nothing",
        ),
        ('shop_fill_ratio unless shop_fill_ratio{shop="paused"}', "fail", "`shop_fill_ratio` has no label `shop`"),
        (
            'shop_fill_ratio unless shop_mode{shop_mode="paused"}',
            "fail",
            'no series of `shop_mode` has shop_mode="paused"',
        ),
        ("shop_fill_ratio unless shop_fill_rato", "fail", "nothing serves `shop_fill_rato`"),
        ("maintained unless shop_fill_ratio", "fail", "nothing serves `maintained`"),
        ("shop_fill_ratio unless redis_maintained", "fail", "`redis` does not serve `redis_maintained`"),
    ],
)
def test_what_is_left_out_may_be_there_at_times(well: World, expr: str, status: str, words: str) -> None:
    rules(well, expr)
    found = well.only(RULE)
    assert (found.status, words in found.summary) == (status, True), found.summary


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
