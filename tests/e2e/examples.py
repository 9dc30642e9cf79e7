"""The examples as tests play them: on free ports, with time compressed, simulated, and with a receiver that listens."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from stackctl.manifest import load
from stackctl.simulate.exporters import simulated_exporters
from stackctl.wait import wait_until
from tests.answers import is_ready
from tests.e2e.real_stack import webhook
from tests.ports import free_port

EXAMPLES = Path(__file__).parents[2] / "examples"
LISTENING = ("prometheus", "alertmanager", "pushgateway")


@dataclass
class Sink:
    """A webhook receiver that remembers which alerts have arrived firing."""

    port: int = 0
    fired: set[str] = field(default_factory=set)


@contextmanager
def sink() -> Iterator[Sink]:
    received = Sink()

    def hear(_: str, body: Any) -> int:
        received.fired |= {a["labels"]["alertname"] for a in body["alerts"] if a["status"] == "firing"}
        return 200

    with webhook(hear, "0.0.0.0") as received.port:
        yield received


def copied(example: str, folder: Path, sink_port: int, ports: dict[str, int] | None = None) -> Path:
    """The example with free ports, compressed time, without Grafana, and with its receiver at the sink."""
    shutil.copytree(EXAMPLES / example, folder, dirs_exist_ok=True)
    for rules in folder.glob("rules/*.yml"):
        rules.write_text(_compressed(rules.read_text()))
    adapt(folder / "stack.yml", sink_port, {} if ports is None else ports)
    return folder / "stack.yml"


def adapt(path: Path, sink_port: int, ports: dict[str, int]) -> None:
    """Do with a manifest what `copied` promises. `ports` are those that it has been moved to, by those it had."""
    manifest = yaml.safe_load(moved(path.read_text(), ports))
    manifest["name"] = f"stackctl-test-{free_port()}"
    manifest.pop("grafana", None)
    for name in LISTENING:
        if name in manifest or name == "prometheus":
            manifest[name] = {**(manifest.get(name) or {}), "listen": free_port()}
    for name, exporter in manifest.get("exporters", {}).items():
        if name != "clickhouse":  # listens for itself
            exporter["listen"] = free_port()
    manifest["prometheus"] |= {"scrape_interval": "1s", "evaluation_interval": "1s"}
    for service in manifest["services"].values():
        service.pop("scrape_interval", None)
    if "alertmanager" in manifest:
        manifest["alertmanager"]["receivers"] = {"sink": {"webhook": {"url": f"http://localhost:{sink_port}/"}}}
        manifest["alertmanager"]["route"] = {"receiver": "sink", "group_wait": "1s", "group_interval": "1s"}
        manifest["alertmanager"].pop("routing", None)
    path.write_text(yaml.safe_dump(manifest, sort_keys=False))


def moved(text: str, ports: dict[str, int]) -> str:
    """`text` with each port of localhost replaced by one that is free, the same one every time."""
    return re.sub(r"localhost:(\d+)", lambda match: f"localhost:{ports.setdefault(match[1], free_port())}", text)


def _compressed(rules: str) -> str:
    without_waits = re.sub(r"(?m)^(\s*)(for|interval): .*$", r"\1\2: 1s", rules)
    return re.sub(r"\[\d+[mh]\]", "[10s]", without_waits)


@contextmanager
def simulated(manifest: Path, *options: str) -> Iterator[int]:
    """A running simulation; the port of its control."""
    control = free_port()
    command = [sys.executable, "-m", "stackctl", "-f", str(manifest), "simulate", "--control-port", str(control)]
    running = subprocess.Popen([*command, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: is_ready(f"http://127.0.0.1:{control}/-/scenario"), bool, 20, what="the simulation")
        yield control
    finally:
        running.terminate()
        running.wait(10)


def left_to_run(manifest: Path) -> list[str]:
    """The components that are not simulated where the exporters are."""
    stack = load(manifest)
    simulated = {exporter.name for exporter in simulated_exporters(stack)}
    return [component.name for component in stack.components if component.name not in simulated]


def play(control: int, scenario: str) -> None:
    request = urllib.request.Request(f"http://127.0.0.1:{control}/-/scenario?name={scenario}", method="POST")
    urllib.request.urlopen(request).close()
