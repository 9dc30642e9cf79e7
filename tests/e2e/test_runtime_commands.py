"""`up`, `status`, `logs` and `down` as a user types them, on real servers in both runtimes."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from stackctl import conventions as c
from stackctl import tools
from stackctl.components import registry
from stackctl.errors import Unavailable
from stackctl.runtimes.select import open_runtime
from tests.ports import free_port
from tests.program import stackctl

pytestmark = [pytest.mark.e2e, pytest.mark.long]


@dataclass(frozen=True)
class Shop:
    """A small stack in a folder of its own."""

    folder: Path
    runtime: str
    port: int

    def run(self, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        ran = stackctl("-f", str(self.folder / "stack.yml"), *arguments)
        assert ran.returncode == code, ran.stdout + ran.stderr
        return ran

    def write(self, more: str = "") -> None:
        (self.folder / "stack.yml").write_text(
            f"version: 1\nname: stackctl-test-{self.port}\n"
            f"prometheus: {{listen: '127.0.0.1:{self.port}'}}\n"
            f"services: {{api: {{targets: ['localhost:1']}}}}\n{more}"
        )


def need(runtime: str) -> None:
    try:
        open_runtime(runtime, "stackctl-probe", Path("/nonexistent"))
        if runtime == "native":
            tools.require("prometheus")
    except Unavailable as error:
        if os.environ.get("CI") == "true":
            pytest.fail(str(error))
        pytest.skip(str(error))


@pytest.fixture(
    params=[pytest.param("docker", marks=pytest.mark.docker), pytest.param("native", marks=pytest.mark.native)]
)
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shop]:
    need(request.param)
    made = Shop(tmp_path, request.param, free_port())
    made.write()
    yield made
    made.run("down", "--volumes")


def test_a_dry_run_prints_the_plan_and_touches_nothing(shop: Shop) -> None:
    ran = shop.run("up", "--runtime", shop.runtime, "--dry-run")
    assert ran.stdout == "create prometheus: not created yet\n"
    assert [path.name for path in shop.folder.iterdir()] == ["stack.yml"]


def test_up_status_logs_and_down_agree(shop: Shop) -> None:
    assert f"http://127.0.0.1:{shop.port}" in shop.run("up", "--runtime", shop.runtime).stdout
    assert "unchanged" in shop.run("up").stdout
    assert shop.run("up", "--dry-run").stdout == "nothing to do\n"

    status = json.loads(shop.run("status", "--output", "json").stdout)
    assert status["runtime"] == shop.runtime
    (unit,) = status["units"]
    assert (unit["name"], unit["state"], unit["ready"]) == ("prometheus", "running", True)
    assert "ready to receive web requests" in shop.run("logs", "prometheus").stdout
    assert len(shop.run("logs", "prometheus", "--tail", "1").stdout.splitlines()) == 1

    assert shop.run("down").stdout == "stopped prometheus\n"
    assert shop.run("down").stdout == "nothing was running\n"
    assert shop.run("status").stdout == "nothing is running\n"


def test_status_and_down_do_not_need_the_manifest(shop: Shop) -> None:
    shop.run("up", "--runtime", shop.runtime)
    (shop.folder / "stack.yml").write_text("]")
    assert "prometheus" in shop.run("status").stdout
    assert shop.run("down").stdout == "stopped prometheus\n"


def test_a_taken_port_ends_with_3_and_leaves_the_stack_as_it_was(shop: Shop) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        shop.run("up", "--runtime", shop.runtime)
        before = json.loads(shop.run("status", "--output", "json").stdout)["generation"]
        shop.write(f"pushgateway: {{listen: '127.0.0.1:{other.getsockname()[1]}'}}\n")
        ran = shop.run("up", code=3)
        assert f"pid {os.getpid()} (" in ran.stderr
        assert json.loads(shop.run("status", "--output", "json").stdout)["generation"] == before


def test_logs_of_an_unstarted_unit_say_how_to_start_it(shop: Shop) -> None:
    run = "run: {docker: {image: 'x:1'}, native: {command: ['true']}}"
    worker = f"  worker: {{targets: ['localhost:2'], profiles: [night], {run}}}\n"
    text = (shop.folder / "stack.yml").read_text()
    api = "services:\n  api: {targets: ['localhost:1']}\n"
    (shop.folder / "stack.yml").write_text(text.replace("services: {api: {targets: ['localhost:1']}}\n", api + worker))
    shop.run("up", "--runtime", shop.runtime)
    assert shop.run("logs", "worker", code=3).stderr == (
        "unavailable: `worker` was not started\nIt belongs to the profile `night`.\n"
        "help: Run `stackctl up --profile night`.\n\n"
        "To read more: stackctl explain unit.not-started\n"
    )
    assert shop.run("logs", "prometheus", "--tail", "1").stdout


def test_a_component_left_out_is_named(shop: Shop) -> None:
    shop.write(f"pushgateway: {{listen: '127.0.0.1:{free_port()}'}}\n")
    ran = shop.run("up", "--runtime", shop.runtime, "--without", "pushgateway")
    assert "skipped pushgateway: left out by --without" in ran.stderr
    assert "skipped: left out by --without" in shop.run("status").stdout


def _declare_missing(shop: Shop) -> str:
    """Declare a component that this machine cannot obtain, and return its name."""
    if shop.runtime == "docker":  # of a registry where nothing listens
        shop.write(f"pushgateway: {{image: 'localhost:1/none:1', listen: '127.0.0.1:{free_port()}'}}\n")
        return "pushgateway"
    if tools.locate("kafka_exporter"):
        pytest.skip("this machine has every binary")
    shop.write(f"exporters: {{kafka: {{brokers: ['localhost:1'], listen: '127.0.0.1:{free_port()}'}}}}\n")
    return "kafka"


def test_a_missing_component_ends_up_with_3_and_changes_nothing(shop: Shop) -> None:
    shop.run("up", "--runtime", shop.runtime)
    before = json.loads(shop.run("status", "--output", "json").stdout)["generation"]
    missing = _declare_missing(shop)
    refused = shop.run("up", code=3).stderr
    assert f"{missing} cannot run: " in refused
    assert f"use `--allow-missing`, or `--without {missing}`" in refused
    assert json.loads(shop.run("status", "--output", "json").stdout)["generation"] == before
    if shop.runtime == "native":  # in Docker only the pull itself can tell
        assert f"{missing} cannot run: " in shop.run("up", "--dry-run", code=3).stderr


def test_status_and_verify_repeat_what_is_allowed_to_be_missing(shop: Shop) -> None:
    missing = _declare_missing(shop)
    started = shop.run("up", "--runtime", shop.runtime, "--allow-missing")
    assert f"skipped {missing}: missing, allowed by --allow-missing: " in started.stderr
    units = json.loads(shop.run("status", "--output", "json").stdout)["units"]
    details = {unit["name"]: unit["detail"] for unit in units}
    assert details[missing].startswith("skipped: missing, allowed by --allow-missing: ")
    asked = ("--only", "component", "--only", "target", "--timeout", "1s", "--output", "json")
    report = json.loads(shop.run("verify", *asked, code=1).stdout)  # nothing serves `api`
    rows = [check for check in report["diagnostics"] if check["subject"].partition("/")[0] == missing]
    assert [(row["code"], row["status"]) for row in rows] == [("component.ready", "skip"), ("target.up", "skip")]
    assert all("is not running: missing, allowed by --allow-missing" in row["summary"] for row in rows)
    shop.run("up", code=3)  # each `up` says for itself what it allows


def test_a_component_that_nobody_left_out_is_a_failure(shop: Shop) -> None:
    shop.write(f"pushgateway: {{listen: '127.0.0.1:{free_port()}'}}\n")
    shop.run("up", "prometheus", "--runtime", shop.runtime)
    assert "pushgateway: declared, but not started: run `stackctl up`" in shop.run("status", code=1).stdout
    report = json.loads(shop.run("verify", "--only", "component", "--output", "json", code=1).stdout)
    assert [check["subject"] for check in report["diagnostics"] if check["status"] == "fail"] == ["pushgateway"]


def test_another_runtime_is_refused_while_this_one_runs(shop: Shop) -> None:
    other = {"docker": "native", "native": "docker"}[shop.runtime]
    need(other)
    shop.run("up", "--runtime", shop.runtime)
    assert "Run `stackctl down` first" in shop.run("up", "--runtime", other, code=2).stderr


@pytest.mark.docker
@pytest.mark.native
def test_data_of_the_other_runtime_is_removed_or_named(tmp_path: Path) -> None:
    need("docker")
    need("native")
    shop = Shop(tmp_path, "", free_port())
    shop.write()
    volume = f"stackctl-test-{shop.port}_prometheus-data"
    try:
        shop.run("up", "--runtime", "docker")
        shop.run("down")
        shop.run("up", "--runtime", "native")
        # Another folder may hold a stack of the same name, so what is in Docker is only named.
        said = shop.run("down", "--volumes").stdout
        assert f"! Docker keeps volumes of this name: {volume}\n" in said
        assert f"docker volume rm {volume}\n" in said
        shop.run("up", "--runtime", "native")
        shop.run("down")
        assert (tmp_path / ".stackctl" / "data" / "prometheus").is_dir()
        shop.run("up", "--runtime", "docker")
        assert "Docker keeps" not in shop.run("down", "--volumes").stdout
        assert not (tmp_path / ".stackctl" / "data").exists()
        left = ["docker", "volume", "ls", "--quiet", "--filter", f"name={volume}"]
        assert subprocess.run(left, capture_output=True, text=True, timeout=30).stdout == ""
    finally:
        shop.run("down", "--volumes")
        subprocess.run(["docker", "volume", "rm", "--force", volume], capture_output=True, timeout=30)


@pytest.mark.docker
@pytest.mark.native
def test_a_port_that_a_container_has_names_the_container(tmp_path: Path) -> None:
    need("docker")
    need("native")
    shop = Shop(tmp_path, "native", free_port())
    shop.write()
    name, image = f"stackctl-test-holder-{shop.port}", registry.component(c.PUSHGATEWAY).image
    run = ["docker", "run", "--detach", "--rm", "--name", name, "--publish", f"127.0.0.1:{shop.port}:9091", image]
    subprocess.run(run, check=True, capture_output=True, timeout=60)
    try:
        for arguments in (["up", "--runtime", "native"], ["up", "--runtime", "native", "--dry-run"]):
            said = shop.run(*arguments, code=3).stderr
            assert f"127.0.0.1:{shop.port}: the container {name} ({image}) uses it\n" in said
            assert "docker-proxy" not in said
    finally:
        subprocess.run(["docker", "rm", "--force", name], capture_output=True, timeout=60)
