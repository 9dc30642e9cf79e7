"""`stackctl test` on a real promtool."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from stackctl.cli.main import main
from tests.contract.checkers import needs

MANIFEST = """\
version: 1
name: shop
services:
  api:
    targets: ["localhost:8000"]
    metrics:
      http_requests_total: {type: counter, labels: {method: [GET], status: ["200", "500"]}}
      queue_length: gauge
      seconds: {type: histogram, buckets: [0.1, 0.5, 1]}
rules:
  - file: rules/shop.yml
    override: {QueueLong: {expr: queue_length > 50}}
  - name: own
    rules:
      - {record: "job:queue:sum", expr: sum by (job) (queue_length)}
      - {alert: Sum, expr: "job:queue:sum > 7", for: 5m, annotations: {summary: "{{ $labels.job }} has {{ $value }}"}}
  - pack: deadman
"""
RULES = """\
groups:
  - name: shop
    rules:
      - alert: Errors
        expr: >-
          sum by (job) (rate(http_requests_total{status=~"5.."}[5m]))
          / sum by (job) (rate(http_requests_total[5m])) > 0.05
        for: 10m
        labels: {severity: page}
        annotations: {summary: '"{{ $labels.job }}" fails: {{ $value | humanizePercentage }}'}
      - {alert: QueueLong, expr: queue_length > 10}
      - {alert: Gone, expr: 'absent(up{job="api"})'}
      - {alert: Slow, expr: 'histogram_quantile(0.9, sum by (le) (rate(seconds_bucket[5m]))) > 0.5'}
      - {alert: Old, expr: time() - queue_length > 100}
"""
# On the file itself the alert fires at 30; with the manifest's override it does not.
TESTS = """\
rule_files: ["*hop.yml"]
tests:
  - name: override
    interval: 1m
    input_series: [{series: queue_length, values: 30x9 60x9}]
    alert_rule_test:
      - {alertname: QueueLong, eval_time: 5m, exp_alerts: []}
      - {alertname: QueueLong, eval_time: 15m, exp_alerts: [{}]}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    needs("promtool")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rules").mkdir()
    (tmp_path / "stack.yml").write_text(MANIFEST)
    (tmp_path / "rules" / "shop.yml").write_text(RULES)
    return tmp_path


def reported(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[tuple[str, str, str]]]:
    capsys.readouterr()
    code = main(["test", *arguments, "--output", "json"])
    found = json.loads(capsys.readouterr().out)["diagnostics"]
    return code, [(each["code"], each["status"], each["subject"]) for each in found]


def test_tests_run_on_the_rules_as_prometheus_gets_them(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "rules" / "shop.test.yml").write_text(TESTS)
    code, found = reported(capsys)
    assert code == 0
    assert found[0] == ("test.result", "pass", "rules/shop.test.yml: override")
    assert {subject for _, status, subject in found if status == "warn"} == {"Errors", "Gone", "Slow", "Old", "Sum"}


