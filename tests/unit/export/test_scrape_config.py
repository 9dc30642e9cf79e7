"""The exported scrape jobs."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.export.scrape_config import export_scrape_config
from stackctl.model import Stack
from tests.unit.export.manifests import stack_in


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    return stack_in(tmp_path)


def test_jobs_are_those_of_the_services_alone(stack: Stack) -> None:
    jobs = export_scrape_config(stack).yaml("scrape/jobs.yml")["scrape_configs"]
    assert [job["job_name"] for job in jobs] == ["Api_Server", "worker"]
    assert jobs[0]["relabel_configs"][0]["replacement"] == "shop-prod"
