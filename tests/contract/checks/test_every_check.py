"""Every finding of every check, by the words and the remedy that a user reads."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from unittest import mock

import pytest

from stackctl.checks.registry import IDS
from stackctl.clients.http import Answer
from stackctl.components import registry as components
from stackctl.diagnostic import Diagnostic
from stackctl.model import Retention
from stackctl.report.report import Report
from stackctl.runtimes.registry import facts
from stackctl.source import Position
from tests.contract.checks.world import World, no_answer, stamp, success
from tests.contract.checks.world import rule as world_rule
from tests.contract.checks.world import target as world_target
from tests.contract.serving import Reply, in_turn

LOGS = "See `stackctl logs grafana`."


def told(finding: Diagnostic) -> tuple[str, str, str]:
    return finding.status, finding.summary, finding.remedy


def test_a_stack_that_is_as_declared_passes_every_check(well: World) -> None:
    findings = well.findings()
    assert {finding.status for finding in findings} == {"pass"}
    assert {finding.code for finding in findings} == set(IDS)
    assert all(finding.position and finding.position.line and not finding.remedy for finding in findings)


def test_a_manifest_of_which_nothing_is_loaded_must_fail_every_check_and_pass_none(well: World) -> None:
    well.targets.clear()
    well.rules.clear()
    well.series.clear()
    well.servers["prometheus"].routes["/api/v1/status/config"] = success({"yaml": "{}\n"})
    well.servers["prometheus"].routes["/api/v1/status/runtimeinfo"]["data"]["storageRetention"] = "1h"
    well.servers["prometheus"].routes["/api/v1/alertmanagers"] = success({"activeAlertmanagers": []})
    well.servers["alertmanager"].routes["/api/v2/receivers"] = []
    del well.servers["alertmanager"].routes["/metrics"]
    well.servers["prometheus"].routes["/metrics"] = ""
    well.servers["grafana"].routes = {}
    well.reached.clear()
    well.stored = lambda: 0
    well.change(fetch=no_answer, declared="bbb", intact=False)
    passed = {finding.code for finding in well.findings() if finding.status == "pass"}
    assert passed == {"component.ready"}


def test_a_manifest_that_declares_nothing_beside_prometheus_must_still_be_looked_at(well: World) -> None:
    bare = replace(well.context.stack, services=(), exporters=(), rules=(), dashboards=(), grafana=None)
    well.change(stack=bare, jobs=well.context.jobs[:1])
    well.targets.clear()
    assert [f.status for f in well.findings("target")] == ["fail"]


@pytest.mark.parametrize("reply", ["<html>", Reply("no", 401), Reply("no", 404), Reply("no", 500), {"x": 1}])
def test_whatever_the_servers_answer_must_be_a_finding_and_never_a_crash(well: World, reply: Any) -> None:
    for server in well.servers.values():
        server.routes = dict.fromkeys(server.routes, reply)
    findings = well.findings()
    assert {finding.code for finding in findings} >= set(IDS) - {"rule.healthy", "contract.labels"}
    assert not Report("s", "native", "g", tuple(findings)).ok


# -- components and configuration ---------------------------------------------------------------------------


def test_another_retention_is_reported_with_both(well: World) -> None:
    well.servers["prometheus"].routes["/api/v1/status/runtimeinfo"]["data"]["storageRetention"] = "15d or 1GiB512MiB"
    finding = well.only("prometheus.retention")
    assert told(finding) == (
        "fail",
        "samples are kept for 15d or 1GiB512MiB, not for 15d",
        "Run `stackctl up`: the change needs a restart.",
    )
    server = replace(well.context.stack.prometheus, retention=Retention("360h", "1.5GB"))
    well.change(stack=replace(well.context.stack, prometheus=server))
    assert well.only("prometheus.retention").status == "pass"


def test_a_component_that_is_not_ready_is_reported_with_what_it_says(well: World) -> None:
    well.servers["pushgateway"].routes["/-/ready"] = Reply("starting", 503)
    finding = well.only("component.ready", "pushgateway")
    url = well.servers["pushgateway"].url
    assert told(finding) == ("fail", f"{url}/-/ready returns 503", "See `stackctl logs pushgateway`.")
    assert finding.evidence == "starting"


def test_a_component_that_is_gone_must_offer_up(well: World) -> None:
    well.stop("pushgateway")
    assert told(well.only("component.ready", "pushgateway")) == (
        "fail",
        "http://127.0.0.1:1/-/ready does not answer: connection refused",
        "Run `stackctl up`; `stackctl logs pushgateway` shows why it stopped.",
    )


def test_a_component_that_becomes_ready_while_one_waits_passes(well: World) -> None:
    well.servers["pushgateway"].routes["/-/ready"] = in_turn(Reply("", 503), Reply("", 503), "OK")
    assert well.only("component.ready", "pushgateway").status == "pass"


def test_what_was_left_out_must_be_skipped_with_its_reason_and_never_passed(well: World) -> None:
    reason = "left out by --without"
    well.change(skipped=dict.fromkeys(("alertmanager", "grafana", "pushgateway", "blackbox", "redis"), reason))
    skipped = {(f.code, f.subject) for f in well.findings() if f.status == "skip"}
    assert {id for id, _ in skipped} == {
        "component.ready",
        "target.up",
        "alertmanager.connected",
        "alertmanager.config",
        "alertmanager.receiver",
        "alertmanager.notifications",
        "grafana.health",
        "grafana.login",
        "grafana.datasource",
        "grafana.dashboard",
        "exporter.works",
        "probe.success",
        "job.stored",
    }
    assert ("target.up", "probe-home/http://example.test/") in skipped
    assert well.only("component.ready", "grafana").summary == f"is not running: {reason}"


def test_an_edit_that_does_not_run_yet_is_reported(well: World) -> None:
    well.change(declared="bbb")
    assert told(well.only("stack.generation")) == (
        "fail",
        "generation aaa is running, but the manifest now renders to bbb",
        "Run `stackctl reload`, or `stackctl up` if more than rules and targets changed.",
    )


def test_a_failed_reload_is_reported(well: World) -> None:
    info = {"startTime": stamp(1), "lastConfigTime": stamp(1), "reloadConfigSuccess": False}
    well.servers["prometheus"].routes["/api/v1/status/runtimeinfo"] = success(info)
    finding = well.only("prometheus.config")
    assert finding.summary == "the last reload of the configuration failed"
    assert finding.remedy == "Fix the error shown in `stackctl logs prometheus`, then run `stackctl reload`."


def test_another_loaded_configuration_is_reported_with_the_first_difference(well: World) -> None:
    other = "global: {scrape_interval: 1m}\nscrape_configs: []\n"
    well.servers["prometheus"].routes["/api/v1/status/config"] = success({"yaml": other})
    finding = well.only("prometheus.config")
    assert finding.summary == (
        "Prometheus has loaded a different configuration: global.scrape_interval: rendered '15s', loaded '1m'"
    )
    assert finding.remedy == "Run `stackctl reload`."
    assert "scrape_configs: 9 rendered, 0 loaded" in finding.evidence


# -- targets ------------------------------------------------------------------------------------------------


def test_a_target_that_is_down_is_reported_with_its_cause(well: World) -> None:
    error = "server returned HTTP status 404 Not Found"
    well.target("api").update(health="down", lastError=error)
    finding = well.only("target.up", "api/")
    assert told(finding) == (
        "fail",
        "down: there is nothing at the metrics path",
        "`metrics_path: /metrics` may be wrong: use the path that serves the metrics.",
    )
    assert finding.evidence == f"{error}\nfrom this machine: GET http://localhost:8000/metrics: connection refused"
    assert finding.position
    assert finding.position.text.strip() == 'targets: ["localhost:8000"]'
    assert well.only("target.up", "pushgateway").status == "pass"


def test_a_target_that_is_down_once_and_then_up_must_pass(well: World) -> None:
    routes, api = well.servers["prometheus"].routes, well.target("api")

    def recovering() -> Any:
        seen = well.report_targets()
        api.update(health="up", lastError="")
        return seen

    api.update(health="down", lastError="connection refused")
    routes["/api/v1/targets"] = recovering
    assert well.only("target.up", "api/").status == "pass"


def test_a_target_that_was_up_but_is_no_longer_scraped_fails(well: World) -> None:
    well.target("api")["lastScrape"] = stamp(999)
    status, summary, remedy = told(well.only("target.up", "api/"))
    assert status == "fail"
    assert "scrape" in summary
    assert "--timeout" in remedy


@pytest.mark.parametrize("last", ["0001-01-01T00:00:00Z", stamp(1)])
def test_unknown_health_must_not_be_up(well: World, last: str) -> None:
    well.target("api").update(health="unknown", lastScrape=last)
    assert well.only("target.up", "api/").status == "fail"


def test_a_target_that_was_never_loaded_is_reported(well: World) -> None:
    well.targets.remove(well.target("api"))
    assert told(well.only("target.up", "api/")) == (
        "fail",
        "Prometheus has no such target",
        "The running configuration is older than the manifest: run `stackctl reload`.",
    )


def test_a_target_that_relabelling_dropped_is_reported_with_the_step(well: World) -> None:
    gone = well.target("api")
    well.targets.remove(gone)
    well.dropped.append({"scrapePool": "api", "discoveredLabels": {**gone["discoveredLabels"], "env": "Prod"}})
    steps = [
        {"action": "lowercase", "source_labels": ["env"], "target_label": "env"},
        {"action": "drop", "source_labels": ["env"], "regex": "prod|test"},
    ]
    places = (Position("stack.yml", 30, 9), Position("stack.yml", 31, 9))
    well.redeclare("api", scrape={"relabel_configs": steps}, relabel_origins=places)
    finding = well.only("target.up", "api/")
    assert told(finding) == (
        "fail",
        "dropped by step 2 of `relabel` (drop)",
        "Correct that step, in line 31 of the manifest, or remove the target.",
    )
    assert finding.evidence == "stack.yml:31:9: drop: [env] is 'prod', which matches 'prod|test'"


def test_discovery_that_finds_nothing_must_fail(well: World) -> None:
    well.targets.remove(well.target("found"))
    assert told(well.only("target.up", "found")) == (
        "fail",
        "discovery found no targets",
        "Check the discovery block: its source must list at least one target.",
    )


def test_a_discovered_target_that_is_down_is_named(well: World) -> None:
    well.targets.append({**well.target("found"), "labels": {"job": "found", "instance": "b:1"}, "health": "down"})
    finding = well.only("target.up", "found")
    assert told(finding) == (
        "fail",
        "1 of 2 discovered targets are not up",
        "Fix the targets named in the evidence.",
    )
    assert finding.evidence == "b:1: down"


def test_a_target_that_is_still_asked_for_another_path_is_reported(well: World) -> None:
    well.redeclare("api", metrics_path="/v1/metrics")
    finding = well.only("target.up", "api/")
    assert (finding.status, finding.stage) == ("fail", "loaded")
    assert finding.summary == "Prometheus scrapes http://localhost:8000/metrics, not /v1/metrics"


# -- what is in force ---------------------------------------------------------------------------------------


def test_files_that_were_changed_by_hand_must_be_told(well: World) -> None:
    well.change(intact=False)
    finding = well.only("stack.files")
    assert finding.status == "fail"
    assert "have been changed by hand: a restart would load them" in finding.summary


def test_an_alertmanager_that_could_not_reload_is_reported_though_its_old_configuration_is_right(well: World) -> None:
    routes = well.servers["alertmanager"].routes
    routes["/metrics"] += "alertmanager_config_last_reload_successful 0\n"
    finding = well.only("alertmanager.config")
    assert (finding.status, finding.stage) == ("fail", "loaded")
    assert finding.summary.startswith("its last reload failed")


# -- storage ------------------------------------------------------------------------------------------------


def test_a_prometheus_that_scrapes_and_stores_nothing_must_be_told(well: World) -> None:
    assert well.only("prometheus.storage").status == "pass"
    well.stored = lambda: 7
    finding = well.only("prometheus.storage")
    assert told(finding) == (
        "fail",
        "scraped samples do not reach storage",
        "See `stackctl logs prometheus`: its disk may be full, read-only or broken.",
    )
    assert well.only("target.up", "prometheus").status == "pass"


# -- health -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "summary", "remedy"),
    [
        (Answer(404, "", "nope"), "the path does not exist", "Correct the health path."),
        (
            Answer(401, "", "who?"),
            "it requires a login",
            "Allow access to the health path without a login, as probes need it.",
        ),
        (
            Answer(302, "", ""),
            "it redirects",
            "Use a path that answers directly, without a redirect, or correct `scheme`.",
        ),
        (Answer(503, "", "\ndatabase is down\nmore"), "database is down", "See the service's own log."),
    ],
)
def test_a_health_path_that_does_not_answer_2xx_is_reported(
    well: World, answer: Answer, summary: str, remedy: str
) -> None:
    well.change(fetch=lambda url: answer if url.endswith("/ready") else Answer(200, "", ""))
    finding = well.only("service.health", "api/localhost:8000 ready")
    assert told(finding) == ("fail", f"http://localhost:8000/ready returns {answer.status}: {summary}", remedy)
    assert well.only("service.health", "api/localhost:8000 live").status == "pass"


def test_a_health_path_where_nothing_answers_is_reported(well: World) -> None:
    well.change(fetch=no_answer)
    assert told(well.only("service.health", "live")) == (
        "fail",
        "http://localhost:8000/live does not answer: connection refused",
        "Start the service, or correct `health.live` of `api`.",
    )


# -- rules --------------------------------------------------------------------------------------------------


def test_rules_of_one_name_must_each_be_checked(well: World) -> None:
    assert [f.subject for f in well.findings("rule.loaded")] == [
        "r.yml/g/Down",
        "r.yml/g/Down #2",
        "r.yml/g/job:up:sum",
    ]
    well.rules[1]["query"] = "up < 2"
    statuses = {f.subject: f.status for f in well.findings("rule.loaded")}
    assert statuses == {"r.yml/g/Down": "pass", "r.yml/g/Down #2": "fail", "r.yml/g/job:up:sum": "pass"}


def test_a_missing_rule_is_reported_once(well: World) -> None:
    del well.rules[2]
    (finding,) = [f for f in well.findings("rule.loaded", "rule.healthy") if "job:up:sum" in f.subject]
    assert told(finding) == ("fail", "Prometheus has not loaded this rule", "Run `stackctl reload`.")


def test_a_changed_expression_is_reported_with_what_is_loaded(well: World) -> None:
    well.rules[2]["query"] = "sum(up)"
    finding = well.only("rule.loaded", "job:up:sum")
    assert told(finding) == ("fail", "Prometheus has loaded it with another expression", "Run `stackctl reload`.")
    assert finding.evidence == "sum(up)"


def test_an_expression_that_prometheus_writes_another_way_passes(well: World) -> None:
    well.rules[2]["query"] = "sum by (job)  (up)"
    assert well.only("rule.loaded", "job:up:sum").status == "pass"


def test_a_rule_that_fails_to_evaluate_is_reported_with_the_reason(well: World) -> None:
    well.rules[2].update(health="err", lastError="many-to-many matching not allowed")
    assert told(well.only("rule.healthy", "job:up:sum")) == (
        "fail",
        "evaluation fails: many-to-many matching not allowed",
        "Correct the expression, and run `stackctl reload`.",
    )
    assert well.only("rule.loaded", "job:up:sum").status == "pass"


@pytest.mark.parametrize("health", ["ok", "unknown"])
def test_a_rule_that_was_not_evaluated_since_the_reload_fails(well: World, health: str) -> None:
    well.rules[2].update(health=health, lastEvaluation=stamp(940))
    assert told(well.only("rule.healthy", "job:up:sum")) == (
        "fail",
        f"not evaluated since the start or the last reload (health: {health})",
        "Wait longer with --timeout: a group is evaluated once per interval.",
    )


PROMETHEUS = "prometheus/prometheus.yml"


def start_now(well: World, interval: float, seconds: float) -> None:
    """Let Prometheus have started just now, with a rule that it has not evaluated yet."""
    info = well.servers["prometheus"].routes["/api/v1/status/runtimeinfo"]["data"]
    info.update(startTime=stamp(time.time() - 5), lastConfigTime=stamp(time.time() - 5))
    for rule in well.rules:
        rule["lastEvaluation"] = stamp(time.time())
    well.rules[2].update(health="unknown", lastEvaluation="0001-01-01T00:00:00Z")
    well.interval = interval
    file = well.context.tree.files[PROMETHEUS]
    content = file.content.replace(b"evaluation_interval: 15s", f"evaluation_interval: {interval:g}s".encode())
    files = {**well.context.tree.files, PROMETHEUS: replace(file, content=content)}
    well.change(seconds=seconds, tree=replace(well.context.tree, files=files))


def test_slow_group_on_a_fresh_stack_is_skipped_with_the_time_at_which_it_is_known(well: World) -> None:
    start_now(well, interval=300, seconds=20)
    finding = well.only("rule.healthy", "job:up:sum")
    due = time.strftime("%H:%M", time.localtime(time.time() + 295))
    assert (finding.status, due in finding.remedy) == ("skip", True), finding
    assert "every 300 s" in finding.summary


def test_slow_group_is_waited_for_where_the_timeout_allows(well: World) -> None:
    start_now(well, interval=300, seconds=400)
    assert well.only("rule.healthy", "job:up:sum").status == "fail"


def test_slow_group_that_a_reload_has_kept_passes_by_its_last_evaluation(well: World) -> None:
    start_now(well, interval=300, seconds=20)
    info = well.servers["prometheus"].routes["/api/v1/status/runtimeinfo"]["data"]
    info["startTime"] = stamp(time.time() - 100)
    well.rules[2].update(health="ok", lastEvaluation=stamp(time.time() - 50))
    assert well.only("rule.healthy", "job:up:sum").status == "pass"


def test_other_rule_fields_are_compared(well: World) -> None:
    well.rules[0]["duration"] = 32400
    found = {f.subject: f.summary for f in well.findings("rule.loaded") if f.status == "fail"}
    assert found == {"r.yml/g/Down": "Prometheus has loaded it with `for` 32400 and not 0"}


# -- alertmanager -------------------------------------------------------------------------------------------


def test_a_prometheus_that_sends_no_alerts_is_reported(well: World) -> None:
    other = {"activeAlertmanagers": [{"url": "http://other:9093/api/v2/alerts"}]}
    well.servers["prometheus"].routes["/api/v1/alertmanagers"] = success(other)
    finding = well.only("alertmanager.connected")
    address = well.servers["alertmanager"].url.removeprefix("http://")
    assert told(finding) == ("fail", f"Prometheus does not send alerts to {address}", "Run `stackctl reload`.")
    assert finding.evidence == "http://other:9093/api/v2/alerts"


def test_a_receiver_that_is_not_loaded_is_reported(well: World) -> None:
    well.servers["alertmanager"].routes["/api/v2/receivers"] = [{"name": "null"}]
    assert told(well.only("alertmanager.receiver")) == (
        "fail",
        "Alertmanager has no such receiver",
        "Run `stackctl reload`.",
    )


def test_another_routing_tree_is_reported_with_the_first_difference(well: World) -> None:
    routes = well.servers["alertmanager"].routes
    routes["/metrics"] = "alertmanager_config_hash 1\n"
    original = routes["/api/v2/status"]["config"]["original"]
    routes["/api/v2/status"] = {"config": {"original": original.replace("receiver: oncall", "receiver: night")}}
    finding = well.only("alertmanager.config")
    assert told(finding)[0::2] == ("fail", "Run `stackctl reload`.")
    assert finding.summary.startswith(
        "Alertmanager has loaded a different configuration: route.receiver: rendered 'oncall'"
    )


# -- grafana ------------------------------------------------------------------------------------------------


def test_a_failing_database_is_reported(well: World) -> None:
    body = '{\n  "database": "failing",\n  "version": "12.1.1"\n}'
    well.servers["grafana"].routes["/api/health"] = Reply(body, 503)
    finding = well.only("component.ready", "grafana")
    assert '"database": "failing"' in finding.evidence


@pytest.mark.parametrize(("version", "status"), [("9.4.7", "warn"), ("10.0.0", "pass"), ("13.2.3", "pass")])
def test_warns_of_a_grafana_below_10(well: World, version: str, status: str) -> None:
    well.servers["grafana"].routes["/api/health"] = {"database": "ok", "version": version}
    finding = well.only("grafana.health")
    assert finding.status == status
    assert status == "pass" or finding.summary.startswith("version 9.4.7 is older than 10")


def test_reports_a_wrong_password_with_the_command_that_sets_it(well: World) -> None:
    well.servers["grafana"].login = ("admin", "the first one")
    finding = well.only("grafana.login")
    assert finding.summary == "the administrator's password differs from the manifest"
    command = "grafana cli --homepath {home} admin reset-admin-password --password-from-stdin"
    assert finding.remedy.endswith(f"{command} < secrets/grafana/admin_password")
    assert well.only("grafana.health").status == "pass"


def test_the_password_that_was_made_must_be_used_when_the_manifest_gives_none(well: World) -> None:
    grafana = well.context.stack.grafana
    assert grafana
    well.change(stack=replace(well.context.stack, grafana=replace(grafana, admin_password=None)))
    assert well.only("grafana.login").status == "pass"


def test_a_datasource_that_was_not_provisioned_is_reported(well: World) -> None:
    del well.servers["grafana"].routes["/api/datasources/uid/prometheus"]
    finding = well.only("grafana.datasource")
    assert (finding.status, finding.remedy) == ("fail", LOGS)
    assert "returns 404: Not found" in finding.summary


@pytest.mark.parametrize("status", [200, 400])
def test_a_datasource_that_does_not_reach_prometheus_is_reported(well: World, status: int) -> None:
    body = {"status": "ERROR", "message": "Post http://p:9090: connect: connection refused"}
    well.servers["grafana"].routes["/api/datasources/uid/prometheus/health"] = Reply(body, status)
    finding = well.only("grafana.datasource")
    assert finding.summary.startswith("Grafana cannot reach Prometheus: ")
    assert finding.summary.endswith("Post http://p:9090: connect: connection refused")


def test_a_dashboard_that_was_not_loaded_is_reported(well: World) -> None:
    well.servers["grafana"].routes["/api/dashboards/uid/shop"] = Reply({"message": "Dashboard not found"}, 404)
    finding = well.only("grafana.dashboard")
    assert finding.summary.startswith("Grafana has not loaded it (uid shop): ")
    assert finding.summary.endswith("returns 404: Dashboard not found")


def test_another_dashboard_under_the_uid_is_reported(well: World) -> None:
    well.servers["grafana"].routes["/api/dashboards/uid/shop"] = {"dashboard": {"title": "Other"}, "meta": {}}
    assert told(well.only("grafana.dashboard")) == (
        "fail",
        "Grafana has another dashboard under the uid shop: 'Other'",
        "Give each dashboard its own uid.",
    )


# -- jobs and drift -----------------------------------------------------------------------------------------


def test_a_job_that_is_not_loaded_is_reported(well: World) -> None:
    well.targets.remove(well.target("api"))
    finding = well.only("job.loaded", "api")
    assert told(finding) == ("fail", "Prometheus has no such job", "Run `stackctl reload`.")
    assert finding.stage == "rendered"
    assert well.only("job.loaded", "redis").status == "pass"


DECLARE = "Declare it in the manifest, or run `stackctl reload` to remove it."


def drift(well: World, id: str) -> tuple[str, str, str]:
    """The one thing that is foreign."""
    finding = well.only(id)
    assert (finding.status, finding.stage) == ("warn", "loaded")
    assert finding.summary == "it is loaded, but the manifest does not declare it"
    assert finding.position
    return finding.code, finding.subject, finding.remedy


def test_a_foreign_job_is_named(well: World) -> None:
    well.targets.append(world_target("stray", "localhost:1"))
    assert drift(well, "drift.job") == ("drift.job", "stray", DECLARE)
    assert well.only("drift.target").status == "pass"


def test_a_foreign_target_must_be_named_but_not_one_that_was_discovered(well: World) -> None:
    well.targets += [world_target("api", "localhost:8001"), world_target("found", "10.0.0.2:1")]
    assert drift(well, "drift.target") == ("drift.target", "api/localhost:8001", DECLARE)


def test_a_foreign_rule_is_named(well: World) -> None:
    well.rules.append(world_rule("alert", "ByHand", "up == 0"))
    assert drift(well, "drift.rule") == ("drift.rule", "r.yml/g/ByHand", DECLARE)


def test_a_foreign_receiver_is_named(well: World) -> None:
    well.servers["alertmanager"].routes["/api/v2/receivers"] = [{"name": "oncall"}, {"name": "eve"}]
    assert drift(well, "drift.receiver") == ("drift.receiver", "eve", DECLARE)


def test_a_foreign_dashboard_is_named_when_it_is_in_a_folder_of_the_manifest(well: World) -> None:
    mine = {"uid": "shop", "title": "Shop"}
    other = {"uid": "o", "title": "Other", "folderTitle": "Theirs"}
    well.servers["grafana"].routes["/api/search"] = [mine, other, {"uid": "h", "title": "By hand"}]
    remedy = "Declare it in the manifest, or delete it in Grafana."
    assert drift(well, "drift.dashboard") == ("drift.dashboard", "By hand", remedy)


def test_much_that_is_foreign_must_be_named_up_to_a_number(well: World) -> None:
    well.rules += [world_rule("alert", f"ByHand{n}", "up == 0") for n in range(25)]
    findings = well.findings("drift.rule")
    assert len(findings) == 21
    assert findings[-1].summary == "5 more are not declared"


def with_group(answer: dict[str, Any], name: str, rule: dict[str, Any]) -> dict[str, Any]:
    """An answer about rules with one more group, in a file of its name."""
    file = f"/any/where/prometheus/rules/{name}.yml"
    answer["data"]["groups"].append({"name": name, "file": file, "rules": [{"lastEvaluation": stamp(2000), **rule}]})
    return answer


def test_what_a_drill_has_left_behind_must_be_a_failure_and_told_as_such(well: World) -> None:
    well.servers["prometheus"].routes["/api/v1/rules"] = lambda: with_group(
        well.report_rules(), "stackctl-drill", world_rule("alert", "Down", "vector(1)")
    )
    receivers = [{"name": name} for name in ("oncall", "drill-b03ae2-0-oncall", "drill-sergeant")]
    well.servers["alertmanager"].routes["/api/v2/receivers"] = receivers
    rule, receiver = well.only("drift.rule"), well.only("drift.receiver")
    for finding in (rule, receiver):
        assert finding.status == "fail"
        assert finding.summary == "a drill is running or was interrupted, and its configuration is still loaded"
        assert "run `stackctl reload`" in finding.remedy
    assert "stackctl-drill.yml/stackctl-drill/Down" in rule.evidence
    assert "drill-b03ae2-0-oncall" in receiver.evidence
    assert "drill-sergeant" not in receiver.evidence


def test_drift_alone_must_not_turn_a_verification_red(well: World) -> None:
    well.rules.append(world_rule("alert", "ByHand", "up == 0"))
    assert Report("s", "native", "g", tuple(well.findings())).ok


# -- the ledger ---------------------------------------------------------------------------------------------


def test_only_must_take_a_check_or_a_family(well: World) -> None:
    assert {f.code for f in well.findings("rule")} == {"rule.loaded", "rule.healthy", "rule.data"}
    assert {f.code for f in well.findings("rule.healthy", "target")} == {"rule.healthy", "target.up"}


def test_families_must_share_one_look_at_the_targets_and_each_run_must_look_again(well: World) -> None:
    asked = well.servers["prometheus"].asked
    well.findings("target.up")
    alone = asked.count("/api/v1/targets")
    well.findings("target.up", "contract", "exporter", "rule.data", "panel")
    assert asked.count("/api/v1/targets") == 2 * alone


def test_every_remedy_is_a_sentence_about_what_to_do(well: World) -> None:
    well.targets.clear()
    well.rules.clear()
    well.series.clear()
    well.change(fetch=no_answer, declared="bbb")
    for server in well.servers.values():
        ready = ("/api/v1/", "/-/", "/health", "/api/health")
        server.routes = {path: made for path, made in server.routes.items() if path.startswith(ready)}
    failed = [finding for finding in well.findings() if finding.status == "fail"]
    assert len(failed) > 15
    for finding in failed:
        assert finding.remedy[0] in f"`{finding.remedy[0].upper()}", finding
        assert finding.remedy.endswith("."), finding


# -- exporters ------------------------------------------------------------------------------------------------


@contextmanager
def taken(host: str, port: int, seconds: float) -> Iterator[socket.socket]:
    """Somebody takes every connection."""
    one, other = socket.socketpair()
    with one, other:
        yield one


def test_an_exporter_that_does_not_reach_its_server_fails(well: World) -> None:
    well.reached.remove("redis_up")
    well.change(dial=taken)
    finding = well.only("exporter.works", "redis")
    remedy = "See `stackctl logs redis`; correct its server's settings in the manifest."
    assert told(finding) == ("fail", "the exporter responds, but does not reach its server", remedy)
    assert finding.evidence == 'not met: redis_up{job="redis"} == 1'


def test_a_server_that_refuses_its_exporter_is_named_where_it_can_be_asked(well: World) -> None:
    well.reached.remove("redis_up")
    finding = well.only("exporter.works", "redis")
    summary = "the exporter responds, but its server does not: localhost:6379: connection refused"
    assert told(finding) == ("fail", summary, "Start its server there, or correct its address under `exporters.redis`.")
    # From a container another address may be meant, and what is refused here says nothing.
    well.change(runtime=facts("docker"))
    assert well.only("exporter.works", "redis").summary == "the exporter responds, but does not reach its server"


KNOWN = {each.name: each for each in components.every()}


@pytest.mark.parametrize(
    ("name", "settings", "address"),
    [
        ("redis", {"address": "localhost:6390"}, "localhost:6390"),
        ("postgres", {"dsn": "postgresql://monitor:hunter2@db.test/x?sslmode=disable"}, "db.test:5432"),
        ("postgres", {"dsn": "postgresql://monitor:hunter2@[::1]:5433/x"}, "[::1]:5433"),
        ("nginx", {"url": "http://localhost/stub_status"}, "localhost:80"),
    ],
)
def test_of_the_address_of_a_server_only_host_and_port_must_be_told(
    well: World, name: str, settings: dict[str, str], address: str
) -> None:
    well.reached.remove("redis_up")
    stack = well.context.stack
    told = KNOWN[name].settings(**settings)
    redis = next(each for each in stack.exporters if each.name == "redis")
    known = {**KNOWN, "redis": replace(KNOWN["redis"], asks=KNOWN[name].asks)}
    with mock.patch.object(components, "component", known.__getitem__):
        well.change(stack=replace(stack, exporters=(replace(redis, settings=told),)))
        finding = well.only("exporter.works", "redis")
    assert finding.summary.endswith(f": {address}: connection refused")
    assert "hunter2" not in str(finding)


def test_a_probe_without_success_names_what_was_asked(well: World) -> None:
    well.reached.remove("probe_success")
    finding = well.only("probe.success", "home")
    remedy = (
        "Correct the URL or the module of the probe, or fix the probed service; `curl -v` shows the whole response."
    )
    assert told(finding) == ("fail", "http://example.test/ does not answer as `http_2xx` expects", remedy)
