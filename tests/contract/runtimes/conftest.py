"""The bench that every contract test runs on: once in Docker, once natively."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from stackctl import conventions as c
from stackctl import tools
from stackctl.components import registry
from stackctl.errors import Unavailable
from stackctl.runtimes.select import open_runtime
from stackctl.state import State
from tests.contract.runtimes.stacks import Bench
from tests.ports import free_port


def cannot_run(reason: str) -> None:
    """Skip where a server may be missing; in CI that is a failure."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def need_docker() -> None:
    try:
        open_runtime("docker", "stackctl-probe", Path("/nonexistent"))
    except Unavailable as error:
        cannot_run(str(error))
    for image in (registry.component(c.PROMETHEUS).image, registry.component(c.PUSHGATEWAY).image):
        if subprocess.run(["docker", "image", "inspect", image], capture_output=True).returncode:
            cannot_run(f"no image {image}")


def need_native() -> None:
    for name in ("prometheus", "promtool", "pushgateway"):
        if tools.locate(name) is None:
            cannot_run(f"no {name}: run `stackctl tools install`")


@pytest.fixture(
    params=[pytest.param("docker", marks=pytest.mark.docker), pytest.param("native", marks=pytest.mark.native)]
)
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    name = request.param
    {"docker": need_docker, "native": need_native}[name]()
    ports = {c.PROMETHEUS: free_port(), c.PUSHGATEWAY: free_port()}
    stack = f"stackctl-test-{ports[c.PROMETHEUS]}"
    state = State(tmp_path / ".stackctl")
    made = Bench(name, state, open_runtime(name, stack, state.root), ports, stack)
    yield made
    if state.current():
        made.runtime.stop(volumes=True)
