"""The reusable action: its steps are run as GitHub runs them, on a stack of their own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from tests.e2e.real_stack import need
from tests.ports import free_port

pytestmark = pytest.mark.e2e

ACTION = yaml.safe_load((Path(__file__).parents[2] / "action.yml").read_text())
MANIFEST = """\
version: 1
name: action-{port}
prometheus: {{listen: {port}, scrape_interval: 1s}}
services: {{own: {{targets: ["localhost:{port}"]}}}}
"""


def step(name: str, folder: Path, inputs: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run the step of that name as GitHub does, with the defaults for what `inputs` does not set."""
    (found,) = [each for each in ACTION["runs"]["steps"] if each.get("name") == name]
    given = {key: spec["default"] for key, spec in ACTION["inputs"].items()} | dict(inputs)
    filled = {
        key: re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda match: given[match[1]], value)
        for key, value in found.get("env", {}).items()
    }
    environ = {**os.environ, **filled, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", found["run"]]
    return subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)


def test_check_annotates_the_line_of_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "stack.yml").write_text("version: 1\nname: shop\nservices: {api: {tragets: [localhost:1]}}\n")
    ran = step("Check", tmp_path, {})
    assert ran.returncode == 2
    assert ran.stdout.startswith("::error file=stack.yml,line=3,")


def test_check_takes_options(tmp_path: Path) -> None:
    (tmp_path / "rules.yml").write_text("groups: [{name: g, rules: [{alert: A, expr: up > 1}]}]\n")
    (tmp_path / "stack.yml").write_text(
        'version: 1\nname: shop\nservices: {api: {targets: ["localhost:1"]}}\nrules: [{file: rules.yml}]\n'
    )
    assert step("Check", tmp_path, {}).returncode == 0
    assert step("Check", tmp_path, {"check": "--fail-on warning --select rule"}).returncode == 0
    assert step("Check", tmp_path, {"check": "--fail-on warning"}).returncode == 1


@pytest.mark.native
def test_verify_proves_the_stack_and_leaves_nothing_running(tmp_path: Path) -> None:
    need("native")
    (tmp_path / "own.yml").write_text(MANIFEST.format(port=free_port()))
    inputs = {"manifest": "own.yml", "up": "--runtime native"}
    assert step("Check", tmp_path, inputs).returncode == 0
    ran = step("Verify", tmp_path, inputs)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "0 fail" in ran.stdout
    assert "<html" in (tmp_path / "stackctl-report.html").read_text()
    status = subprocess.run(
        [sys.executable, "-m", "stackctl", "-f", "own.yml", "status"], cwd=tmp_path, capture_output=True, text=True
    )
    assert status.stdout == "nothing is running\n"
