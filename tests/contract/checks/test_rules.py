"""Rules: loaded as written, and evaluated."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from tests.contract.world import World, stamp, words


def test_checks_each_rule_of_one_name(well: World) -> None:
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
    assert words(finding) == ("fail", "Prometheus has not loaded this rule", "Run `stackctl reload`.")


def test_a_changed_expression_is_reported_with_what_is_loaded(well: World) -> None:
    well.rules[2]["query"] = "sum(up)"
    finding = well.only("rule.loaded", "job:up:sum")
    assert words(finding) == ("fail", "Prometheus has loaded it with another expression", "Run `stackctl reload`.")
    assert finding.evidence == "sum(up)"


def test_an_expression_that_prometheus_writes_another_way_passes(well: World) -> None:
    well.rules[2]["query"] = "sum by (job)  (up)"
    assert well.only("rule.loaded", "job:up:sum").status == "pass"


def test_a_rule_that_fails_to_evaluate_is_reported_with_the_reason(well: World) -> None:
    well.rules[2].update(health="err", lastError="many-to-many matching not allowed")
    assert words(well.only("rule.healthy", "job:up:sum")) == (
        "fail",
        "evaluation fails: many-to-many matching not allowed",
        "Correct the expression, and run `stackctl reload`.",
    )
    assert well.only("rule.loaded", "job:up:sum").status == "pass"


@pytest.mark.parametrize("health", ["ok", "unknown"])
def test_a_rule_that_was_not_evaluated_since_the_reload_fails(well: World, health: str) -> None:
    well.rules[2].update(health=health, lastEvaluation=stamp(940))
    assert words(well.only("rule.healthy", "job:up:sum")) == (
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


@pytest.mark.parametrize(("seconds", "status"), [(14.9, "pass"), (15.2, "warn")])
def test_group_that_takes_longer_than_its_interval_is_a_warning(well: World, seconds: float, status: str) -> None:
    well.group_seconds = seconds
    finding = well.only("rule.healthy", "job:up:sum")
    assert finding.status == status
    assert ("longer than its interval of 15 s" in finding.summary) is (status == "warn")


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
