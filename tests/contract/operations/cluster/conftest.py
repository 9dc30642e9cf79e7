"""A stack with a service of its own and Grafana, in a pretended cluster."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from stackctl.manifest import load
from stackctl.model import Stack
from tests.contract.api_server import Pretended, pretended

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
