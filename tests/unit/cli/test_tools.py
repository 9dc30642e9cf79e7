"""`stackctl tools`: what it prints, and where."""

# ruff: noqa: F811 (a fixture of another folder has to be imported, and is used by its name)

from __future__ import annotations

import json

from typer.testing import CliRunner

from stackctl.cli.tools import app
from stackctl.tools.catalogue import PROGRAMS, release_of
from tests.unit.tools.conftest import cache_dir, mirror, program  # noqa: F401


def run(*arguments: str):
    return CliRunner().invoke(app, arguments)


def test_list_names_every_tool_and_which_are_missing(tmp_path, program):
    path = program(tmp_path / "path", "prometheus", "3.5.0")
    shown = run("list")
    lines = shown.stdout.splitlines()
    assert shown.exit_code == 0
    assert lines[0].split() == ["TOOL", "VERSION", "ORIGIN", "PATH"]
    assert [line.split()[0] for line in lines[1:]] == list(PROGRAMS)
    assert lines[1].split() == ["prometheus", "3.5.0", "path", str(path)]
    assert lines[2].split() == ["promtool", "-", "-", "not", "found"]


def test_list_as_json_has_the_same(tmp_path, program):
    path = program(tmp_path / "path", "amtool", "0.28.1")
    tools = {row["tool"]: row for row in json.loads(run("list", "--output", "json").stdout)["tools"]}
    assert tools["amtool"] == {"tool": "amtool", "version": "0.28.1", "origin": "path", "path": str(path)}
    assert tools["prometheus"] == {"tool": "prometheus", "version": None, "origin": None, "path": None}


def test_install_reports_to_stdout_and_progress_to_stderr(mirror):
    mirror.publish(release_of("prometheus"))
    ran = run("install", "prometheus", "--source", "archive", "--base-url", mirror.url)
    assert ran.exit_code == 0
    assert ran.stdout.split()[0] == "prometheus"
    assert "downloading" in ran.stderr
    assert "downloading" not in ran.stdout
