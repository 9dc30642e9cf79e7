"""An exporter that stackctl does not know: the manifest says all of it, and it is started, scraped and proved."""

from __future__ import annotations

import json
import stat
import subprocess
import urllib.parse
import urllib.request
from pathlib import Path

import pytest

from stackctl import tools
from stackctl.components import registry
from tests.answers import samples
from tests.e2e.real_stack import BOTH, need, stackctl
from tests.ports import free_port

pytestmark = pytest.mark.e2e
HIDDEN = "a-token-of-the-queue"
MANIFEST = """\
version: 1
name: {name}
prometheus: {{listen: {prometheus}, scrape_interval: 1s, evaluation_interval: 1s}}
exporters:
  node:
    listen: {node}
    job: machines
    scrape_interval: 5s
    labels: {{site: home}}
    args: ["--collector.disable-defaults", "--collector.uname"]
  queue:
    image: {image}
    program: {program}
    port: {port}
    listen: {port}
    command: ["--web.listen-address=:{port}", "--web.telemetry-path=/stats"]
    metrics_path: /stats
    job: queues
    scrape_interval: 1s
    labels: {{team: core}}
    env: {{QUEUE_REGION: north, QUEUE_TOKEN: "${{TOKEN}}"}}
"""


@pytest.mark.parametrize("runtime", BOTH)
def test_runs_and_scrapes_an_unknown_exporter(tmp_path: Path, runtime: str) -> None:
    need(runtime)
    image = registry.component("pushgateway").image
    program = str(tools.require("pushgateway").path) if runtime == "native" else "pushgateway"
    ports = {name: free_port() for name in ("prometheus", "node", "port")}
    name = f"stackctl-test-{ports['prometheus']}"
    manifest = tmp_path / "stack.yml"
    manifest.write_text(MANIFEST.format(name=name, image=image, program=program, **ports))
    (tmp_path / ".env").write_text(f"TOKEN={HIDDEN}\n")
    try:
        up = stackctl("-f", str(manifest), "up", "--runtime", runtime)
        assert up.returncode == 0, up.stderr
        verified = stackctl("-f", str(manifest), "verify", "-o", "json")
        assert verified.returncode == 0, verified.stdout + verified.stderr
        found = {(each["code"], each["subject"]): each["status"] for each in json.loads(verified.stdout)["diagnostics"]}
        assert found["component.ready", "queue"] == found["exporter.works", "node"] == "pass"
        assert _value(ports["prometheus"], 'up{job="queues", team="core"}') == 1
        assert _value(ports["prometheus"], 'node_uname_info{job="machines", site="home"}') == 1
        assert _value(ports["prometheus"], "count(node_scrape_collector_success)") == 1
        assert _intervals(ports["prometheus"]) == {"prometheus": "1s", "machines": "5s", "queues": "1s"}
        assert HIDDEN not in up.stdout + up.stderr + verified.stdout
        assert _environment(name, ports["port"], runtime)["QUEUE_TOKEN"] == HIDDEN
        for path in (tmp_path / ".stackctl").rglob("*"):
            if path.is_file() and HIDDEN in path.read_text(errors="replace"):
                assert not stat.S_IMODE(path.stat().st_mode) & 0o007, path
    finally:
        stackctl("-f", str(manifest), "down", "--volumes")


def _value(port: int, query: str) -> float | None:
    result = samples(port, query)
    return float(result[0]["value"][1]) if result else None


def _intervals(port: int) -> dict[str, str]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/targets", timeout=10) as answer:
        targets = json.loads(answer.read())["data"]["activeTargets"]
    return {target["scrapePool"]: target["scrapeInterval"] for target in targets}


def _environment(name: str, port: int, runtime: str) -> dict[str, str]:
    """The variables of the exporter that runs."""
    if runtime == "docker":
        inspect = ["docker", "inspect", "--format", "{{json .Config.Env}}", f"{name}-queue-1"]
        lines = json.loads(subprocess.run(inspect, capture_output=True, text=True, check=True).stdout)
    else:
        listening = f"--web.listen-address=:{port}".encode()
        folder = next(path.parent for path in Path("/proc").glob("[0-9]*/cmdline") if listening in path.read_bytes())
        lines = (folder / "environ").read_text().split("\0")
    return dict(line.split("=", 1) for line in lines if "=" in line)