def test_only_the_failing_test_of_a_file_fails(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = TESTS.replace("eval_time: 15m, exp_alerts: [{}]", "eval_time: 15m, exp_alerts: []").split("tests:\n")[1]
    unnamed = bad.replace("name: override\n    ", "").replace("QueueLong", "Gone").replace("[{}]", "[]")
    expr = """\
  - input_series: [{series: queue_length, values: 1x5}]
    promql_expr_test: [{expr: queue_length, eval_time: 2m, exp_samples: [{labels: queue_length, value: 2}]}]
"""
    text = TESTS + bad.replace("name: override", "name: bad") + unnamed + expr
    (folder / "tests").mkdir()
    (folder / "tests" / "shop_test.yaml").write_text(text.replace("*hop.yml", "../rules/shop.yml"))
    code, found = reported(capsys)
    assert code == 1
    results = [(status, subject.partition(": ")[2]) for code, status, subject in found if code == "test.result"]
    assert results == [("pass", "override"), ("fail", "bad"), ("fail", "tests[2]"), ("fail", "tests[3]")]


def test_named_files_alone_are_run(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "rules" / "shop.test.yml").write_text("tests: 5")
    (folder / "mine.yml").write_text(TESTS.replace("*hop.yml", "rules/shop.yml"))
    code, found = reported(capsys, "mine.yml")
    assert code == 0
    assert found[0] == ("test.result", "pass", "mine.yml: override")


def test_file_that_is_no_test_or_names_no_rules_fails(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "a.test.yml").write_text("tests: 5")
    (folder / "b.test.yml").write_text("rule_files: [nothing.yml]\ntests: []")
    (folder / "c.test.yml").write_text("rule_files: [/etc/passwd]\ntests: []")
    (folder / "d.test.yml").write_text("rule_files: [rules/shop.yml]\ntests: [{interval: later}]")
    code, found = reported(capsys)
    assert code == 1
    assert [each[0] for each in found if each[1] == "fail"] == ["test.file", "test.file", "file.outside", "test.result"]


def test_first_tests_are_written_and_pass(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", "--write"]) == 0
    shown = capsys.readouterr()
    assert shown.err.splitlines() == ["wrote rules/shop.test.yml", "wrote tests/stack.test.yml"]
    assert "its expression depends on the time" in shown.out
    assert "5 of 6 alerts have a test" in shown.out
    written = yaml.safe_load((folder / "rules" / "shop.test.yml").read_text())
    assert written["rule_files"] == ["shop.yml"]
    assert [each["name"].partition(":")[0] for each in written["tests"]] == ["Errors", "QueueLong", "Gone", "Slow"]
    before, fires, after = written["tests"][0]["alert_rule_test"]
    assert before["exp_alerts"] == after["exp_alerts"] == []
    assert fires["exp_alerts"][0]["exp_labels"] == {"job": "api", "severity": "page"}
    assert fires["exp_alerts"][0]["exp_annotations"]["summary"].startswith('"api" fails: 5.')
    code, found = reported(capsys)
    assert code == 0
    assert [subject for code, _, subject in found if code == "test.missing"] == ["Old"]


def test_nothing_is_written_over_what_is_there(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "rules" / "shop.test.yml").write_text(TESTS)
    assert main(["test", "--write"]) == 0
    assert (folder / "rules" / "shop.test.yml").read_text() == TESTS
    assert "QueueLong" not in (folder / "rules" / "shop-2.test.yml").read_text()
    capsys.readouterr()
    assert main(["test", "--write"]) == 0
    assert "wrote" not in capsys.readouterr().err


def test_tests_of_own_packs_run_with_their_parameters(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    guide = (Path(__file__).parents[3] / "docs" / "packs.md").read_text()
    pack, tests = (guide[guide.index(start) :].partition("```")[0] for start in ("name: jobs", "tests:\n"))
    wrong = tests.replace("too many jobs wait", "wrong").replace("{4m: 0, 6m: 1}", "{4m: 0, 6m: 2}")
    odd = tests.replace("too many jobs wait", "odd").replace("{4m: 0, 6m: 1}", "{4m: some}")
    (folder / "packs").mkdir()
    (folder / "packs" / "jobs.yml").write_text(pack + tests + wrong.partition("\n")[2] + odd.partition("\n")[2])
    (folder / "stack.yml").write_text(f"{MANIFEST}packs: [./packs]\n")
    code, found = reported(capsys)
    assert code == 1
    assert [(status, subject) for code, status, subject in found if code == "test.result"] == [
        ("pass", "packs/jobs.yml: JobsWait, too many jobs wait"),
        ("fail", "packs/jobs.yml: JobsWait, wrong"),
        ("fail", "packs/jobs.yml: JobsWait, odd"),
    ]


def test_junit_has_a_case_for_each_test(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "rules" / "shop.test.yml").write_text(TESTS)
    assert main(["test", "--output", "junit"]) == 0
    assert 'name="rules/shop.test.yml: override"' in capsys.readouterr().out
