"""Results of repeated verifications are scraped: nothing is started for them."""

from __future__ import annotations

from pathlib import Path

from stackctl.render import render
from tests.unit.components.rendered import jobs_of, stack_with


def test_is_scraped_at_the_usual_port_and_not_started(tmp_path: Path) -> None:
    (job,) = jobs_of(tmp_path, "stackctl", "{}")
    assert [target for group in job["static_configs"] for target in group["targets"]] == ["localhost:9799"]
    assert render(stack_with(tmp_path, "stackctl", "{}"), "native").unit("stackctl") is None


def test_is_scraped_where_it_listens(tmp_path: Path) -> None:
    (job,) = jobs_of(tmp_path, "stackctl", '{targets: ["proof:1234"], job: proof}')
    assert (job["job_name"], [each["targets"] for each in job["static_configs"]]) == ("proof", [["proof:1234"]])
