"""Tests that a pack brings along, in promtool's form."""

from __future__ import annotations

import json

from stackctl.manifest.packs.expand import rule_group
from stackctl.manifest.packs.library import Pack
from stackctl.manifest.packs.schema import CaseModel
from stackctl.manifest.packs.trial import trial_context
from stackctl.manifest.packs.uses import Use
from stackctl.manifest.problems import Problems


def rules_of(pack: Pack, case: CaseModel) -> bytes:
    """Return the rules of a pack with the parameters of one of its tests. A pack that was read has no problems."""
    group = rule_group(Use(pack, "service", trial_context(pack, case.with_)), Problems())
    rules = [rule.model_dump(by_alias=True, exclude_none=True) for rule in group.rules] if group else []
    return json.dumps({"groups": [{"name": pack.name, "rules": rules}]}).encode()


def test_of(case: CaseModel, rule_file: str) -> str:
    """Return a file of tests with the one test, of rules in `rule_file`: how many alerts fire when."""
    expr = f'count(ALERTS{{alertname="{case.alert}", alertstate="firing"}}) or vector(0)'
    test = {
        "interval": case.interval,
        "input_series": [{"series": name, "values": values} for name, values in case.input.items()],
        "promql_expr_test": [
            {"expr": expr, "eval_time": time, "exp_samples": [{"labels": "{}", "value": _number(number)}]}
            for time, number in case.fires.items()
        ],
    }
    return json.dumps({"rule_files": [rule_file], "evaluation_interval": case.interval, "tests": [test]})


def _number(text: str) -> float | str:
    """A number; what is none stays text, which promtool refuses."""
    try:
        return float(text)
    except ValueError:
        return text
