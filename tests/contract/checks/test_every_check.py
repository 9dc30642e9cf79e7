"""Every finding of every check, by the words and the remedy that a user reads."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from stackctl.checks.registry import OWN_IDS
from stackctl.model import Push, Service
from stackctl.report.report import Report
from tests.contract.serving import Reply
from tests.contract.world import World, no_answer, success


def test_a_stack_that_is_as_declared_passes_every_check(well: World) -> None:
    findings = well.findings()
    assert {finding.status for finding in findings} == {"pass"}
    # It takes nothing and reads nothing from elsewhere, pushes nothing, has no budget, and shows no labels.
    unused = {"remote_write.received", "remote_read.answers", "job.pushed", "prometheus.series", "rule.labels"}
    assert {finding.code for finding in findings} == set(OWN_IDS) - unused
    assert all(finding.position and finding.position.line and not finding.remedy for finding in findings)


def test_every_check_fails_if_nothing_is_loaded(well: World) -> None:
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
    assert passed == {"component.ready", "container.running"}


def test_checks_a_manifest_that_declares_only_prometheus(well: World) -> None:
    bare = replace(well.context.stack, services=(), exporters=(), rules=(), dashboards=(), grafana=None)
    well.change(stack=bare, jobs=well.context.jobs[:1])
    well.targets.clear()
    assert [f.status for f in well.findings("target")] == ["fail"]


@pytest.mark.parametrize("reply", ["<html>", Reply("no", 401), Reply("no", 404), Reply("no", 500), {"x": 1}])
def test_any_answer_of_a_server_gives_findings(well: World, reply: Any) -> None:
    well.configure(remote_read=[{"url": "http://store.test/read"}])
    stack = well.context.stack
    limited = replace(stack.prometheus, series_budget=1, remote_write_receiver=True)
    batch = Service("batch", stack.prometheus.origin, push=Push("batch"))
    well.change(stack=replace(stack, prometheus=limited, services=(*stack.services, batch)))
    for server in well.servers.values():
        server.routes = dict.fromkeys(server.routes, reply)
    findings = well.findings()
    only_with_answers = {"rule.healthy", "rule.labels", "contract.labels", "contract.unlisted"}
    assert {finding.code for finding in findings} >= set(OWN_IDS) - only_with_answers
    assert not Report("s", "native", "g", tuple(findings)).ok


def test_skips_what_was_left_out_with_the_reason(well: World) -> None:
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
        "grafana.rule",
        "grafana.contact-point",
        "grafana.policy",
        "exporter.works",
        "probe.success",
        "job.stored",
    }
    assert ("target.up", "probe-home/http://example.test/") in skipped
    assert well.only("component.ready", "grafana").summary == f"is not running: {reason}"


# -- the ledger ---------------------------------------------------------------------------------------------


def test_only_takes_a_check_or_a_family(well: World) -> None:
    assert {f.code for f in well.findings("rule")} == {"rule.loaded", "rule.healthy", "rule.data"}
    assert {f.code for f in well.findings("rule.healthy", "target")} == {"rule.healthy", "target.up"}


def test_families_share_one_observation_of_the_targets_per_run(well: World) -> None:
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
