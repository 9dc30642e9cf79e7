from __future__ import annotations

import pytest

from stackctl.rule_tests.files import TestFile, read

TESTS = """
rule_files: [shop.yml]
tests:
  - name: queue
    alert_rule_test:
      - {alertname: Long, eval_time: 5m, exp_alerts: [{}]}
      - {alertname: Empty, eval_time: 5m, exp_alerts: []}
  - promql_expr_test:
      - {expr: 'count(ALERTS{alertname="Down", alertstate="firing"})', exp_samples: [{value: 1}]}
      - {expr: 'count(ALERTS{alertname="Slow"}) or vector(0)', exp_samples: [{value: 0}]}
"""


def test_a_file_says_what_its_tests_expect() -> None:
    file = read(TESTS, "shop.test.yml")
    assert isinstance(file, TestFile)
    assert file.rule_files == ("shop.yml",)
    assert [(case.name, case.origin.line, {*case.fires}, {*case.silent}) for case in file.cases] == [
        ("queue", 4, {"Long"}, {"Empty"}),
        ("tests[1]", 8, {"Down"}, {"Slow"}),
    ]


@pytest.mark.parametrize("text", ["", "groups: []", "tests: {a: 1}", "tests: [1]", "[1]"])
def test_another_file_is_refused(text: str) -> None:
    found = read(text, "shop.test.yml")
    assert isinstance(found, list)
    assert [each.code for each in found] == ["test.file"]


def test_bad_yaml_is_reported_at_its_line() -> None:
    found = read("tests: [", "shop.test.yml")
    assert isinstance(found, list)
    assert found[0].code.startswith("yaml.")
