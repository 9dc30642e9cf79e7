"""A stack that `export kubernetes --servers` has written, as pods of a real cluster, and what `verify` says of it.

The operator and Kubernetes make pods of the objects as they are exported. Everything is asked through the API server's
service proxy, as its administrator. Pods of Grafana run a stand-in (tests/images/build).
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from stackctl.conventions import SIMULATE_IMAGE
from stackctl.wait import TimedOut, wait_until
from tests.e2e.api_server import ApiServer
from tests.e2e.pods import apply, certificate_of_administrator, states
from tests.e2e.test_given_servers import red, verify
from tests.servers import kubernetes

PATIENCE_SECONDS = 90
# Longer than two scrapes; what is not green by then is asked again.
VERIFY_SECONDS = 6
NOBODY = "65534"
NO_IMAGE = "nowhere.test/none:1"
Content: TypeAlias = dict[str, Any]
# Serves metrics and a page, or takes notifications and prints them.
PROGRAM = """
import http.server

class Server(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer(200 if self.path in ("/", "/health", "/metrics") else 404)

    def do_POST(self):
        print(self.rfile.read(int(self.headers["Content-Length"])).decode(), flush=True)
        self.answer(200)

    def answer(self, status):
        body = b"# TYPE orders_total counter\\norders_total 3\\n"
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

http.server.ThreadingHTTPServer(("", 8000), Server).serve_forever()
"""
CONTAINER: Content = {
    "image": SIMULATE_IMAGE,
    "user": NOBODY,
    "command": ["python3", "-c", PROGRAM],
    "ports": ["8000:8000"],
}


@dataclass(frozen=True)
class Running:
    """An exported stack in its namespace, and how it is asked."""

    server: ApiServer
    namespace: str
    objects: Mapping[str, Content]

    def through(self, service: str) -> str:
        """The URL of a Service, `name:port`, through the API server's proxy."""
        return f"{self.server.url}/api/v1/namespaces/{self.namespace}/services/{service}/proxy"

    def data(self, path: str) -> Any:
        """What Prometheus answers at a path of its API."""
        answer = self.server.session.get(f"{self.through('prometheus-operated:9090')}/api/v1/{path}", timeout=30)
        answer.raise_for_status()
        return answer.json()["data"]

    def verified(self, **variables: str) -> tuple[set[str], str]:
        """The rows that are red, without addresses of pods, and all that was printed."""
        options = [
            f"--prometheus={self.through('prometheus-operated:9090')}",
            f"--alertmanager={self.through('alertmanager-operated:9093')}",
            f"--ca-file={self.server.authority}",
            f"--timeout={VERIFY_SECONDS}s",
        ]
        if not variables:
            certificate, key = certificate_of_administrator()
            options += [f"--cert-file={certificate}", f"--key-file={key}"]
        _, findings, printed = verify(*options, **variables)
        return {self.named(each) for each in red(findings)}, printed

    def named(self, row: str) -> str:
        """A row without what differs from run to run: the namespace, addresses of pods, and uids of objects."""
        row = re.sub(r"-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}", "", row.replace(self.namespace, "NS"))
        return re.sub(r"10\.244\.\d+\.\d+", "POD", row)

    def is_red_for(self, wanted: set[str]) -> None:
        """Wait until exactly these rows are red."""
        last: list[tuple[set[str], str]] = []

        def observe() -> set[str]:
            last[:] = [self.verified()]
            return last[0][0]

        try:
            wait_until(observe, lambda found: found == wanted, PATIENCE_SECONDS, what="the rows")
        except TimedOut:
            found, printed = last[0]
            more, missing = sorted(found - wanted), sorted(wanted - found)
            pods = states(self.server, self.namespace)
            raise AssertionError(f"red: {more}\nnot red: {missing}\n{pods}\n{printed}") from None

    def change(self, path: str, change: Callable[[Content], object]) -> None:
        """Apply an object with a change."""
        thing = json.loads(json.dumps(self.objects[path]))
        change(thing)
        apply(self.server, thing, self.namespace)


def export(manifest: Path, name: str, out: Path) -> None:
    """Run the command, as people do."""
    command = [sys.executable, "-m", "stackctl", "-f", str(manifest), "export", "kubernetes", "--servers"]
    subprocess.run([*command, "--namespace", name, "--out", str(out)], check=True, capture_output=True)


def read(out: Path) -> dict[str, Content]:
    """The objects by the paths of their files."""
    files = [path for path in out.rglob("*.yaml") if path.name != "kustomization.yaml"]
    return {str(path.relative_to(out)): yaml.safe_load(path.read_text()) for path in files}


def apply_all(server: ApiServer, name: str, out: Path, around: Path | None = None) -> None:
    """Apply the secrets, and what Kustomize makes of the rest, or of a kustomization `around` it."""
    for path in sorted((out / "secrets").glob("*.yaml")):
        apply(server, yaml.safe_load(path.read_text()), name)
    command = [kubernetes.folder() / "kustomize", "build", around or out]
    for thing in yaml.safe_load_all(subprocess.run(command, check=True, capture_output=True).stdout):
        apply(server, thing, name)
