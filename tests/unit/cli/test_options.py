"""`--output`: a command that fails writes its diagnostics in the format that was asked for, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from stackctl.cli.main import main

BAD = "version: 1\nname: shop\nservices:\n  api: {tragets: [localhost:1]}\n"
GOOD = "version: 1\nname: shop\nservices:\n  api: {targets: [localhost:1]}\n"
COMMANDS = ("check", "render", "up", "reload", "verify", "drill")


def run(folder: Path, text: str, *arguments: str) -> int:
    (folder / "stack.yml").write_text(text)
    return main(["-f", str(folder / "stack.yml"), *arguments])


@pytest.mark.parametrize("command", COMMANDS)
def test_a_failure_is_one_json_document(tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str) -> None:
    assert run(tmp_path, BAD, command, "--output", "json") == 2
    captured = capsys.readouterr()
    report = json.loads(captured.out)
    assert (report["command"], report["ok"]) == (command, False)
    assert [each["code"] for each in report["diagnostics"]] == ["manifest.unknown-key"]
    assert captured.err == ""
    (found,) = report["diagnostics"]
    assert (Path(__file__).parents[3] / found["documentation"]).is_file()


@pytest.mark.parametrize("command", COMMANDS)
def test_a_failure_ends_with_how_to_read_more(tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str) -> None:
    assert run(tmp_path, BAD, command) == 2
    assert capsys.readouterr().err.splitlines()[-1] == "To read more: stackctl explain manifest.unknown-key"


@pytest.mark.parametrize("command", COMMANDS)
def test_a_failure_is_a_junit_case(tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str) -> None:
    assert run(tmp_path, BAD, command, "--output", "junit") == 2
    root = ET.fromstring(capsys.readouterr().out)
    assert [case.get("classname") for case in root.iter("testcase")] == ["manifest.unknown-key"]
    assert root.get("failures") == "1"


def test_success_of_render_is_a_document_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, GOOD, "render", "--output", "json") == 0
    captured = capsys.readouterr()
    report = json.loads(captured.out)
    assert (report["command"], report["ok"], report["diagnostics"]) == ("render", True, [])
    assert "prometheus/prometheus.yml" in captured.err


def test_the_format_of_one_command_line_does_not_reach_the_next(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, BAD, "check", "--output", "json") == 2
    capsys.readouterr()
    assert run(tmp_path, BAD, "status") == 0
    assert capsys.readouterr().out == "nothing is running\n"
