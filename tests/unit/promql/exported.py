"""A stack of the components that have catalogues, and what is known of their metrics."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from stackctl.manifest import load
from stackctl.metrics import catalogue
from stackctl.model import Stack
from stackctl.promql.catalogue import Catalogue

MANIFEST = """\
version: 1
name: shop
alertmanager: {receivers: {nobody: {webhook: {url: "http://localhost:1/"}}}}
pushgateway: {}
exporters:
  node: {labels: {zone: a}}
  redis: {address: "localhost:6379"}
  postgres: {dsn: "postgresql://monitor:pw@localhost/postgres"}
  nginx: {url: "http://localhost:8080/stub_status"}
  process: {}
  blackbox: {probes: {site: {url: "https://example.com/"}}}
"""


@cache
def exported() -> Catalogue:
    """Return the catalogue of the stack, in which everything is known."""
    return catalogue(stack_of(MANIFEST))


def stack_of(manifest: str) -> Stack:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "stack.yml").write_text(manifest)
        return load(Path(folder) / "stack.yml", {})
