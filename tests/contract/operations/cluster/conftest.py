"""A stack with a service of its own and Grafana, in a pretended cluster."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from stackctl.manifest import load
from stackctl.model import Stack
from stackctl.operations.cluster.up import bring_up
from tests.contract import operator
from tests.contract.api_server import Pretended, pretended
from tests.contract.operations.cluster.volumes import CLAIMS, SNAPSHOT, Volumes
from tests.unit.operations.pretended import Noted

CLOCK_BEHIND_SECONDS = 3600
MANIFEST = """
version: 1
name: shop
runtime: kubernetes
kubernetes: {context: test, namespace: shop}
grafana: {}
services:
  api: {targets: ["api:8000"], run: {docker: {image: "x:1", user: "1000", ports: ["8000:8000"]}}}
rules:
  - name: shop
    rules: [{record: "job:up:sum", expr: sum by (job) (up)}]
"""


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pretended]:
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "config"))
    with pretended(tmp_path) as made:
        yield made


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    (tmp_path / "stack.yml").write_text(MANIFEST)
    return tmp_path / "stack.yml"


@pytest.fixture
def stack(manifest: Path) -> Stack:
    return load(manifest)


@pytest.fixture
def volumes(manifest: Path, cluster: Pretended, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Volumes:
    """The stack, up, with its volumes, and a snapshot that Prometheus makes when it is asked to."""
    found = Volumes(cluster, tmp_path / "volumes")
    cluster.after_change = found.tend
    bring_up(manifest, 5.0, Noted())
    cluster.deleted.clear()
    for claim, labels in CLAIMS.items():
        found.of(claim).mkdir(parents=True)
        metadata = {"name": claim, "namespace": "shop", "labels": labels}
        if labels:  # the operator's own
            cluster.add({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": {}})
    (found.grafana / "grafana.db").write_text("people")
    (found.prometheus / "wal").write_text("not read")
    # Its node's clock is not that of this machine.
    clock = time.time() - CLOCK_BEHIND_SECONDS

    def make(_: object) -> dict[str, object]:
        snapshot = f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime(clock))}-1"
        (found.prometheus / "snapshots" / snapshot / "01").mkdir(parents=True)
        (found.prometheus / "snapshots" / snapshot / "01" / "index").write_text("samples")
        return {"status": "success", "data": {"name": snapshot}}

    now = {"resultType": "vector", "result": [{"metric": {}, "value": [clock, str(clock)]}]}
    cluster.proxied[f"{operator.PROXY}/query"] = {"status": "success", "data": now}
    cluster.proxied[SNAPSHOT] = make
    monkeypatch.setattr("stackctl.cluster.execution.Execution", found.execution)
    return found
