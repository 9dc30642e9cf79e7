"""`stackctl impact` as a user types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stackctl.cli.main import main

STACK = """\
version: 1
name: shop
services:
  api: {targets: ["localhost:8000"], metrics: {requests_total: counter, depth: gauge}}
rules:
  - name: g
    rules:
      - {record: "job:rate", expr: "sum by (job) (rate(requests_total[5m]))"}
      - {alert: High, expr: "job:rate > 3"}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "stack.yml").write_text(STACK)
    monkeypatch.chdir(tmp_path)


def test_impact_prints_all_that_depends_on_a_service(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["impact", "api"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "service api (1 target)  stack.yml:4:3",
        "  metric requests_total (counter)",
        "    recording rule job:rate  stack.yml:8:9",
        "      alert High  stack.yml:9:9",
        "        ✗ route none: the stack has no Alertmanager, so nobody is notified",
        "",
        "1 recording rule and 1 alert depend on service api",
        "nothing uses depth",
    ]


def test_impact_says_when_nothing_depends_on_a_metric(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["impact", "depth"]) == 0
    assert capsys.readouterr().out.splitlines() == ["metric depth (gauge)", "", "nothing depends on metric depth"]


def test_impact_prints_json_and_mermaid(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["impact", "api", "-o", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["unused"] == ["depth"]
    assert main(["impact", "requests_total", "-o", "mermaid"]) == 0
    assert '  n0["metric: requests_total"]' in capsys.readouterr().out
