"""What `init` writes comes up and verifies as it is, on real servers."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from stackctl import tools
from stackctl.cli.init import choose_ports, write
from stackctl.errors import Unavailable
from stackctl.runtime import open_runtime
from stackctl.starter import Draft, draft_files

pytestmark = pytest.mark.e2e

APP = Path(__file__).parents[2] / "examples" / "quickstart" / "app.py"


def need(runtime: str) -> None:
    """Skip where the servers are missing; in CI that is a failure."""
    try:
        open_runtime(runtime, "stackctl-probe", Path("/nonexistent"))
        if runtime == "native":
            for name in ("prometheus", "alertmanager", "node_exporter"):
                tools.require(name)
    except Unavailable as error:
        if os.environ.get("CI") == "true":
            pytest.fail(str(error))
        pytest.skip(str(error))


@contextmanager
def usual_ports() -> Iterator[None]:
    """One test at a time looks for free ports from the usual ones on: two would find the same."""
    with Path(tempfile.gettempdir(), f"stackctl-test-ports-{os.getuid()}").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@dataclass(frozen=True)
class Project:
    """A folder for a stack, with a name that no other stack has."""

    folder: Path
    runtime: str

    def run(self, *arguments: str) -> str:
        command = [sys.executable, "-m", "stackctl", *arguments]
        ran = subprocess.run(command, cwd=self.folder, capture_output=True, text=True)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    def verified(self) -> dict[str, str]:
        """Subject -> status of the targets, after a verification that found nothing wrong."""
        report = json.loads(self.run("verify", "--output", "json"))
        return {check["subject"]: check["status"] for check in report["checks"] if check["id"] == "target.up"}


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
    with socket.socket() as probe:
        probe.bind(("0.0.0.0", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, str(APP), "--listen", f"0.0.0.0:{port}", "--traffic", "20"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert "the shop is open" in process.stdout.readline()
        yield port
        process.terminate()
        process.communicate()


def test_an_application_must_be_monitored_as_it_was_found(project: Project, app: int) -> None:
    with usual_ports():
        project.run("init", "--from", f"localhost:{app}")
        project.run("up", "--runtime", project.runtime)
    assert project.verified()[f"app/localhost:{app}"] == "pass"


def test_a_machine_without_metrics_must_be_monitored_itself(project: Project) -> None:
    with usual_ports():
        # Not by the command: it would find what else this machine happens to run.
        write(project.folder, draft_files(Draft(project.folder.name, (), choose_ports())), force=False)
        project.run("up", "--runtime", project.runtime)
    assert [status for subject, status in project.verified().items() if subject.startswith("node/")] == ["pass"]
