"""Tests of rules: which rules they get, and what is made of promtool's words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stackctl.manifest import load
from stackctl.operations import rule_bench
from stackctl.operations.rule_bench import Bench
from stackctl.program import Ended
from stackctl.rule_tests.files import TestFile, read

TESTS = """\
rule_files: [{names}]
tests:
  - {{name: first, alert_rule_test: [{{alertname: High, eval_time: 1m, exp_alerts: [{{}}]}}]}}
  - {{alert_rule_test: [{{alertname: Low, eval_time: 1m, exp_alerts: [{{}}]}}]}}
  - {{promql_expr_test: [{{expr: 'sum(x{{a="b"}})', eval_time: 1m}}]}}
"""
FAILED = """\
Unit Testing:  shop.test.yml
  FAILED:
    name: first,
    alertname: High, time: 1m,
        exp:[
            0:
              Labels:{alertname="High"}
              Annotations:{}
            ],
        got:[]
    alertname: Low, time: 1m,
        exp:[], got:[]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "rules.yml").write_text("groups: [{name: g, rules: [{alert: High, expr: x > 1}]}]\n")
    (tmp_path / "other.yml").write_text("groups: []\n")
    (tmp_path / "stack.yml").write_text(
        "version: 1\nname: shop\nservices: {api: {targets: ['a:1']}}\n"
        "rules: [{file: rules.yml, override: {High: {expr: x > 7}}}, "
        "{name: own, rules: [{alert: Low, expr: y > 1}]}]\n"
    )
    return tmp_path


@pytest.fixture
def bench(folder: Path) -> Bench:
    return Bench(load(folder / "stack.yml", {}), folder / "stack.yml", "promtool")


def file_naming(*names: str) -> TestFile:
    found: Any = read(TESTS.format(names=", ".join(names)), "shop.test.yml")
    assert isinstance(found, TestFile), found
    return found


def promtool(monkeypatch: pytest.MonkeyPatch, code: int, output: str = "") -> list[dict[str, str]]:
    """Let promtool say `output`, and return what it is given: file -> text, below the folder of the stack."""
    given: list[dict[str, str]] = []

    def run(_: str, command: list[str]) -> Ended:
        tests = Path(command[-1])
        given.append({path.name: path.read_text() for path in tests.parent.iterdir()})
        return Ended(code, output.replace("FOLDER", str(tests.parent)))

    monkeypatch.setattr(rule_bench, "run", run)
    return given


def test_rules_are_those_that_prometheus_gets(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    given = promtool(monkeypatch, 0)
    results = bench.results(file_naming("rules.yml", "other.yml"))
    assert [(each.status, each.subject) for each in results] == [
        ("pass", f"shop.test.yml: {case.name}") for case in file_naming("rules.yml").cases
    ]
    ((files),) = given
    assert "x > 7" in files["rules.yml"]
    assert "x > 1" not in files["rules.yml"]
    # One that the manifest does not name is read as it is.
    assert files["other.yml"] == "groups: []\n"


def test_rules_of_the_manifest_itself_have_its_name(bench: Bench, folder: Path) -> None:
    assert b"y > 1" in bench.rules_at(folder / "stack.yml")
    assert [each.path for each in bench.rule_files(file_naming("stack.yml"))] == ["own.yml"]


def test_rule_file_that_is_missing_is_named_and_nothing_runs(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    given = promtool(monkeypatch, 0)
    (found,) = bench.results(file_naming("rules.yml", '"nothing*.yml"'))
    assert found.summary == "`rule_files`: there is no file `nothing*.yml`"
    assert given == []


def test_failures_belong_to_their_tests(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    promtool(monkeypatch, 1, FAILED)
    first, second, third = bench.results(file_naming("rules.yml"))
    assert [each.status for each in (first, second, third)] == ["fail", "fail", "pass"]
    assert first.evidence.splitlines()[0] == "alertname: High, time: 1m"
    assert "expected: " in first.evidence
    assert "got: " in first.evidence
    assert second.evidence.startswith("alertname: Low")


def test_failure_of_an_expression_is_found_by_it(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    promtool(monkeypatch, 1, '  FAILED:\n    expr: "sum(x{a=\\"b\\"})", time: 1m,\n        exp: 1\n        got: nil\n')
    assert [each.status for each in bench.results(file_naming("rules.yml"))] == ["pass", "pass", "fail"]


def test_failure_of_no_known_test_is_reported_as_that(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    promtool(monkeypatch, 1, "  FAILED:\n    alertname: Gone, time: 1m,\n        exp:[], got:[]\n")
    first, *others = bench.results(file_naming("rules.yml"))
    assert first.summary == "promtool reports a failure of no test that is known"
    assert "Gone" in first.evidence
    assert {each.status for each in others} == {"pass"}


def test_tests_that_cannot_be_run_are_one_failure(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    promtool(monkeypatch, 1, "FOLDER/rules.yml: cannot be parsed\n")
    (found,) = bench.results(file_naming("rules.yml"))
    assert found.summary == "promtool cannot run these tests"
    # The temporary folder is not shown.
    assert "stackctl-test-" not in found.evidence
