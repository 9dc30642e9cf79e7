"""The series that targets serve are compared with the budget of the stack."""

from __future__ import annotations

from dataclasses import replace

from tests.contract.serving import Asked, Reply
from tests.contract.world import World, success

ID = "prometheus.series"


def serve(well: World, budget: int, **jobs: int) -> None:
    """Let the targets of these jobs serve so many series."""
    stack = well.context.stack
    well.change(stack=replace(stack, prometheus=replace(stack.prometheus, series_budget=budget)))
    found = {job: {"metric": {"job": job, "instance": f"{job}:1"}, "value": [1.0, str(n)]} for job, n in jobs.items()}

    def answer(query: str) -> object:
        named = [job for job in jobs if job in well.former] if "timestamp(up)" in query else [*jobs]
        return success({"resultType": "vector", "result": [found[job] for job in named]})

    well.servers["prometheus"].routes["/api/v1/query"] = Asked(answer)


def test_stack_without_a_budget_has_no_row(well: World) -> None:
    assert well.findings(ID) == []


def test_as_many_series_as_the_budget_pass(well: World) -> None:
    serve(well, 1500, api=1200, node=300)
    finding = well.only(ID)
    assert (finding.status, finding.summary) == ("pass", "1,500 of 1,500 series")


def test_more_series_than_the_budget_fail_with_the_jobs_that_have_most(well: World) -> None:
    serve(well, 1499, api=1200, node=200, a=60, b=40)
    finding = well.only(ID)
    assert finding.status == "fail"
    assert finding.summary == "the targets serve 1,500 series, and the budget is 1,499"
    assert finding.evidence == "most by job: `api` 1,200, `node` 200, `a` 60"
    assert finding.position == well.context.stack.prometheus.origin


def test_series_of_a_removed_job_count_no_longer(well: World) -> None:
    serve(well, 1499, api=1200, old=300)
    well.former.add("old")
    assert (well.only(ID).status, well.only(ID).summary) == ("pass", "1,200 of 1,499 series")


def test_no_answer_is_no_pass(well: World) -> None:
    serve(well, 10, api=1)
    well.servers["prometheus"].routes["/api/v1/query"] = Reply("no", 500)
    assert well.only(ID).status == "fail"
