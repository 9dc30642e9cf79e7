"""The blackbox exporter probes what the manifest names."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.components.rendered import RUNTIMES, jobs_of, started

PROBES = '{probes: {home: {url: "https://example.test/"}, db: {url: "localhost:5432", module: tcp_connect}}}'


def test_each_probe_is_a_job_with_its_module(tmp_path: Path) -> None:
    jobs = {job["job_name"]: job for job in jobs_of(tmp_path, "blackbox", PROBES)}
    assert jobs.keys() == {"blackbox", "probe-home", "probe-db"}
    assert jobs["probe-db"]["params"] == {"module": ["tcp_connect"], "target": ["localhost:5432"]}


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_every_module_of_the_schema_is_configured(tmp_path: Path, runtime: str) -> None:
    exporter = started(tmp_path, "blackbox", PROBES, runtime)
    modules = exporter.tree.yaml("blackbox/blackbox.yml")["modules"]
    assert list(modules) == ["http_2xx", "http_post_2xx", "tcp_connect", "icmp"]
    assert exporter.command[0].endswith("/blackbox/blackbox.yml")
