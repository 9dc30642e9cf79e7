"""The Windows exporter is installed on other machines."""

from __future__ import annotations

from pathlib import Path

from stackctl.render import render
from tests.unit.components.rendered import jobs_of, stack_with


def test_is_scraped_and_not_started(tmp_path: Path) -> None:
    settings = '{targets: ["pc-1:9182"]}'
    (job,) = jobs_of(tmp_path, "windows", settings)
    targets = [target for group in job["static_configs"] for target in group["targets"]]
    assert (job["job_name"], targets, job.get("metrics_path", "/metrics")) == ("windows", ["pc-1:9182"], "/metrics")
    tree = render(stack_with(tmp_path, "windows", settings), "native")
    assert tree.unit("windows") is None
