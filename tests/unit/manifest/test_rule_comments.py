"""`# stackctl: ignore CODE (reason)` in a rule file accepts what is found about one rule, and is never left unused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stackctl.cli.main import main
from stackctl.diagnostic import Diagnostic
from stackctl.manifest import load
from stackctl.operations.checker_errors import accept, unused_in_verification
from stackctl.source import Position

HEAD = "version: 1\nname: shop\nservices: {api: {targets: ['localhost:8000'], metrics: {depth: gauge}}}\n"
CODE = "promql.rate-of-gauge"
Check = Callable[..., list[tuple[str, str, str]]]
# Each comment is about the first rule, which has the same problem as the second one.
ACCEPTED = {
    "above the rule": """\
      # stackctl: ignore promql.rate-of-gauge (a counter in disguise)
      - alert: A
        expr: rate(depth[5m]) > 1
""",
    "on the line of the rule": """\
      - alert: A  # stackctl: ignore promql.rate-of-gauge (a counter in disguise)
        expr: rate(depth[5m]) > 1
""",
    "above the expression": """\
      - alert: A
        for: 5m
        # stackctl: ignore promql.rate-of-gauge (a counter in disguise)
        expr: rate(depth[5m]) > 1
""",
    "on the line of the expression": """\
      - alert: A
        expr: rate(depth[5m]) > 1  # stackctl: ignore promql.rate-of-gauge (a counter in disguise)
""",
    "on the first line of a block": """\
      - alert: A
        expr: |  # stackctl: ignore promql.rate-of-gauge (a counter in disguise)
          rate(depth[5m]) > 1
""",
    "as a comment of PromQL": """\
      - alert: A
        expr: |
          # stackctl: ignore promql.rate-of-gauge (a counter in disguise)
          rate(depth[5m])
            > 1
""",
    "at the end of a line of PromQL": """\
      - alert: A
        expr: |
          rate(depth[5m]) # stackctl: ignore promql.rate-of-gauge (a counter in disguise)
            > 1
""",
    "above another comment": """\
      # stackctl: ignore promql.rate-of-gauge (a counter in disguise)
      # Somebody else's words.
      - alert: A
        expr: rate(depth[5m]) > 1
""",
    "with a rule in one line": """\
      - {alert: A, expr: "rate(depth[5m]) > 1"}  # stackctl: ignore promql.rate-of-gauge (a counter in disguise)
