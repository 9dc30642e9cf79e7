"""The size of a stack by its manifest, and as its Prometheus has it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stackctl.operations.sizing import size_of
from stackctl.sizing import Size
from tests.contract.serving import Asked, Reply, Server

MANIFEST = """\
version: 1
name: shop
prometheus: {scrape_interval: 15s}
grafana: {admin: {password: only-in-tests}}
exporters: {node: {}, blackbox: {probes: {home: {url: "http://localhost:9/"}}}}
services:
  api: {targets: ["localhost:8000", "localhost:8001"], metrics: {depth: {type: gauge, labels: {queue: [a, b]}}}}
  open: {targets: ["localhost:8002"], scrape_interval: 30s, metrics: {hits_total: {type: counter, labels: {path: {}}}}}
  bare: {targets: ["localhost:8003"]}
  found: {discovery: {http_sd_configs: [{url: "http://localhost:9/"}]}}
"""
PAGE = "prometheus_tsdb_head_series 900\nprocess_resident_memory_bytes 90000000\n"
PAGE += "prometheus_tsdb_storage_blocks_bytes 7000\nprometheus_tsdb_wal_storage_size_bytes 300\n"


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    (tmp_path / "stack.yml").write_text(MANIFEST)
    return tmp_path / "stack.yml"


def series_of(size: Size) -> dict[str, tuple[int | None, int | None, str]]:
    return {each.job: (each.targets, each.series, each.known_by) for each in size.jobs}


def test_jobs_are_counted_by_contracts_and_by_what_components_were_seen_to_serve(manifest: Path) -> None:
    found = series_of(size_of(manifest))
    assert found["api"] == (2, 4, "contract")
    assert found["node"][2] == found["probe-home"][2] == "measured"
    assert found["bare"] == (1, None, "")
    assert found["found"] == (None, None, "")


def test_a_job_that_nothing_is_known_of_is_named(manifest: Path) -> None:
    assert size_of(manifest).unknown == ("grafana", "bare", "found")


def test_a_given_number_counts_the_targets_that_nothing_is_known_of(manifest: Path) -> None:
    size = size_of(manifest, 1000)
    assert series_of(size)["bare"] == (1, 1000, "assumed")
    assert size.unknown == ("found",)
    assert series_of(size)["api"] == (2, 4, "contract")


def test_an_open_label_makes_a_number_the_least(manifest: Path) -> None:
    jobs = {each.job: each for each in size_of(manifest).jobs}
    assert jobs["open"].is_least
    assert jobs["open"].interval_seconds == 30.0
    assert not jobs["api"].is_least


def test_relabelling_that_may_drop_series_makes_a_contract_say_nothing(manifest: Path) -> None:
    dropping = "metric_relabel: [{source_labels: [queue], regex: a, action: drop}], "
    manifest.write_text(MANIFEST.replace("metrics: {depth", f"{dropping}metrics: {{depth"))
    assert series_of(size_of(manifest))["api"] == (2, None, "")


def test_what_is_pushed_is_counted_by_its_contract(manifest: Path) -> None:
    pushing = "pushgateway: {}\nservices:\n  nightly: {push: {job: night}, metrics: {rows: gauge, done: gauge}}\n"
    manifest.write_text(MANIFEST.replace("services:\n", pushing))
    assert series_of(size_of(manifest))["night"] == (0, 2, "contract")


def test_the_limits_of_the_manifest_are_in_bytes(manifest: Path) -> None:
    limits = "retention: {time: 10d, size: 2GB}, resources: {memory: 512m}"
    manifest.write_text(MANIFEST.replace("scrape_interval: 15s}", f"scrape_interval: 15s, {limits}}}"))
    size = size_of(manifest)
    assert (size.memory_limit, size.size_limit) == (512 * 2**20, 2 * 2**30)
    assert size.kept_seconds == 864000.0


def asked(manifest: Path, server: Server) -> Size:
    """The size of the same stack on servers of somebody else, which Prometheus' answers are about."""
    external = "runtime: external\nexternal: {prometheus: {url: " + server.url + "}}\n"
    text = "\n".join(
        line for line in MANIFEST.splitlines() if not line.startswith(("grafana", "exporters", "prometheus"))
    )
    manifest.write_text(f"{text}\n{external}")
    return size_of(manifest)


def answers(server: Server, series: list[Any], page: Any = PAGE) -> None:
    def counted(_: str) -> Any:
        found = [
            {"metric": {"job": job, "__n__": str(number)}, "value": [1.0, str(value)]}
            for number, values in enumerate(series)
            for job, value in values.items()
        ]
        return {"status": "success", "data": {"result": found}}

    server.routes["/api/v1/query"] = Asked(counted)
    server.routes["/metrics"] = page


def test_a_job_that_runs_is_counted_as_prometheus_has_it(manifest: Path, server: Server) -> None:
    answers(server, [{"api": 700, "found": 50}, {"api": 3, "found": 5}])
    size = asked(manifest, server)
    assert series_of(size)["api"] == (3, 700, "running")
    assert series_of(size)["found"] == (5, 50, "running")
    assert series_of(size)["open"][2] == "contract"
    assert size.now
    assert (size.now.series, size.now.memory_bytes, size.now.disk_bytes) == (900, 90000000, 7300)
    assert size.needs.disk_bytes is None


def test_a_server_that_says_nothing_of_itself_is_no_failure(manifest: Path, server: Server) -> None:
    answers(server, [{"api": 700}, {"api": 3}], Reply("not found", 404))
    size = asked(manifest, server)
    assert size.now is None
    assert series_of(size)["api"] == (3, 700, "running")


def test_why_a_running_prometheus_was_not_asked_is_said(manifest: Path, server: Server) -> None:
    server.routes["/api/v1/query"] = Reply("down", 503)
    size = asked(manifest, server)
    assert size.unasked
    assert series_of(size)["api"] == (2, 4, "contract")
