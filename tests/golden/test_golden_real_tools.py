"""The programs that read a tree accept every golden one."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml

from stackctl import conventions as c
from stackctl.promql.grafana import runnable
from stackctl.render.write import write
from stackctl.tools import locate
from tests.golden.cases import CASES, SECRETS, stack_of, tree_of
from tests.pinned import pinned

DOCKER_CASES = [case for case, runtime in CASES if runtime == "docker"]
ALERTMANAGER_CASES = [
    (case, runtime) for case, runtime in CASES if "alertmanager/alertmanager.yml" in tree_of(case, runtime).files
]

WEB_CASES = [(case, runtime) for case, runtime in CASES if c.WEB_FILE in tree_of(case, runtime).files]


# A tree for Docker is for the pinned version; a native one for any that stackctl supports.
PROMTOOLS = [
    *((case, runtime, "pinned") for case, runtime in CASES),
    *((case, runtime, "installed") for case, runtime in CASES if runtime == "native"),
]


@pytest.mark.parametrize(("case", "runtime", "version"), PROMTOOLS)
def test_promtool_accepts_the_configuration_and_its_rules(
    case: str, runtime: str, version: str, tmp_path: Path
) -> None:
    program = required_program("promtool") if version == "installed" else required_pinned("promtool")
    write(tree_of(case, runtime), tmp_path)
    _accepts([program, "check", "config", str(tmp_path / "prometheus/prometheus.yml")])


@pytest.mark.parametrize(("case", "runtime"), WEB_CASES)
def test_promtool_accepts_the_web_configuration(case: str, runtime: str, tmp_path: Path) -> None:
    program = required_program("promtool")
    write(tree_of(case, runtime), tmp_path)
    _accepts([program, "check", "web-config", str(tmp_path / c.WEB_FILE)])


@pytest.mark.parametrize(("case", "runtime"), ALERTMANAGER_CASES)
def test_amtool_accepts_the_configuration(case: str, runtime: str, tmp_path: Path) -> None:
    program = required_program("amtool")
    write(tree_of(case, runtime), tmp_path)
    _accepts([program, "check-config", str(tmp_path / "alertmanager/alertmanager.yml")])


@pytest.mark.docker
@pytest.mark.parametrize("case", DOCKER_CASES)
def test_compose_accepts_the_project(case: str, tmp_path: Path) -> None:
    compose_or_skip()
    write(tree_of(case, "docker"), tmp_path)
    _accepts(
        [
            "docker",
            "compose",
            "-f",
            str(tmp_path / "compose.yaml"),
            "--profile",
            "*",
            "--profile",
            "*",
            "config",
            "--quiet",
        ]
    )


@pytest.mark.parametrize("case", DOCKER_CASES)
def test_prometheus_reads_every_query_of_the_dashboards(case: str, tmp_path: Path) -> None:
    program = required_program("promtool")
    queries = [
        runnable(query.expr, dashboard.values) for dashboard in stack_of(case).dashboards for query in dashboard.queries
    ]
    rules = [{"record": f"query_{index}", "expr": expr} for index, expr in enumerate(queries)]
    path = tmp_path / "queries.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "dashboards", "rules": rules}]}))
    _accepts([program, "check", "rules", "--lint=none", str(path)])
    assert len(queries) > 15 or case != "compact"


def required_program(name: str) -> str:
    tool = locate(name)
    if tool is None:
        _cannot_run(f"{name} was not found")
    assert tool is not None
    return str(tool.path)


def required_pinned(name: str) -> str:
    path = pinned(name)
    if path is None:
        _cannot_run(f"the pinned {name} was not built: run tests/servers/prometheus")
    return str(path)


def compose_or_skip() -> None:
    found = (
        shutil.which("docker") and not subprocess.run(["docker", "compose", "version"], capture_output=True).returncode
    )
    if not found:
        _cannot_run("docker compose was not found")


def _cannot_run(reason: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(f"{reason}, and in CI nothing is skipped")
    pytest.skip(reason)


def _accepts(command: Sequence[str]) -> None:
    ran = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **SECRETS}, timeout=60)
    assert ran.returncode == 0, ran.stdout + ran.stderr
