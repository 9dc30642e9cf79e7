"""ClickHouse exports its metrics itself."""

from __future__ import annotations

from pathlib import Path

from stackctl.render import render
from tests.unit.components.rendered import jobs_of, stack_with


def test_is_scraped_and_not_started(tmp_path: Path) -> None:
    settings = '{target: "db:9363"}'
    (job,) = jobs_of(tmp_path, "clickhouse", settings)
    targets = [target for group in job["static_configs"] for target in group["targets"]]
    assert (job["job_name"], targets, job.get("metrics_path", "/metrics")) == ("clickhouse", ["db:9363"], "/metrics")
    tree = render(stack_with(tmp_path, "clickhouse", settings), "native")
    assert tree.unit("clickhouse") is None
