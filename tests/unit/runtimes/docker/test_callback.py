"""The address at which containers reach a program on this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.errors import Unavailable
from stackctl.runtimes.docker.callback import callback


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return tmp_path / "docker"


def says(docker: Path, script: str) -> None:
    docker.write_text(f"#!/bin/sh\n{script}\n")
    docker.chmod(0o755)


def test_linux_listens_at_the_gateway_of_the_bridge(docker: Path) -> None:
    says(docker, "echo 'fd00::1 172.17.0.1 '")
    assert callback() == ("172.17.0.1", "172.17.0.1")


@pytest.mark.parametrize(("script", "cause"), [("echo no such network >&2; exit 1", "no such network"), ("true", "")])
def test_docker_without_a_bridge_is_unavailable(docker: Path, script: str, cause: str) -> None:
    says(docker, script)
    with pytest.raises(Unavailable) as raised:
        callback()
    (problem,) = raised.value.problems
    assert (problem.code, problem.cause) == ("docker.bridge", cause)


def test_other_systems_forward_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    assert callback() == ("127.0.0.1", "host.docker.internal")
