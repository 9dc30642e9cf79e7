"""`verify --every --listen` next to a real stack, whose Prometheus scrapes the results and alerts about them."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from stackctl.wait import wait_until
from tests.answers import samples
from tests.e2e.real_stack import BOTH, App, need, stackctl
from tests.ports import free_port

pytestmark = pytest.mark.e2e

MANIFEST = """\
version: 1
name: stackctl-test-{prometheus}
prometheus: {{listen: {prometheus}, scrape_interval: 1s, evaluation_interval: 1s}}
exporters: {{stackctl: {{targets: ["localhost:{metrics}"]}}}}
services: {{api: {{targets: ["localhost:{app}"]}}}}
rules: [{{pack: stackctl, override: {{StackctlCheckFailed: {{for: 1s}}}}}}]
dashboards: []
"""
# A round waits for a target that is down, and then for the next.
ROUND_SECONDS = 60
WORKS = 'stackctl_check_failed{{code="target.up",subject="api/localhost:{app}"}} == 0'


class Proof:
    """A stack, the service that it scrapes, and what its Prometheus says."""

    def __init__(self, folder: Path, runtime: str) -> None:
        self.manifest, self.runtime = folder / "stack.yml", runtime
        self.host = "0.0.0.0" if runtime == "docker" else "127.0.0.1"
        self.app = App(self.host, free_port())
        self.prometheus, self.metrics = free_port(), free_port()
        self.manifest.write_text(MANIFEST.format(prometheus=self.prometheus, metrics=self.metrics, app=self.app.port))

    def until(self, query: str) -> None:
        """Wait until Prometheus has an answer."""
        asked = query.format(app=self.app.port)
        wait_until(lambda: samples(self.prometheus, asked), bool, ROUND_SECONDS, what=asked)

    @contextmanager
    def verifying(self) -> Iterator[subprocess.Popen[bytes]]:
        said = self.manifest.with_name("said.txt")
        listen = f"{'' if self.runtime == 'docker' else self.host}:{self.metrics}"
        command = [
            sys.executable,
            "-m",
            "stackctl",
            "-f",
            str(self.manifest),
            "verify",
            "--every",
            "5s",
            "--listen",
            listen,
        ]
        with said.open("wb") as file, subprocess.Popen(command, stdout=file, stderr=file) as process:
            try:
                yield process
            finally:
                process.kill()


@pytest.fixture(params=BOTH)
def proof(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Proof]:
    need(request.param)
    made = Proof(tmp_path, request.param)
    made.app.start()
    up = stackctl("-f", str(made.manifest), "up", "--runtime", request.param)
    try:
        assert up.returncode == 0, up.stderr
        yield made
    finally:
        stackctl("-f", str(made.manifest), "down", "--volumes")
        made.app.stop()


def test_failure_is_an_alert_and_ends_with_it(proof: Proof) -> None:
    said = proof.manifest.with_name("said.txt")
    with proof.verifying() as process:
        proof.until(WORKS)
        proof.app.stop()
        proof.until('ALERTS{{alertname="StackctlCheckFailed",alertstate="firing",subject="api/localhost:{app}"}}')
        proof.app.start()
        proof.until(WORKS)
        wait_until(said.read_text, lambda text: "works again" in text, ROUND_SECONDS)
        process.send_signal(signal.SIGTERM)
        assert process.wait(ROUND_SECONDS) == 0
    text = said.read_text()
    assert text.count("down: connection refused") == 1
    assert f"target.up api/localhost:{proof.app.port} works again" in text
