"""Servers of somebody else, pretended: what is verified of them, and what one of them keeps to itself."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy

import pytest

from stackctl.access import Access
from stackctl.diagnostic import Diagnostic
from stackctl.errors import InputError
from stackctl.operations.checker_errors import ignored_by_option
from stackctl.operations.given_verification import verify_given
from tests.contract.serving import Asked, Reply
from tests.contract.world import DASHBOARD, World, rule, success

SOURCES = [
    {"uid": "prometheus", "name": "Prometheus", "type": "prometheus", "url": "http://p:9090", "isDefault": True},
    {"uid": "other", "name": "Other", "type": "prometheus", "url": "http://q:9090", "isDefault": False},
    {"uid": "logs", "name": "Loki", "type": "loki", "url": "http://l:3100", "isDefault": False},
]
NAMES = ("prometheus", "alertmanager", "grafana")


def panel(title: str, expr: str, uid: str = "", kind: str = "prometheus") -> dict[str, object]:
    source = {"datasource": {"type": kind, "uid": uid}} if uid else {}
    return {"title": title, "type": "timeseries", "targets": [{"expr": expr, **source}]}


def show(world: World, *panels: dict[str, object]) -> None:
    board = {**DASHBOARD, "panels": [*panels]}
    world.servers["grafana"].routes["/api/dashboards/uid/shop"] = {"dashboard": board, "meta": {}}


@pytest.fixture
def given(well: World) -> World:
    """The pretended servers, as somebody else has set them up."""
    well.servers["alertmanager"].routes["/api/v2/status"]["uptime"] = "2026-01-01T00:00:00Z"
    well.servers["grafana"].routes["/api/datasources"] = SOURCES
    well.servers["prometheus"].routes["/api/v1/status/config"] = success({"yaml": config(well)})
    show(well, panel("Orders", "sum(rate(shop_orders_total[5m]))"))
    return well


def config(world: World) -> str:
    """What Prometheus reports: as rendered, without what a manifest has only."""
    text = world.context.tree.files["prometheus/prometheus.yml"].content.decode()
    return text[: text.index("remote_write:")] if "remote_write:" in text else text


def access(world: World, name: str) -> Access:
    login = ("admin", "right") if name == "grafana" else None
    return Access(world.servers[name].url, login)


def verified(world: World, *names: str, only: Sequence[str] = (), ignored: Sequence[str] = ()) -> list[Diagnostic]:
    given = {name: access(world, name) for name in names or NAMES}
    return list(verify_given(given, 1.0, only, ignored=ignored_by_option(ignored)).diagnostics)


def rows(findings: Sequence[Diagnostic], *statuses: str) -> dict[str, str]:
    return {f"{each.code} {each.subject}": each.summary for each in findings if each.status in statuses}


def test_each_thing_that_is_loaded_has_its_row(given: World) -> None:
    findings = verified(given)
    assert rows(findings, "fail", "warn") == {}
    assert rows(findings, "pass").keys() >= {
        "component.ready grafana",
        "prometheus.config prometheus",
        "target.up api/localhost:8000",
        "job.stored found",
        "rule.healthy r.yml/g/Down",
        "rule.data r.yml/g/job:up:sum",
        "alertmanager.connected alertmanager",
        "alertmanager.notifications oncall",
        "grafana.login grafana",
        "grafana.datasource Prometheus",
        "panel.data Shop/Orders",
    }


def emptied(world: World) -> World:
    """The pretended Prometheus without jobs, rules and targets, and Grafana without dashboards."""
    routes = world.servers["prometheus"].routes
    routes["/api/v1/status/config"] = success({"yaml": "global: {scrape_interval: 1m}"})
    routes["/api/v1/rules"] = success({"groups": []})
    routes["/api/v1/targets"] = success({"activeTargets": [], "droppedTargets": []})
    world.servers["grafana"].routes["/api/search"] = []
    return world


@pytest.mark.parametrize(
    ("names", "asked"),
    [
        (("prometheus", "alertmanager"), "no Grafana was given"),
        (("prometheus", "grafana"), "Grafana shows no dashboards"),
    ],
)
def test_servers_with_nothing_to_verify_are_not_green(given: World, names: tuple[str, ...], asked: str) -> None:
    summary = f"it has no scrape jobs and no rules, and {asked}: there is nothing to verify"
    assert rows(verified(emptied(given), *names), "fail") == {"prometheus.empty prometheus": summary}
    assert rows(verified(given, *names, only=["target"]), "fail") == {}


@pytest.mark.parametrize("path", ["/api/v1/rules", "/api/v1/targets", "/api/v1/status/config"])
def test_server_that_has_only_jobs_or_only_rules_has_something_to_verify(given: World, path: str) -> None:
    kept = given.servers["prometheus"].routes[path]
    emptied(given).servers["prometheus"].routes[path] = kept
    assert "prometheus.empty prometheus" not in rows(verified(given, "prometheus"), "fail")


def test_server_that_only_dashboards_query_has_something_to_verify(given: World) -> None:
    listed = given.servers["grafana"].routes["/api/search"]
    emptied(given).servers["grafana"].routes["/api/search"] = listed
    assert rows(verified(given, "prometheus", "grafana"), "fail") == {}


def test_server_whose_jobs_cannot_be_read_is_one_failure(given: World) -> None:
    emptied(given).servers["prometheus"].routes["/api/v1/rules"] = Reply("broken", status=500)
    assert [*rows(verified(given, "prometheus"), "fail")] == ["rule.loaded prometheus"]


def test_thanos_query_which_reports_no_reload_is_green(given: World) -> None:
    routes = given.servers["prometheus"].routes
    started = routes["/api/v1/status/runtimeinfo"]["data"]["startTime"]
    routes["/api/v1/status/runtimeinfo"] = success({"startTime": started, "CWD": "/", "GOMAXPROCS": 2})
    summary = "not checked: this server does not report whether its configuration was loaded"
    assert rows(verified(given, only=["prometheus.config"]), "skip")["prometheus.config prometheus"] == summary
    for path in ("/api/v1/status/config", "/api/v1/alertmanagers"):
        routes[path] = Reply("404 page not found", 404)
    findings = verified(given)
    assert rows(findings, "fail") == {}
    assert rows(findings, "pass").keys() >= {"rule.healthy r.yml/g/Down", "panel.data Shop/Orders"}


def test_panel_of_a_metric_that_nobody_serves_fails(given: World) -> None:
    show(given, panel("Typo", "sum(rate(shop_oders_total[5m]))"))
    assert rows(verified(given), "fail") == {"panel.data Shop/Typo": "nothing serves `shop_oders_total`"}


def test_panels_of_other_datasources_are_left_to_them(given: World) -> None:
    given.servers["grafana"].routes["/api/ds/query"] = Reply({"results": {"Q0": {"frames": []}}})
    show(given, panel("Logs", '{app="shop"} |= "x"', "logs", "loki"), panel("Far", "sum(far_away_total)", "other"))
    findings = verified(given, only=["panel"])
    far = "no result, and its datasource is another Prometheus than the given one"
    assert rows(findings, "skip")["panel.data Shop/Far"] == far
    assert rows(findings, "skip")["panel.data Shop/Logs"] == "not verified: it asks the datasource `loki`"


def test_a_dashboard_that_cannot_be_read_is_reported(given: World) -> None:
    given.servers["grafana"].routes["/api/dashboards/uid/shop"] = Reply({"message": "broken"}, 500)
    (summary,) = rows(verified(given), "fail").values()
    assert "returns 500: broken" in summary


def test_dashboard_of_another_schema_is_skipped(given: World) -> None:
    board = {"title": "Shop", "elements": {}, "layout": {}}
    given.servers["grafana"].routes["/api/dashboards/uid/shop"] = {"dashboard": board, "meta": {}}
    assert "not of Grafana's classic form" in rows(verified(given), "skip")["grafana.dashboard Shop"]


def test_rejected_token_is_the_only_failure(given: World) -> None:
    given.servers["grafana"].login = ("admin", "changed")
    assert rows(verified(given), "fail").keys() == {"grafana.login grafana"}


def test_datasources_that_may_not_be_listed_are_skipped(given: World) -> None:
    given.servers["grafana"].routes["/api/datasources"] = Reply({"message": "no permission"}, 403)
    show(given, panel("Named", "sum(shop_orders_total)", "prometheus"), panel("Any", "sum(shop_orders_total)"))
    findings = verified(given)
    assert rows(findings, "fail") == {}
    assert "may not list" in rows(findings, "skip")["grafana.datasource grafana"]
    assert "panel.data Shop/Named" in rows(findings, "pass")
    assert "panel.data Shop/Any" in rows(findings, "skip")


@pytest.mark.parametrize("path", ["/api/v1/rules", "/api/v1/targets", "/api/v1/status/config", "/api/v1/scrape_pools"])
def test_what_a_server_does_not_serve_is_skipped(given: World, path: str) -> None:
    given.servers["prometheus"].routes[path] = Reply(f'unsupported path requested: "{path}"', 400)
    findings = verified(given, "prometheus", "alertmanager")
    assert rows(findings, "fail") == {}
    assert any(path in summary for summary in rows(findings, "skip").values())


def test_samples_without_an_account_are_skipped(given: World) -> None:
    """Thanos adds labels to the series, and VictoriaMetrics finds new ones later: neither says what was kept."""
    ask = given.servers["prometheus"].routes["/api/v1/query"].answer

    def answer(query: str) -> object:
        return success({"resultType": "vector", "result": []}) if "post_metric_relabeling" in query else ask(query)

    given.servers["prometheus"].routes["/api/v1/query"] = Asked(answer)
    findings = verified(given, "prometheus", only=["job.stored"])
    assert rows(findings, "pass", "fail") == {}
    assert "of 1 of 1 targets" in rows(findings, "skip")["job.stored api"]


def test_what_a_server_fails_to_say_is_a_failure(given: World) -> None:
    given.servers["prometheus"].routes["/api/v1/rules"] = Reply("out of memory", 500)
    assert "rule.loaded prometheus" in rows(verified(given, "prometheus"), "fail")


def test_a_configuration_that_is_no_mapping_is_a_failure(given: World) -> None:
    given.servers["prometheus"].routes["/api/v1/status/config"] = success({"yaml": "- [a"})
    assert "is it another server" in rows(verified(given, "prometheus"), "fail")["prometheus.config prometheus"]


def test_rule_that_is_evaluated_for_the_first_time_is_waited_for(given: World) -> None:
    """Prometheus notes the health of a rule before the time of its evaluation."""
    answers = given.servers["prometheus"].routes
    evaluated, asked = answers["/api/v1/rules"], []

    def answer(query: str) -> object:
        asked.append(query)
        found = deepcopy(evaluated() if callable(evaluated) else evaluated)
        if len(asked) == 2:  # the first one is that of what is loaded
            for rule in (rule for group in found["data"]["groups"] for rule in group["rules"]):
                rule["lastEvaluation"] = "0001-01-01T00:00:00Z"
        return found

    answers["/api/v1/rules"] = Asked(answer)
    findings = verified(given, "prometheus", only=["rule.healthy"])
    assert rows(findings, "fail") == {}
    assert len(asked) > 2
    assert "rule.healthy r.yml/g/Down" in rows(findings, "pass")


def test_alert_that_no_route_delivers_is_a_warning(given: World) -> None:
    routing = "route: {receiver: 'null', routes: [{receiver: oncall, matchers: [severity=page]}]}\n"
    routing += "receivers: [{name: 'null'}, {name: oncall, webhook_configs: [{url: <secret>}]}]\n"
    given.servers["alertmanager"].routes["/api/v2/status"]["config"]["original"] = routing
    (summary,) = rows(verified(given, "prometheus", "alertmanager"), "warn").values()
    assert summary.startswith("nobody gets `Down`: no route takes it")


def test_failures_can_be_accepted(given: World) -> None:
    show(given, panel("Typo", "sum(rate(shop_oders_total[5m]))"))
    assert rows(verified(given, ignored=["panel.data"]), "fail") == {}


def test_unknown_check_is_refused(given: World) -> None:
    with pytest.raises(InputError, match="there is no check `contract`"):
        verified(given, only=["contract"])


def test_closed_metrics_of_the_server_itself_fail_nothing(given: World) -> None:
    given.servers["prometheus"].routes["/metrics"] = Asked(lambda _: Reply("closed", 403))
    assert rows(verified(given, "prometheus"), "fail") == {}


@pytest.mark.parametrize(("down", "status"), [("api", "fail"), ("found", "skip")])
def test_name_that_a_job_never_served_is_not_excused_by_its_failure(given: World, down: str, status: str) -> None:
    """Of the two jobs, only `api` was up before."""
    given.target(down).update(health="down", lastError="server returned HTTP status 500")
    given.rules.append(rule("alert", "Nobody", "warehouse_missing_total > 1"))
    assert "rule.data r.yml/g/Nobody" in rows(verified(given, "prometheus", only=["rule"]), status)


def test_alert_that_is_dropped_on_its_way_is_a_warning(given: World) -> None:
    text = config(given)
    steps = "alerting:\n  alert_relabel_configs:\n    - {action: drop, source_labels: [alertname], regex: Down}\n"
    assert "alerting:\n" in text
    given.servers["prometheus"].routes["/api/v1/status/config"] = success({"yaml": text.replace("alerting:\n", steps)})
    routing = "route: {receiver: oncall}\nreceivers: [{name: oncall, webhook_configs: [{url: <secret>}]}]\n"
    given.servers["alertmanager"].routes["/api/v2/status"]["config"]["original"] = routing
    findings = verified(given, "prometheus", "alertmanager")
    found = {(each.summary, each.remedy.partition(",")[0]) for each in findings if each.status == "warn"}
    remedy = "Correct the step in `alerting` of prometheus.yml"
    assert found == {("nobody gets `Down`: step 1 of `alert_relabel_configs` drops it", remedy)}
