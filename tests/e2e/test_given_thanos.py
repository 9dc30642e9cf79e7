"""A real Thanos Query in front of two real Prometheus with their sidecars: each part that is lost is red."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from stackctl import tools
from stackctl.wait import wait_until
from tests.e2e.real_stack import cannot_run, need
from tests.e2e.test_given_servers import PATIENCE_SECONDS, READY, Running, red, running, verify
from tests.servers import thanos

pytestmark = [pytest.mark.e2e, pytest.mark.native, pytest.mark.long]

RULES = """\
groups:
  - name: g
    rules:
      - {alert: Down, expr: up == 0, for: 1m}
      - {record: "job:up:sum", expr: sum by (job) (up)}
"""
SHARDS = ("one", "two")
LOST = "component.ready prometheus"


def shard(made: Running, name: str, jobs: Sequence[str], replica: str = "0", address: str = "") -> None:
    """Start a Prometheus that scrapes the application for these jobs, and its sidecar."""
    port, target = made.port(name), address or f"127.0.0.1:{made.port('app')}"
    config = {
        "global": {
            "scrape_interval": "1s",
            "evaluation_interval": "1s",
            "external_labels": {"shard": name[:3], "prometheus_replica": replica},
        },
        "rule_files": ["rules.yml"],
        "scrape_configs": [{"job_name": job, "static_configs": [{"targets": [target]}]} for job in jobs],
    }
    made.files({f"{name}.yml": json.dumps(config), "rules.yml": RULES})
    blocks = [f"--storage.tsdb.{which}-block-duration=2h" for which in ("min", "max")]
    made.start(
        name,
        str(tools.require("prometheus").path),
        f"--config.file={name}.yml",
        f"--storage.tsdb.path={made.folder / name}",
        f"--web.listen-address=127.0.0.1:{port}",
        *blocks,
        ready=READY,
    )
    sidecar(made, name)


def sidecar(made: Running, name: str) -> None:
    made.start(
        f"{name}-sidecar",
        program(),
        "sidecar",
        f"--prometheus.url=http://127.0.0.1:{made.port(name)}",
        f"--tsdb.path={made.folder / name}",
        f"--grpc-address=127.0.0.1:{made.port(f'{name}-sidecar')}",
        f"--http-address=127.0.0.1:{made.port(f'{name}-sidecar-http')}",
    )


def query(made: Running, names: Sequence[str], name: str = "query") -> str:
    """Start a Query over the sidecars of some Prometheus, and return its address once it has seen all of them."""
    made.start(
        name,
        program(),
        "query",
        "--query.replica-label=prometheus_replica",
        f"--http-address=127.0.0.1:{made.port(name)}",
        f"--grpc-address=127.0.0.1:{made.port(f'{name}-grpc')}",
        *(f"--endpoint=127.0.0.1:{made.port(f'{each}-sidecar')}" for each in names),
    )
    url = f"http://127.0.0.1:{made.port(name)}"
    stores(url, lambda found: len(found) == len(names) and not any(found.values()))
    return url


def stores(url: str, done: Any) -> None:
    """Wait for what a Query says of its stores: their addresses with their errors."""

    def look() -> dict[str, Any]:
        with urllib.request.urlopen(f"{url}/api/v1/stores", timeout=10) as answer:
            found = json.load(answer)["data"]
        return {each["name"]: each["lastError"] for some in found.values() for each in some}

    wait_until(look, done, PATIENCE_SECONDS, what="the stores")


def program() -> str:
    if not thanos.program().is_file():
        cannot_run("no Thanos: run tests/servers/up")
    return str(thanos.program())


def settled(url: str) -> list[dict[str, Any]]:
    """What is verified once both shards have been scraped, and their rules evaluated."""

    def done(seen: tuple[int, list[dict[str, Any]], str]) -> bool:
        rows = {f"{each['code']} {each['subject']}" for each in seen[1] if each["status"] == "pass"}
        return rows >= {"job.stored one", "job.stored two", "rule.healthy rules.yml/g/Down"}

    return wait_until(lambda: verify(f"--prometheus={url}", "--timeout=20s"), done, PATIENCE_SECONDS, what="rows")[1]


@pytest.fixture
def shards(tmp_path: Path) -> Iterator[Running]:
    need("native")
    program()
    with running(tmp_path) as made:
        made.app()
        for name in SHARDS:
            shard(made, name, [name])
        yield made


def end(made: Running, name: str) -> None:
    made.processes[name].kill()
    made.processes[name].wait(PATIENCE_SECONDS)


def test_targets_and_rules_of_all_shards_are_proven_until_one_is_lost(shards: Running) -> None:
    url = query(shards, SHARDS)
    assert red(settled(url)) == set()

    end(shards, "one-sidecar")
    stores(url, lambda found: any(found.values()))
    code, findings, _ = verify(f"--prometheus={url}", "--timeout=20s")
    assert (code, red(findings)) == (1, {LOST})
    (lost,) = [each for each in findings if f"{each['code']} {each['subject']}" == LOST]
    address = f"127.0.0.1:{shards.port('one-sidecar')}"
    assert lost["summary"] == f"{url} is a Thanos Query that does not reach 1 of its 2 stores"
    assert f"{address}: " in lost["evidence"]

    sidecar(shards, "one")
    stores(url, lambda found: not any(found.values()))
    assert red(settled(url)) == set()


def test_query_that_asks_nobody_is_red(shards: Running) -> None:
    _, findings, _ = verify(f"--prometheus={query(shards, [])}", "--timeout=20s")
    assert LOST in red(findings)


def test_replicas_are_one(shards: Running) -> None:
    shard(shards, "one-again", ["one"], replica="1")
    assert red(settled(query(shards, [*SHARDS, "one-again"]))) == set()


def test_target_that_is_down_in_one_shard_is_red(shards: Running) -> None:
    shard(shards, "bad", ["dead"], address="127.0.0.1:9")
    url = query(shards, [*SHARDS, "bad"])
    settled(url)
    _, findings, _ = verify(f"--prometheus={url}", "--timeout=20s")
    assert red(findings) == {"target.up dead/127.0.0.1:9"}
