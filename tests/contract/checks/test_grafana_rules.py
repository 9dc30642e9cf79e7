"""Grafana's own alerting: the rules that it has loaded, and what came of their evaluation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from stackctl.checks import grafana_rules
from stackctl.clients.http import Away
from tests.contract.serving import Reply
from tests.contract.world import World, success, words

LOGS = "See `stackctl logs grafana`."
RULES, STATES = "/api/v1/provisioning/alert-rules", "/api/prometheus/grafana/api/v1/rules"
NEVER = "0001-01-01T00:00:00Z"


def loaded(well: World) -> dict[str, Any]:
    """The rule as Grafana has loaded it, to be changed."""
    [rule] = well.servers["grafana"].routes[RULES]
    assert isinstance(rule, dict)
    return rule


def group(well: World) -> dict[str, Any]:
    [found] = well.servers["grafana"].routes[STATES]["data"]["groups"]
    assert isinstance(found, dict)
    return found


def evaluated(well: World) -> dict[str, Any]:
    [rule] = group(well)["rules"]
    assert isinstance(rule, dict)
    return rule


def evaluations(well: World, *states: dict[str, Any]) -> None:
    """Answer with the `states` of the rule one after the other, the last one again and again."""
    rule, groups, left = evaluated(well), group(well), iter(states)
    last = [states[0]]

    def report() -> dict[str, Any]:
        last[:] = [next(left, last[0])]
        return success({"groups": [{**groups, "rules": [{**rule, **last[0]}]}]})

    well.servers["grafana"].routes[STATES] = report


def times() -> Iterator[str]:
    return (f"2026-01-01T00:00:{second:02}Z" for second in count())


def test_rule_that_works_passes(well: World) -> None:
    assert words(well.only("grafana.rule", "Shop/Low")) == ("pass", "evaluates without errors", "")


def test_a_rule_that_is_not_loaded_is_reported(well: World) -> None:
    well.servers["grafana"].routes[RULES] = []
    assert words(well.only("grafana.rule")) == ("fail", "Grafana has not loaded it (uid low)", LOGS)


@pytest.mark.parametrize(("provenance", "found"), [("file", ["warn"]), ("", []), ("api", [])])
def test_a_rule_that_no_file_has_any_more_is_a_warning(well: World, provenance: str, found: list[str]) -> None:
    old = {**loaded(well), "uid": "old", "title": "Old"}
    routes = well.servers["grafana"].routes
    routes[RULES] = [loaded(well), old]
    routes[f"{RULES}/old"] = {**old, "provenance": provenance}
    assert [each.status for each in well.findings("grafana.rule") if each.subject == "shop/Old"] == found


def test_stack_without_grafana_has_no_rows(well: World) -> None:
    well.change(stack=replace(well.context.stack, grafana=None))
    assert [*grafana_rules.check(well.context)] == []


def test_rules_that_cannot_be_listed_are_reported_once(well: World) -> None:
    well.servers["grafana"].routes[RULES] = Reply("no", 500)
    assert [each.subject for each in well.findings("grafana.rule")] == ["Shop/Low"]


@pytest.mark.parametrize(
    ("key", "value", "part"),
    [
        ("title", "High", "title"),
        ("ruleGroup", "other", "group"),
        ("condition", "A", "condition"),
        ("for", "5m", "`for`"),
        ("data", [{"refId": "A", "model": {"expr": "up"}}], "expression of A"),
    ],
)
def test_a_rule_that_is_loaded_otherwise_is_reported(well: World, key: str, value: object, part: str) -> None:
    loaded(well)[key] = value
    finding = well.only("grafana.rule")
    assert (finding.status, finding.summary) == ("fail", f"Grafana has loaded it with another {part}")


def test_a_rule_whose_evaluation_fails_is_reported_though_it_is_inactive(well: World) -> None:
    said = "failed to execute query A: many-to-many matching not allowed"
    evaluated(well).update(state="inactive", health="error", lastError=said)
    finding = well.only("grafana.rule")
    assert (finding.status, finding.summary) == ("fail", f"evaluation fails: {said}")


def test_a_failure_before_everything_had_started_passes_once_evaluated_again(well: World) -> None:
    time = times()
    failed = {"health": "error", "lastError": "connection refused", "lastEvaluation": next(time)}
    evaluations(well, failed, failed, {"health": "ok", "lastEvaluation": next(time)})
    assert well.only("grafana.rule").status == "pass"


def test_waits_for_the_first_evaluation_as_its_health_says_nothing_before(well: World) -> None:
    never = {"health": "ok", "lastEvaluation": NEVER}
    evaluations(well, never, never, {"health": "error", "lastError": "no", "lastEvaluation": next(times())})
    assert well.only("grafana.rule").summary == "evaluation fails: no"


def test_a_rule_that_is_never_evaluated_is_reported(well: World) -> None:
    evaluated(well)["lastEvaluation"] = NEVER
    assert words(well.only("grafana.rule")) == ("fail", "not evaluated since the start of Grafana", LOGS)


def test_a_rule_of_a_slow_group_is_skipped_until_it_is_evaluated(well: World) -> None:
    evaluated(well)["lastEvaluation"] = NEVER
    group(well)["interval"] = 300
    finding = well.only("grafana.rule")
    assert (finding.status, finding.summary) == ("skip", "not evaluated yet: its group is evaluated every 300 s")
    # Nobody waits for it.
    assert well.servers["grafana"].asked.count(STATES) == 1


def test_a_paused_rule_is_skipped(well: World) -> None:
    loaded(well)["isPaused"] = True
    evaluated(well)["lastEvaluation"] = NEVER
    assert words(well.only("grafana.rule")) == ("skip", "it is paused: Grafana does not evaluate it", "")


@pytest.mark.parametrize(("state", "status"), [("NoData", "warn"), ("Alerting", "warn"), ("OK", "pass")])
def test_a_rule_without_data_is_a_warning_unless_that_is_normal(well: World, state: str, status: str) -> None:
    change_fields(well, noDataState=state)
    loaded(well)["noDataState"] = state
    evaluated(well)["health"] = "nodata"
    assert well.only("grafana.rule").status == status


def change_fields(well: World, **fields: str) -> None:
    """Change what the manifest says of the rule."""
    grafana = well.context.stack.grafana
    assert grafana
    [file] = grafana.alerting
    [rule] = file.rules
    changed = replace(file, rules=(replace(rule, fields={**rule.fields, **fields}),))
    well.change(stack=replace(well.context.stack, grafana=replace(grafana, alerting=(changed,))))


def test_rules_are_distinguished_by_uids_where_grafana_reports_them(well: World) -> None:
    other = {**evaluated(well), "uid": "other", "health": "error"}
    group(well)["rules"] = [other, {**evaluated(well), "uid": "low"}]
    assert well.only("grafana.rule").status == "pass"


def test_a_rule_of_another_folder_is_not_taken_for_it(well: World) -> None:
    group(well)["file"] = "Other"
    assert words(well.only("grafana.rule")) == ("fail", "Grafana does not evaluate it", LOGS)


def test_a_rule_depends_on_a_prometheus_that_does_not_work(well: World) -> None:
    evaluated(well).update(health="error", lastError="connection refused")
    well.change(away={"prometheus": Away("prometheus does not work: it is down", "component.ready prometheus")})
    [finding] = [each for each in well.findings("grafana.rule") if each.code == "grafana.rule"]
    assert (finding.status, finding.depends_on) == ("skip", "component.ready prometheus")


def test_alerting_that_is_off_is_reported(well: World) -> None:
    for path in (RULES, STATES):
        well.servers["grafana"].routes[path] = Reply({"message": "Not found"}, 404)
    assert {each.status for each in well.findings("grafana.rule")} == {"fail"}


def test_login_that_may_not_read_the_rules_is_a_skip(well: World) -> None:
    well.servers["grafana"].routes[RULES] = Reply({"message": "Access denied"}, 403)
    remedy = "Give it the role Admin."
    assert words(well.only("grafana.rule")) == ("skip", "the login may not read Grafana's alerting", remedy)


def test_stack_without_such_rules_has_no_rows(well: World) -> None:
    grafana = well.context.stack.grafana
    assert grafana
    well.change(stack=replace(well.context.stack, grafana=replace(grafana, alerting=())))
    assert well.findings("grafana.rule") == []
