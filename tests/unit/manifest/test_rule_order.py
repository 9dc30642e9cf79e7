"""Recording rules that read each other."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.manifest import load
from stackctl.manifest.rule_order import order_warnings

HEAD = 'version: 1\nname: shop\nservices: {api: {targets: ["localhost:8000"]}}\nrules: [{file: rules.yml}]\n'


def found(folder: Path, *groups: dict[str, str]) -> list[tuple[str, str]]:
    """The code and the summary of each warning about groups of recording rules: name -> expression."""
    (folder / "stack.yml").write_text(HEAD)
    written = [
        f"  - name: g{number}\n    rules:\n"
        + "".join(f"      - {{record: {name}, expr: {e}}}\n" for name, e in rules.items())
        for number, rules in enumerate(groups)
    ]
    (folder / "rules.yml").write_text("groups:\n" + "".join(written))
    return [(each.code, each.summary) for each in order_warnings(load(folder / "stack.yml"))]


def test_record_that_is_calculated_from_itself_is_reported(tmp_path: Path) -> None:
    assert found(tmp_path, {"a": "sum(b)"}, {"b": "max(a)"}) == [
        ("rule.cycle", "`a` is calculated from itself"),
        ("rule.cycle", "`b` is calculated from itself"),
    ]


def test_record_that_is_read_before_it_is_evaluated_is_reported(tmp_path: Path) -> None:
    assert found(tmp_path, {"a": "sum(b)", "b": "up"}) == [
        ("rule.order", "`a` reads `b`, which its group records after it")
    ]


@pytest.mark.parametrize("groups", [({"b": "up", "a": "sum(b)"},), ({"a": "sum(b)"}, {"b": "up"}), ({"a": "sum(c)"},)])
def test_other_orders_are_right(tmp_path: Path, groups: tuple[dict[str, str], ...]) -> None:
    assert found(tmp_path, *groups) == []
