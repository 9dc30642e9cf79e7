"""`stackctl test` shows which alerts have no test."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.cli.main import main

HEAD = "version: 1\nname: shop\nservices: {api: {targets: ['api:8000']}}\n"
RULES = "rules: [{name: g, rules: [{alert: Down, expr: up == 0}]}]\n"


def shown(folder: Path, manifest: str, capsys: pytest.CaptureFixture[str]) -> str:
    (folder / "stack.yml").write_text(manifest)
    main(["-f", str(folder / "stack.yml"), "test"])
    return capsys.readouterr().out


def test_lists_alerts_without_a_test(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = shown(tmp_path, HEAD + RULES, capsys)
    assert "Down" in out
    assert "stack.yml:4" in out
    assert "no tests were found: name files of tests NAME.test.yml" in out
    assert out.endswith("0 of 1 alerts have a test\n")


def test_stack_without_alerts_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(tmp_path, HEAD, capsys).endswith("there are no alerts of your own\n")
