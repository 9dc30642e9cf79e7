"""Mistakes that have nothing to do with each other are reported in one round, whatever layer finds them."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.errors import InputError
from stackctl.operations.checking import check_manifest, load_or_report
from tests.contract.checkers import needs

MANIFEST = """\
version: 1
name: shop
prometheus: {scrape_interval: 15, listen: "127.0.0.1:9093"}
alertmanager:
  receivers: {team: {webhook: {url: "http://localhost:1/"}}}
  extra: {route: {receiver: team, routes: [{matchers: ["severity critical"], receiver: team}]}}
grafana: {admin: {pasword: x}}
services:
  api:
    targets: ["localhost:8000", "localhost:8000"]
    metrics_path: metrics
    run: {docker: {image: x, comand: y}}
  web:
    targets: ["localhost:8001"]
    scrape_timeout: 5 minutes
  other:
    targets: ["${NOT_SET}"]
rules:
  - file: missing.yml
  - name: g
    rules:
      - {alert: A, expr: "up ==", annotations: {summary: fine}}
      - {alert: B, expr: up == 0, annotations: {summary: "{{ $label.job }}"}}
      - {alert: C, expr: up == 0, fro: 5m}
      - {alert: D, expr: up == 0, annotations: {summary: "{{ $value | humanize2 }}"}}
  - file: rules.yml
dashboards:
  - file: board.json
  - file: other.yml
ignore: [{check: no.such, reason: x}]
"""
RULES = """\
groups:
- name: x
  rules:
  - {alert: E, expr: sum(up}
  - {alert: F, expr: up, for: 5}
  - {alert: G, expr: up, annotations: {summary: "{{ .group }}{{ end }}"}}
"""
BOARD = (
    '{"title": "B", "uid": "b", "panels": [{"type": "timeseries", "title": "p", "targets": [{"expr": "rate(up[5m]"}]}]}'
)
# Where each mistake is, and a word of what is said of it.
MISTAKES = {
    ("stack.yml", 3, "scrape_interval"),
    ("stack.yml", 4, "already the address of prometheus"),
    ("stack.yml", 6, "bad matcher"),
    ("stack.yml", 7, "pasword"),
    ("stack.yml", 10, "listed twice"),
    ("stack.yml", 11, "metrics_path"),
    ("stack.yml", 12, "comand"),
    ("stack.yml", 15, "scrape_timeout"),
    ("stack.yml", 17, "NOT_SET"),
    ("stack.yml", 19, "missing.yml"),
    ("stack.yml", 22, "not PromQL"),
    ("stack.yml", 23, "not a template"),
    ("stack.yml", 24, "fro"),
    ("stack.yml", 25, "humanize2"),
    ("stack.yml", 30, "no.such"),
    ("rules.yml", 4, "not PromQL"),
    ("rules.yml", 5, "not a duration"),
    ("rules.yml", 6, "not a template"),
    ("board.json", 1, "not PromQL"),
    ("other.yml", 2, "panelz"),
}


@pytest.fixture
def manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    needs("promtool")
    needs("amtool")
    (tmp_path / "rules.yml").write_text(RULES)
    (tmp_path / "board.json").write_text(BOARD)
    (tmp_path / "other.yml").write_text("title: X\npanelz: []\nrows: [{panels: [{title: up, expr: up}]}]\n")
    (tmp_path / "stack.yml").write_text(MANIFEST)
    monkeypatch.chdir(tmp_path)
    return Path("stack.yml")


@pytest.mark.parametrize("read", [check_manifest, load_or_report])
def test_reports_mistakes_of_all_layers_at_once(manifest: Path, read: object) -> None:
    assert callable(read)
    with pytest.raises(InputError) as refused:
        read(manifest)
    found = [(each.position.file, each.position.line, each.summary) for each in refused.value.problems if each.position]
    assert len(found) == len(refused.value.problems)
    missed = {one for one in MISTAKES if not any(one[:2] == each[:2] and one[2] in each[2] for each in found)}
    assert missed == set()
    assert len(found) == len(MISTAKES), [each for each in found if each[:2] not in {one[:2] for one in MISTAKES}]


def test_reports_what_is_left_when_all_but_one_are_fixed(manifest: Path) -> None:
    manifest.write_text("version: 1\nname: shop\nservices: {api: {targets: ['localhost:1'], metrics_path: x}}\n")
    with pytest.raises(InputError) as refused:
        check_manifest(manifest)
    assert [each.summary for each in refused.value.problems] == [
        "services.api.metrics_path: a path must begin with `/`: `x`"
    ]


def test_metrics_of_a_contract_with_a_mistake_are_not_called_unknown(tmp_path: Path) -> None:
    (tmp_path / "c.yml").write_text("depth: gauge\nwait-time: {type: gauge}\n")
    (tmp_path / "r.yml").write_text("groups: [{name: g, rules: [{alert: A, expr: depth > 1}]}]\n")
    services = 'services: {api: {targets: ["localhost:8000"], metrics: {file: c.yml}}}\n'
    (tmp_path / "stack.yml").write_text(f"version: 1\nname: shop\n{services}rules: [{{file: r.yml}}]\n")
    with pytest.raises(InputError) as refusal:
        check_manifest(tmp_path / "stack.yml")
    assert {problem.position.file for problem in refusal.value.problems if problem.position} == {"c.yml"}
