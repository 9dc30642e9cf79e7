"""`--timeout` bounds a whole command, whatever a server does."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from stackctl import conventions as c
from tests.e2e.real_stack import need, stackctl
from tests.ports import free_port

pytestmark = [pytest.mark.e2e, pytest.mark.native]


@pytest.fixture
def manifest(tmp_path: Path) -> Iterator[Path]:
    need("native")
    path = tmp_path / "stack.yml"
    path.write_text(
        f"version: 1\nname: slow\nprometheus: {{listen: '127.0.0.1:{free_port()}'}}\n"
        "services: {api: {targets: ['localhost:1']}}\nrules: [{name: g, rules: [{alert: A, expr: up == 0}]}]\n"
    )
    assert stackctl("-f", str(path), "up", "--runtime", "native").returncode == 0
    yield path
    assert stackctl("-f", str(path), "down", "--volumes").returncode == 0


def test_reload_of_a_server_that_hangs_ends_in_time(manifest: Path) -> None:
    pid = int((manifest.parent / c.STATE_DIR / "pids" / "prometheus.pid").read_text().split()[0])
    manifest.write_text(manifest.read_text().replace("up == 0", "up == 1"))
    os.kill(pid, signal.SIGSTOP)
    try:
        begun = time.monotonic()
        ran = stackctl("-f", str(manifest), "reload", "--timeout", "6s")
        taken = time.monotonic() - begun
    finally:
        os.kill(pid, signal.SIGCONT)
    assert ran.returncode in (1, 3), ran.stderr
    assert "internal error" not in ran.stderr
    assert taken < 15, ran.stderr  # with the start of Python on a busy machine
    done = stackctl("-f", str(manifest), "reload")
    assert done.returncode == 0, done.stderr
    assert "prometheus" in done.stdout