""",
}
SECOND = "      - alert: B\n        expr: rate(depth[5m]) > 2\n"


@pytest.fixture
def check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Check:
    """Return the code, the status and the line in the rule file of all that `check` finds for these rules."""

    def check(rules: str, *, override: str = "") -> list[tuple[str, str, str]]:
        (tmp_path / "r.yml").write_text(f"groups:\n  - name: g\n    rules:\n{rules}")
        (tmp_path / "stack.yml").write_text(f"{HEAD}rules: [{{file: r.yml{override}}}]\n")
        main(["-f", str(tmp_path / "stack.yml"), "check", "--output", "json"])
        found = json.loads(capsys.readouterr().out)["diagnostics"]
        return [
            (each["code"], each["status"], place(each)) for each in found if each["code"] != "checker.not-installed"
        ]

    return check


def place(found: dict[str, Any]) -> str:
    return str(found["source"]["line"]) if found["source"]["file"] == "r.yml" else "stack.yml"


@pytest.mark.parametrize("rule", ACCEPTED.values(), ids=ACCEPTED)
def test_accepts_what_is_found_about_its_rule_only(check: Check, rule: str) -> None:
    both = check(rule + SECOND)
    assert [(code, status) for code, status, _ in both] == [(CODE, "fail")]
    assert both[0][2] == str(5 + rule.count("\n"))
    assert [(code, status) for code, status, _ in check(rule)] == [(CODE, "skip")]
    assert [(code, status) for code, status, _ in check(SECOND + rule)] == [(CODE, "fail")]


def test_comment_below_a_block_is_about_the_next_rule(check: Check) -> None:
    block = "      - alert: B\n        expr: |\n          rate(depth[5m]) > 2\n\n"
    assert check(block + ACCEPTED["above the rule"]) == [(CODE, "fail", "6")]


def test_reason_is_shown(tmp_path: Path, check: Check, capsys: pytest.CaptureFixture[str]) -> None:
    check(ACCEPTED["above the rule"])
    assert main(["-f", str(tmp_path / "stack.yml"), "check"]) == 0
    assert "ignored (a counter in disguise): A: " in capsys.readouterr().err


def test_accepts_several_codes(check: Check) -> None:
    rule = (
        "      - alert: A\n"
        "        # stackctl: ignore promql.rate-of-gauge, promql.unknown-metric (both known)\n"
        "        expr: rate(depth[5m]) > nobodys_metric\n"
    )
    assert {status for _, status, _ in check(rule)} == {"skip"}


@pytest.mark.parametrize(
    "words", ["", "promql.rate-of-gauge", "promql.rate-of-gauge ()", "(only a reason)", "promql.bound because it is so"]
)
def test_comment_without_code_or_reason_is_refused(check: Check, words: str) -> None:
    rule = f"      # stackctl: ignore {words}\n      - alert: A\n        expr: depth > 1\n"
    assert check(rule) == [("ignore.comment", "fail", "4")]


@pytest.mark.parametrize("code", ["promql.rate-of-guage", "promql", "dashboard.advice", "rule.template", "yaml.tag"])
def test_comment_with_a_code_that_cannot_be_ignored_at_a_rule_is_refused(check: Check, code: str) -> None:
    rule = f"      # stackctl: ignore {code} (reason)\n      - alert: A\n        expr: depth > 1\n"
    assert check(rule) == [("ignore.unknown-check", "fail", "4")]


def test_unused_comment_is_a_warning_at_its_place(check: Check) -> None:
    rule = "      # stackctl: ignore promql.bound (reason)\n      - alert: A\n        expr: depth > 1\n"
    assert check(rule) == [("ignore.unused", "warn", "4")]


@pytest.mark.parametrize(
    "rule",
    [
        "      - alert: A\n        # stackctl: ignore promql.bound (why)\n        for: 5m\n        expr: depth > 1\n",
        "      # stackctl: ignore promql.bound (reason)\n\n      - alert: A\n        expr: depth > 1\n",
        "      - alert: A\n        expr: depth > 1\n# stackctl: ignore promql.bound (reason)\n",
    ],
)
def test_comment_at_no_rule_is_a_warning(check: Check, rule: str) -> None:
    ((code, status, _),) = check(rule)
    assert (code, status) == ("ignore.unused", "warn")


def test_texts_are_no_comments(check: Check) -> None:
    rule = """\
      - alert: A
        expr: depth > 1
        annotations:
          summary: "see # stackctl: ignore"
          description: |
            # stackctl: ignore
            It is how one writes it.
"""
    assert check(rule) == []


def test_other_comments_are_left_alone(check: Check) -> None:
    assert (
        check("      # stackctl: see the manual\n      # stackctl ignores this\n" + SECOND.replace("rate", "delta"))
        == []
    )


def test_comment_is_about_a_rule_whose_expression_is_overridden(check: Check) -> None:
    rule = "      # stackctl: ignore promql.rate-of-gauge (reason)\n      - {alert: A, expr: depth}\n"
    found = check(rule, override=", override: {A: {expr: 'rate(depth[5m]) > 1'}}")
    assert found == [(CODE, "skip", "stack.yml")]


def test_file_is_rendered_as_it_is_written(tmp_path: Path, check: Check) -> None:
    check(ACCEPTED["above the rule"])
    (file,) = load(tmp_path / "stack.yml", {}).rules
    assert file.content == (tmp_path / "r.yml").read_bytes()


def test_verification_accepts_checks_of_the_rule_and_warns_of_unused_comments(tmp_path: Path, check: Check) -> None:
    check(
        "      # stackctl: ignore rule.data (rare)\n      - {alert: A, expr: depth}\n      - {alert: B, expr: depth}\n"
    )
    stack = load(tmp_path / "stack.yml", {})
    first, second = (rule.origin for rule in stack.rules[0].rules)
    failures = [Diagnostic("rule.data", "no series", at, subject="g/x", stage="loaded") for at in (first, second)]
    assert [each.status for each in accept(failures, stack.waivers)] == ["skip", "fail"]
    assert unused_in_verification(stack.waivers, failures) == []
    passed = [Diagnostic("rule.data", "has data", first, subject="g/A", status="pass")]
    (unused,) = unused_in_verification(stack.waivers, passed)
    assert (unused.code, unused.status, unused.position) == ("ignore.unused", "warn", Position("r.yml", 4, 7))
