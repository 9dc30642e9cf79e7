"""Alerts of a drill have the labels of their rules, and one that marks them."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.drill.alerts import choose
from stackctl.errors import InputError
from stackctl.manifest import load
from stackctl.model import Stack

RULES = """rules:
  - name: g
    rules:
      - {alert: Down, expr: up == 0, labels: {severity: page}, annotations: {summary: "gone"}}
      - {record: "job:up:sum", expr: sum by (job) (up)}
      - {alert: Slow, expr: up < 1}
"""


def stack(folder: Path, rules: str = RULES) -> Stack:
    (folder / "stack.yml").write_text(f"version: 1\nname: shop\nservices: {{a: {{targets: ['a:1']}}}}\n{rules}")
    return load(folder / "stack.yml", {})


def test_takes_every_alert_with_its_labels_and_annotations(tmp_path: Path) -> None:
    down, slow = choose(stack(tmp_path), [], {"team": "a"})
    assert (down.name, dict(down.labels)) == ("Down", {"severity": "page", "team": "a", "drill": "true"})
    assert down.annotations == {"summary": "gone"}
    assert (slow.name, slow.number) == ("Slow", 1)


def test_live_drill_has_another_mark(tmp_path: Path) -> None:
    (alert,) = choose(stack(tmp_path), ["Slow"], {}, live=True)
    assert alert.labels["drill"] == "live"


@pytest.mark.parametrize(("name", "hint"), [("Dwn", "Did you mean `Down`?"), ("zzz", "The alerts are Down, Slow.")])
def test_unknown_alert_suggests_a_known_one(tmp_path: Path, name: str, hint: str) -> None:
    with pytest.raises(InputError) as refused:
        choose(stack(tmp_path), [name], {})
    assert refused.value.problems[0].remedy == hint


def test_stack_without_alerts_has_nothing_to_drill(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no alert to drill"):
        choose(stack(tmp_path, ""), [], {})
