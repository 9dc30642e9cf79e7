"""What `init` writes comes up and verifies as it is, on real servers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from stackctl.operations.first_manifest import choose_ports, write
from stackctl.starter import Draft, draft_files
from tests.e2e.real_stack import need, usual_ports
from tests.ports import free_port
from tests.program import stackctl

pytestmark = pytest.mark.e2e

APP = Path(__file__).parents[2] / "examples" / "quickstart" / "app.py"


@dataclass(frozen=True)
class Project:
    """A folder for a stack, with a name that no other stack has."""

    folder: Path
    runtime: str

    def run(self, *arguments: str) -> str:
        ran = stackctl(*arguments, cwd=self.folder)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    def verified(self) -> dict[str, str]:
        """Subject -> status of the targets, after a verification that found nothing wrong."""
        report = json.loads(self.run("verify", "--output", "json"))
        return {check["subject"]: check["status"] for check in report["diagnostics"] if check["code"] == "target.up"}


@pytest.fixture(
    params=[pytest.param("docker", marks=pytest.mark.docker), pytest.param("native", marks=pytest.mark.native)]
)
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Project]:
    need(request.param)
    folder = tmp_path / f"stackctl-init-{os.getpid()}-{request.param}"
    folder.mkdir()
    made = Project(folder, request.param)
    yield made
    made.run("down", "--volumes")


@pytest.fixture
def app() -> Iterator[int]:
    """The quickstart's shop at every address of this machine, so that containers reach it. Gives its port."""
    port = free_port()
    command = [sys.executable, str(APP), "--listen", f"0.0.0.0:{port}", "--traffic", "20"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert "the shop is open" in process.stdout.readline()
        yield port
        process.terminate()
        process.communicate()


def test_an_application_is_monitored_as_it_was_found(project: Project, app: int) -> None:
    with usual_ports():
        project.run("init", "--from", f"localhost:{app}")
        project.run("up", "--allow-missing", "--runtime", project.runtime)
    assert project.verified()[f"app/localhost:{app}"] == "pass"


def test_a_machine_without_metrics_is_monitored_itself(project: Project) -> None:
    with usual_ports():
        # Not by the command: it would find what else this machine happens to run.
        write(project.folder, draft_files(Draft(project.folder.name, (), choose_ports())), force=False)
        project.run("up", "--allow-missing", "--runtime", project.runtime)
    assert [status for subject, status in project.verified().items() if subject.startswith("node/")] == ["pass"]
