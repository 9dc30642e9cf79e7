"""Tests of a pack in promtool's form."""

from __future__ import annotations

import json

from stackctl.manifest.packs.library import shipped
from stackctl.manifest.packs.schema import RULES, CaseModel
from stackctl.rule_tests import packs

CASE = CaseModel.model_validate(
    {
        "alert": "QueueLong",
        "what": "A long queue fires.",
        "interval": "30s",
        "input": {'queue_length{job="a"}': "2000x20"},
        "fires": {"5m": "0", "20m": "1", "30m": "many"},
    }
)


def test_rules_are_those_of_the_pack() -> None:
    (group,) = json.loads(packs.rules_of(shipped(RULES, "queue"), CASE))["groups"]
    assert group["name"] == "queue"
    assert "QueueLong" in [rule["alert"] for rule in group["rules"]]


def test_parameters_of_the_case_are_filled_in() -> None:
    case = CASE.model_copy(update={"with_": {"max_waiting": "7"}})
    assert b"> 7" in packs.rules_of(shipped(RULES, "queue"), case)


def test_counts_the_alerts_that_fire_at_each_time() -> None:
    written = json.loads(packs.test_of(CASE, "rules.json"))
    (test,) = written["tests"]
    assert (written["rule_files"], test["interval"]) == (["rules.json"], "30s")
    assert test["input_series"] == [{"series": 'queue_length{job="a"}', "values": "2000x20"}]
    assert [(each["eval_time"], each["exp_samples"][0]["value"]) for each in test["promql_expr_test"]] == [
        ("5m", 0.0),
        ("20m", 1.0),
        ("30m", "many"),
    ]
    assert {each["expr"] for each in test["promql_expr_test"]} == {
        'count(ALERTS{alertname="QueueLong", alertstate="firing"}) or vector(0)'
    }
