"""Alerts that no test expects to fire, and where their first tests go."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from stackctl.manifest import load
from stackctl.model import Stack
from stackctl.operations import untested_alerts
from stackctl.operations.untested_alerts import Covered, coverage, missing

MANIFEST = """\
version: 1
name: shop
services:
  api:
    targets: ['api:8000']
    metrics:
      requests_total: {type: counter, labels: {status: ["200"]}}
      seconds: {type: histogram, buckets: [0.5, 1]}
rules:
  - file: rules/shop.yml
  - name: own
    rules: [{alert: Low, expr: up == 0}, {record: a, expr: up}]
  - pack: deadman
"""


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "shop.yml").write_text("groups: [{name: g, rules: [{alert: High, expr: up > 0}]}]\n")
    (tmp_path / "stack.yml").write_text(MANIFEST)
    return load(tmp_path / "stack.yml", {})


def covered(stack: Stack, *fires: str) -> dict[str, bool]:
    """The alerts, with a file of tests about all rules that expects some of them to fire."""
    bench: Any = SimpleNamespace(rule_files=lambda _: stack.rules)
    file: Any = SimpleNamespace(cases=[SimpleNamespace(fires=frozenset(fires))])
    return {each.rule.name: each.is_tested for each in coverage(stack, [file], bench)}


def test_own_alerts_need_a_test_that_expects_them(stack: Stack) -> None:
    assert covered(stack, "High") == {"High": True, "Low": False}
    assert covered(stack) == {"High": False, "Low": False}


def test_test_about_other_rules_covers_nothing(stack: Stack) -> None:
    bench: Any = SimpleNamespace(rule_files=lambda _: [])
    file: Any = SimpleNamespace(cases=[SimpleNamespace(fires=frozenset({"High", "Low"}))])
    assert not any(each.is_tested for each in coverage(stack, [file], bench))


@pytest.mark.parametrize(
    ("reason", "cause", "remedy"),
    [
        ("", "", "Write one, or have a first one written: `stackctl test --write`."),
        ("it has no series", "No first test could be written: it has no series.", "Write one."),
    ],
)
def test_alert_without_a_test_is_a_warning(reason: str, cause: str, remedy: str, stack: Stack) -> None:
    found = missing(Covered(stack.rules[0].rules[0], stack.rules[0], False, reason))
    assert (found.status, found.cause, found.remedy) == ("warn", cause, remedy)


def test_first_tests_go_where_nothing_is(stack: Stack, tmp_path: Path) -> None:
    rules, manifest = (untested_alerts._rules_of(stack, file) for file in stack.rules[:2])
    assert untested_alerts._place(stack, rules) == tmp_path / "rules" / "shop.test.yml"
    assert untested_alerts._place(stack, manifest) == tmp_path / "tests" / "stack.test.yml"
    (tmp_path / "rules" / "shop.test.yml").symlink_to("nowhere")
    assert untested_alerts._place(stack, rules) == tmp_path / "rules" / "shop-2.test.yml"


def test_file_of_tests_names_its_rules_from_where_it_is() -> None:
    tests = [{"interval": "1m"}, {"interval": "15s"}]
    text = untested_alerts._text(Path("/shop/tests/stack.test.yml"), Path("/shop/stack.yml"), tests)
    assert "- ../stack.yml\n" in text
    assert "evaluation_interval: 15s\n" in text


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("requests_total", {"job": ["api"], "instance": ["api:8000"], "status": ("200", "a")}),
        ("seconds_bucket", {"job": ["api"], "instance": ["api:8000"], "le": ["0.5", "1"]}),
        ("seconds_count", {"job": ["api"], "instance": ["api:8000"]}),
        ("unknown", {"job": ["api"], "instance": ["api:8000"]}),
    ],
)
def test_series_have_the_labels_of_the_contract(name: str, labels: dict[str, Any], stack: Stack) -> None:
    assert untested_alerts._labels(stack, name) == labels


def test_alert_that_promtool_has_seen_is_expected() -> None:
    output = 'Labels:{alertname="High", path="a\\"b"}\n              Annotations:{summary="3 of 4"}\n'
    (match,) = untested_alerts._GOT.finditer(output)
    assert untested_alerts._alert(match) == {"exp_labels": {"path": 'a"b'}, "exp_annotations": {"summary": "3 of 4"}}
