"""What others write to Prometheus is accepted, by its own account of the last minutes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.contract.serving import Asked, Reply
from tests.contract.world import World, success

ID = "remote_write.received"
REFUSED = (
    'time=2026-12-03T12:57:49Z level=ERROR msg="Out of order sample from remote write" err="out of order sample" '
    'series="{job=\\"app\\"}"'
)


def take(well: World, *, otlp: bool = False, **codes: float) -> list[str]:
    """Let others write to Prometheus: the requests of the last minutes by status. Returns what is asked."""
    stack = well.context.stack
    server = replace(stack.prometheus, remote_write_receiver=not otlp, otlp_receiver=otlp)
    jobs = tuple(replace(job, component=server) if job.name == "prometheus" else job for job in well.context.jobs)
    well.change(stack=replace(stack, prometheus=server), jobs=jobs)
    asked: list[str] = []

    def answer(query: str) -> Any:
        asked.append(query)
        found = [{"metric": {"code": code[1:]}, "value": [1, str(count)]} for code, count in codes.items()]
        return success({"result": found if "prometheus_http_requests_total" in query else []})

    well.servers["prometheus"].routes["/api/v1/query"] = Asked(answer)
    return asked


def test_stack_that_takes_nothing_has_no_row(well: World) -> None:
    assert well.findings(ID) == []


@pytest.mark.parametrize(("otlp", "path"), [(False, "/api/v1/write"), (True, "/api/v1/otlp/v1/metrics")])
def test_accepted_requests_pass(well: World, otlp: bool, path: str) -> None:
    asked = take(well, otlp=otlp, c204=12.0, c200=1.0)
    finding = well.only(ID)
    assert (finding.subject, finding.status) == (path, "pass")
    assert any(f'job="prometheus",handler="{path}"' in query for query in asked)


@pytest.mark.parametrize(("accepted", "status"), [(10.2, "warn"), (0.0, "fail")])
@pytest.mark.parametrize("code", ["c503", "c429"])
def test_requests_that_senders_repeat_are_not_lost(well: World, code: str, accepted: float, status: str) -> None:
    """While Prometheus reads its log at the start, it takes nothing, and loses nothing."""
    take(well, c204=accepted, **{code: 9.8})
    finding = well.only(ID)
    assert (finding.status, ", which senders repeat" in finding.summary) == (status, True)


def test_refused_requests_fail_with_the_reason(well: World) -> None:
    take(well, c204=10.2, c400=9.8)
    well.change(place=replace(well.context.place, lines=(REFUSED, REFUSED)))
    finding = well.only(ID)
    assert finding.status == "fail"
    assert finding.summary == "Prometheus refused about 10 of 20 requests of the last 5 minutes"
    assert finding.evidence == 'Out of order sample from remote write: out of order sample {job="app"}'


def test_nothing_that_was_written_is_no_pass(well: World) -> None:
    take(well, c204=0.0)
    assert (well.only(ID).status, well.only(ID).summary) == ("skip", "nothing was written in the last 5 minutes")


def test_server_that_does_not_scrape_itself_is_skipped(well: World) -> None:
    take(well)
    well.change(jobs=tuple(job for job in well.context.jobs if job.name != "prometheus"))
    assert well.only(ID).status == "skip"


def test_no_answer_is_no_pass(well: World) -> None:
    take(well)
    well.servers["prometheus"].routes["/api/v1/query"] = Reply("no", 500)
    assert well.only(ID).status == "fail"
