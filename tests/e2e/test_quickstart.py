"""The quickstart as `make demo` plays it, on real servers; then broken, and taken down."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from stackctl.runtimes.native import process
from stackctl.wait import wait_until
from tests.e2e.real_stack import need, usual_ports
from tests.program import stackctl

pytestmark = [pytest.mark.e2e, pytest.mark.long]

DEMO = Path(__file__).parents[2] / "examples" / "quickstart" / "demo.py"
PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class Demo:
    """A demo in a scratch folder of its own."""

    home: Path
    runtime: str

    def run(self, *arguments: str, code: int = 0) -> str:
        ran = subprocess.run(
            [sys.executable, str(DEMO), *arguments],
            env={**os.environ, "STACKCTL_DEMO_DIR": str(self.home), "NO_COLOR": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert ran.returncode == code, ran.stdout
        return ran.stdout

    def up(self) -> str:
        return self.run("up", "--runtime", self.runtime)

    def stackctl(self, *arguments: str, code: int = 0) -> str:
        ran = stackctl(*arguments, cwd=self.home)
        assert ran.returncode == code, ran.stdout + ran.stderr
        return ran.stdout

    @property
    def kept(self) -> dict[str, Any]:
        return dict(json.loads((self.home / "demo.json").read_text()))

    def target_health(self) -> str:
        url = f"http://127.0.0.1:{self.kept['ports']['prometheus']}/api/v1/targets"
        with urllib.request.urlopen(url, timeout=PATIENCE_SECONDS) as answer:
            targets = json.load(answer)["data"]["activeTargets"]
        return next(str(target["health"]) for target in targets if target["labels"]["job"] == "shop")


@pytest.fixture(
    params=[pytest.param("docker", marks=pytest.mark.docker), pytest.param("native", marks=pytest.mark.native)]
)
def demo(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Demo]:
    need(request.param)
    made = Demo(tmp_path / "demo", request.param)
    yield made
    made.run("down")


def stop_shop(demo: Demo) -> process.Entry:
    kept = demo.kept
    shop = process.Entry(kept["pid"], kept["started"], "")
    assert process.is_alive(shop)
    os.kill(shop.pid, 15)
    wait_until(lambda: process.is_alive(shop), lambda alive: not alive, PATIENCE_SECONDS, what="the shop to end")
    return shop


def test_demo_shows_every_step_and_leaves_nothing(demo: Demo) -> None:
    with usual_ports():
        shown = demo.up()
    for command in (f"$ stackctl up --runtime {demo.runtime}", "$ stackctl reload", "$ stackctl verify"):
        assert command in shown
    assert re.search(r"before  .* > 0\.05\n.*after   .* > 0\.02\n", shown)
    assert re.search(r"target\.up +[34] ", shown)
    assert f"http://127.0.0.1:{demo.kept['ports']['prometheus']}/alerts" in shown
    assert f"edit a rule, then `{Path(sys.executable).with_name('stackctl')} reload`." in shown
    assert "Stop it all with `make demo-down`." in shown

    again = demo.up()
    assert "It runs already" in again

    shop = process.Entry(demo.kept["pid"], demo.kept["started"], "")
    assert "The shop is closed." in demo.run("down")
    assert not demo.home.exists()
    assert not process.is_alive(shop)
    assert demo.run("down") == "nothing to stop\n"


def test_stopped_shop_fails_verify_until_it_is_back(demo: Demo) -> None:
    with usual_ports():  # to the end: the shop's port must still be free when it comes back
        demo.up()
        stop_shop(demo)
        assert_red(demo)
        assert "The shop is open" in demo.up()


def assert_red(demo: Demo) -> None:
    wait_until(demo.target_health, lambda health: health == "down", PATIENCE_SECONDS, what="the target to go down")
    report = json.loads(demo.stackctl("verify", "--output", "json", code=1))
    failed = {check["code"]: check for check in report["diagnostics"] if check["status"] == "fail"}
    assert set(failed) == {"target.up"}
    assert "connection refused" in failed["target.up"]["summary"]
    assert "start the service" in failed["target.up"]["remedy"]
    assert Path(failed["target.up"]["source"]["file"]).name == "stack.yml"


def test_taken_ports_are_replaced_and_reported(demo: Demo) -> None:
    with usual_ports(), socket.socket() as app, socket.socket() as prometheus:
        for other, port in ((app, 8000), (prometheus, 9090)):
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                other.bind(("127.0.0.1", port))
                other.listen()
            except OSError:
                continue  # somebody else holds it, which is as good
        shown = demo.up()
    assert "Port 8000 is taken, so app gets " in shown
    assert "Port 9090 is taken, so prometheus gets " in shown
    assert {8000, 9090}.isdisjoint(demo.kept["ports"].values())
