"""Templates of the user, each with the place where it is written."""

from __future__ import annotations

from pathlib import Path

from stackctl.manifest import load
from stackctl.operations.texts import texts
from stackctl.runtimes.checkers import Texts

MANIFEST = """version: 1
name: shop
services: {a: {targets: ["a:1"]}}
alertmanager:
  receivers:
    team:
      slack: {api_url: "http://localhost/", channel: "#a", title: "{{ .Status }}"}
  extra: {receivers: [{name: more, slack_configs: [{api_url: "http://localhost/", channel: "{{ .x }}"}]}]}
rules:
  - name: g
    rules:
      - {alert: Down, expr: up == 0, annotations: {summary: "{{ $labels.job }} is down", other: plain}}
"""


def test_finds_templates_of_alerts_and_receivers(tmp_path: Path) -> None:
    (tmp_path / "stack.yml").write_text(MANIFEST)
    found = texts(load(tmp_path / "stack.yml", {}))
    (alert,) = found.alerts
    assert (alert.text, alert.subject) == ("{{ $labels.job }} is down", "the annotation `summary` of `Down`")
    assert alert.origin
    assert alert.origin.line == 12
    declared, added = found.notifications
    assert declared.subject == "`title` of slack in the receiver `team`"
    assert declared.origin
    assert declared.origin.line == 7
    assert (added.subject, added.ended) == ("`channel` of slack in the receiver `more`", False)


def test_unknown_stack_has_no_templates() -> None:
    assert texts(None) == Texts()
