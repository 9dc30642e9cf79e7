"""`stackctl why` as a user types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stackctl.cli.main import main

STACK = """\
version: 1
name: shop
alertmanager:
  receivers:
    oncall: {webhook: {url: "http://127.0.0.1:9/"}}
services:
  api:
    targets: ["localhost:8000"]
    metrics: {requests_total: {type: counter, labels: {status: ["200", "500"]}}}
rules:
  - name: g
    rules:
      - {record: "job:rate", expr: "sum by (job) (rate(requests_total[5m]))"}
      - {alert: High, expr: 'job:rate{status="500"} > 3'}
"""
NO_STATUS = "`job:rate` has no label `status`, so this selects nothing. It has: job"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "stack.yml").write_text(STACK)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("folder")
def test_why_prints_the_tree_with_the_broken_edge(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["why", "High"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "alert High  stack.yml:14:9",
        "  depends on",
        f"    ✗ recording rule job:rate  stack.yml:13:9: {NO_STATUS}",
        "      metric requests_total (counter)",
        "        service api (1 target)  stack.yml:7:3",
        "  leads to",
        "    route default  stack.yml:4:3",
        "      receiver oncall (webhook)  stack.yml:5:5",
    ]


@pytest.mark.usefixtures("folder")
def test_why_prints_json_and_mermaid(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["why", "High", "--output", "json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert [node["name"] for node in shown["nodes"]] == [
        "High",
        "job:rate",
        "requests_total",
        "api",
        "default",
        "oncall",
    ]
    assert main(["why", "High", "-o", "mermaid"]) == 0
    assert capsys.readouterr().out.startswith('flowchart LR\n  n0["alert: High"]\n')


@pytest.mark.usefixtures("folder")
def test_unknown_name_is_refused_in_the_format_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["why", "Hugh"]) == 2
    assert "Did you mean `High`?" in capsys.readouterr().err
    assert main(["why", "Hugh", "-o", "json"]) == 2
    assert json.loads(capsys.readouterr().out)["diagnostics"][0]["code"] == "usage.unknown-name"
    assert main(["why", "Hugh", "-o", "mermaid"]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "Did you mean `High`?" in shown.err


def test_manifest_with_mistakes_is_refused_with_all_of_them(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "stack.yml").write_text(STACK + "grafna: {}\n")
    assert main(["why", "High"]) == 2
    assert "grafna" in capsys.readouterr().err
