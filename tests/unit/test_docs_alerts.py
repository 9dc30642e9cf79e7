"""The example in docs/alerts.md is one that works."""

from __future__ import annotations

import re
from pathlib import Path

from stackctl.manifest import load

PAGE = Path(__file__).parents[2] / "docs" / "alerts.md"
MANIFEST = 'version: 1\nname: shop\nservices: {api: {targets: ["localhost:8000"]}}\n'
ALERTS = ("HighLatency", "ShopDown", "NoisyAlert")


def test_the_example_is_a_manifest(tmp_path: Path) -> None:
    example = re.search(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert example
    rules = "".join(f"  - {{alert: {name}, expr: up}}\n" for name in ALERTS)
    (tmp_path / "rules").mkdir()
    for name in ("shop", "from-others"):
        (tmp_path / "rules" / f"{name}.yml").write_text(f"groups:\n- name: {name}\n  rules:\n{rules}")
    (tmp_path / "stack.yml").write_text(MANIFEST + example[1])
    stack = load(tmp_path / "stack.yml", {"SLACK_URL": "https://slack.test", "PAGERDUTY_KEY": "key"})
    assert [len(file.rules) for file in stack.rules] == [3, 2, 2]
    assert stack.alertmanager
    assert stack.alertmanager.routing
    assert len(stack.alertmanager.routing.rules) == 3
