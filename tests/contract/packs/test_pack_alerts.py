"""Every alert of every pack, on a Prometheus' own clock: the tests that the packs bring along, run by promtool."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from stackctl.manifest.packs.expand import rule_group
from stackctl.manifest.packs.library import Pack, shipped, shipped_names
from stackctl.manifest.packs.schema import RULES, CaseModel
from stackctl.manifest.packs.trial import trial_context
from stackctl.manifest.packs.uses import Use
from stackctl.manifest.problems import Problems
from stackctl.tools import locate
from tests.e2e.real_stack import cannot_run

pytestmark = pytest.mark.long

LIMIT_SECONDS = 120


@pytest.mark.parametrize("name", shipped_names(RULES))
def test_every_alert_fires_when_it_should_and_only_then(name: str, tmp_path: Path) -> None:
    pack = shipped(RULES, name)
    files = [written(tmp_path, index, pack, case, counts(case)) for index, case in enumerate(pack.model.tests)]
    ran = promtool(*files)
    told = re.sub(r"(\d+)\.yml", lambda match: describe(pack.model.tests[int(match[1])]), ran.stdout + ran.stderr)
    assert ran.returncode == 0, told


@pytest.mark.parametrize("name", shipped_names(RULES))
def test_every_annotation_is_readable_when_the_alert_fires(name: str, tmp_path: Path) -> None:
    """promtool shows what fires when nothing is expected; that is where templates meet their values."""
    pack = shipped(RULES, name)
    seen = {}
    for index, case in enumerate(pack.model.tests):
        time = next((time for time, number in case.fires.items() if number != "0"), None)
        if time is None or case.alert in seen:
            continue
        nothing = {"alert_rule_test": [{"eval_time": time, "alertname": case.alert, "exp_alerts": []}]}
        ran = promtool(written(tmp_path, index, pack, case, nothing))
        shown = ran.stdout + ran.stderr
        seen[case.alert] = re.findall(r"Annotations:\{(.*?)\}\n?", shown.replace("\n", " "))
    for alert, texts in seen.items():
        assert texts, alert
        text = " ".join(texts)
        assert "summary=" in text, alert
        assert "description=" in text, alert
        assert not re.search(r"<error|<no value>|%!|NaN|, ,", text), f"{alert}: {text}"
        assert not re.search(r"\d\.\d{6}", text), f"{alert}: a value is not formatted: {text}"
        assert not re.search(r'=" |  | is at | at "', text), f"{alert}: a label that it names is empty: {text}"


def promtool(*files: Path) -> subprocess.CompletedProcess[str]:
    tool = locate("promtool")
    if tool is None:
        cannot_run("no promtool: run `stackctl tools install promtool`")
    command = [str(tool.path), "test", "rules", *map(str, files)]
    return subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_SECONDS, check=False)


def written(folder: Path, index: int, pack: Pack, case: CaseModel, asked: dict[str, Any]) -> Path:
    """The files of promtool for one case of a pack."""
    problems = Problems()
    group = rule_group(Use(pack, "service", trial_context(pack, case.with_)), problems)
    assert group, "\n".join(map(str, problems))
    rules = [rule.model_dump(by_alias=True, exclude_none=True) for rule in group.rules]
    (folder / f"rules-{index}.yaml").write_text(yaml.safe_dump({"groups": [{"name": group.name, "rules": rules}]}))
    series = [{"series": name, "values": values} for name, values in case.input.items()]
    test = {"interval": case.interval, "input_series": series, **asked}
    file = folder / f"{index}.yml"
    file.write_text(
        yaml.safe_dump({"rule_files": [f"rules-{index}.yaml"], "evaluation_interval": case.interval, "tests": [test]})
    )
    return file


def counts(case: CaseModel) -> dict[str, Any]:
    return {"promql_expr_test": list(_counts(case))}


def _counts(case: CaseModel) -> Iterator[dict[str, Any]]:
    expr = f'count(ALERTS{{alertname="{case.alert}", alertstate="firing"}}) or vector(0)'
    for time, number in case.fires.items():
        yield {"expr": expr, "eval_time": time, "exp_samples": [{"labels": "{}", "value": int(number)}]}


def describe(case: CaseModel) -> str:
    return f"{case.alert} ({case.what})"
