"""Recording rules that read each other."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.manifest import load
from stackctl.manifest.rule_order import order_warnings

HEAD = 'version: 1\nname: shop\nservices: {api: {targets: ["localhost:8000"]}}\nrules: [{file: rules.yml}]\n'


def found(folder: Path, *groups: dict[str, str]) -> list[tuple[str, str]]:
    """The code and the summary of each warning about groups of rules: name -> expression. Capitals are alerts."""
    (folder / "stack.yml").write_text(HEAD)
    lines = ["groups:"]
    for number, rules in enumerate(groups):
        lines += [f"  - name: g{number}", "    rules:"]
        lines += [
            f"      - {{{'alert' if name.isupper() else 'record'}: {name}, expr: '{expr}'}}"
            for name, expr in rules.items()
        ]
    (folder / "rules.yml").write_text("\n".join(lines))
    return [(each.code, each.summary) for each in order_warnings(load(folder / "stack.yml"))]


def test_record_that_is_calculated_from_itself_is_reported(tmp_path: Path) -> None:
    assert found(tmp_path, {"a": "sum(b)"}, {"b": "max(a)"}) == [
        ("rule.cycle", "`a` is calculated from itself"),
        ("rule.cycle", "`b` is calculated from itself"),
    ]


def test_alert_that_reads_a_record_before_it_is_evaluated_is_reported(tmp_path: Path) -> None:
    assert found(tmp_path, {"A": "b > 1", "b": "up"}) == [
        ("rule.order", "`A` reads `b`, which its group records after it")
    ]


@pytest.mark.parametrize(
    "groups",
    [({"b": "up", "A": "b > 1"},), ({"A": "b > 1"}, {"b": "up"}), ({"A": "c > 1"},), ({"a": "sum(b)", "b": "up"},)],
)
def test_other_orders_are_right(tmp_path: Path, groups: tuple[dict[str, str], ...]) -> None:
    assert found(tmp_path, *groups) == []
