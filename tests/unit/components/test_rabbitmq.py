"""RabbitMQ exports its metrics itself."""

from __future__ import annotations

from pathlib import Path

from stackctl.render import render
from tests.unit.components.rendered import jobs_of, stack_with


def test_is_scraped_and_not_started(tmp_path: Path) -> None:
    settings = '{targets: ["mq-1:15692", "mq-2:15692"], metrics_path: /metrics/per-object}'
    (job,) = jobs_of(tmp_path, "rabbitmq", settings)
    targets = [target for group in job["static_configs"] for target in group["targets"]]
    assert (job["job_name"], targets, job.get("metrics_path", "/metrics")) == (
        "rabbitmq",
        ["mq-1:15692", "mq-2:15692"],
        "/metrics/per-object",
    )
    tree = render(stack_with(tmp_path, "rabbitmq", settings), "native")
    assert tree.unit("rabbitmq") is None
