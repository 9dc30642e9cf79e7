"""A pretended cluster whose pods have volumes: folders of this machine, at which the real program runs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stackctl.cluster.objects import COPIED
from stackctl.cluster.waiting import WORKLOADS
from stackctl.errors import Unavailable
from tests.contract import operator
from tests.contract.api_server import Pretended, path_of

CLAIMS = {
    "prometheus-shop-db-prometheus-shop-0": {
        "app.kubernetes.io/name": "prometheus",
        "app.kubernetes.io/instance": "shop",
    },
    "shop-grafana": {},
}
SNAPSHOT = f"{operator.PROXY}/admin/tsdb/snapshot"
_PROGRAM = (
    "import sys; from pathlib import Path; from stackctl.cluster import volume_pod as program; "
    "program.DATA = Path(sys.argv[1]); program.main(sys.argv[2:])"
)


@dataclass
class Volumes:
    """The folders of claims, and what is run at them; a command in `failing` fails."""

    cluster: Pretended
    folder: Path
    ran: list[str] = field(default_factory=list)
    failing: str = ""

    def of(self, claim: str) -> Path:
        return self.folder / claim

    @property
    def prometheus(self) -> Path:
        return self.of("prometheus-shop-db-prometheus-shop-0")

    @property
    def grafana(self) -> Path:
        return self.of("shop-grafana")

    def tend(self) -> None:
        """Do what operator, kubelet and controllers do after a change."""
        operator.run(self.cluster)
        for each in [*self.cluster.objects.values()]:
            metadata = each["metadata"]
            if each["kind"] in WORKLOADS and each["spec"].get("replicas") == 0:
                pod = f"{each['kind'].lower()}-{metadata['name']}-0"
                self.cluster.objects.pop(path_of("v1", "Pod", "shop", pod), None)
            if COPIED in (metadata.get("labels") or {}):
                metadata["uid"] = metadata["name"]
                each["status"] = {"conditions": [{"type": "Ready", "status": "True"}]}

    def execution(self, _: Any, namespace: str, pod: str, command: Sequence[str]) -> Execution:
        spec = self.cluster.objects[path_of("v1", "Pod", namespace, pod)]["spec"]
        (claim,) = (each["persistentVolumeClaim"]["claimName"] for each in spec["volumes"] if each["name"] == "data")
        self.ran.append(f"{command[2]} {claim}")
        if command[2] == self.failing:
            raise Unavailable.of("cluster.volume", "the pod cannot copy data", remedy="Run it again.")
        return Execution([sys.executable, "-c", _PROGRAM, str(self.of(claim)), *command[2:]])


class Execution:
    """The program, as a process of this machine."""

    def __init__(self, command: Sequence[str]) -> None:
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe)
        assert self._process.stdin
        assert self._process.stdout
        self._in, self._out = self._process.stdin, self._process.stdout

    def __enter__(self) -> Execution:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def read(self, size: int) -> bytes:
        return self._out.read(size)

    def line(self, limit: int) -> bytes:
        return self._out.readline(limit)

    def write(self, piece: bytes) -> None:
        self._in.write(piece)

    def finish(self) -> None:
        _, words = self._process.communicate()
        if self._process.returncode:
            raise Unavailable.of("cluster.volume", "the pod cannot copy data", cause=words.decode(), remedy="Again.")
