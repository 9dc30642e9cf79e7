"""What services push is what the Pushgateway has accepted last, under the labels that they declare."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from stackctl.model import Contract, Metric, Push, Service
from stackctl.source import Position
from tests.contract.serving import Asked, Reply
from tests.contract.world import World, success

ID = "job.pushed"
GROUP = {"job": "nightly", "region": "eu"}


def declare(well: World, **grouping: str) -> None:
    """Let a service declare that it pushes under these labels."""
    service = Service("batch", Position("stack.yml", 7), push=Push("nightly", grouping))
    stack = well.context.stack
    well.change(stack=replace(stack, services=(*stack.services, service)))


def serve(well: World, *groups: tuple[dict[str, str], float, float], refusals: int = 0) -> list[str]:
    """Let Pushgateways serve groups: labels, and when a push was accepted and refused. Returns what is asked."""
    asked: list[str] = []

    def sample(name: str, labels: dict[str, str], value: float) -> dict[str, Any]:
        return {"metric": {"__name__": name, **labels}, "value": [1, str(value)]}

    def answer(query: str) -> Any:
        asked.append(query)
        if "pushgateway_http_requests_total" in query:
            return success({"result": [{"metric": {}, "value": [1, str(refusals)]}]})
        found = [sample("push_time_seconds", labels, accepted) for labels, accepted, _ in groups]
        found += [sample("push_failure_time_seconds", labels, refused) for labels, _, refused in groups]
        return success({"result": found if "push_time_seconds" in query else []})

    well.servers["prometheus"].routes["/api/v1/query"] = Asked(answer)
    return asked


def log(well: World, *lines: str) -> None:
    well.change(place=replace(well.context.place, lines=lines))


def test_stack_that_pushes_nothing_has_no_row(well: World) -> None:
    assert well.findings(ID) == []


def test_accepted_push_passes_though_one_was_refused_before(well: World) -> None:
    declare(well)
    serve(well, (GROUP, 2.0, 1.0))
    finding = well.only(ID)
    assert (finding.subject, finding.status) == ("batch", "pass")
    assert finding.summary == "the Pushgateway has accepted its last push"


@pytest.mark.parametrize("accepted", [0.0, 1.0])
def test_refused_push_fails_with_the_reason_of_that_moment(well: World, accepted: float) -> None:
    declare(well, region="eu")
    serve(well, (GROUP, accepted, 1796299133.06))
    log(
        well,
        'ts=2026-12-03T11:58:51.000Z level=error msg="pushed metrics are invalid" err="of another push"',
        'ts=2026-12-03T11:58:53.062Z level=error msg="pushed metrics are invalid" err="must not have timestamps"',
    )
    finding = well.only(ID)
    assert (finding.status, finding.summary) == ("fail", "the Pushgateway refused its last push")
    assert finding.evidence == 'job="nightly", region="eu": must not have timestamps'


def test_one_of_several_groups_that_was_refused_fails(well: World) -> None:
    declare(well)
    serve(well, ({**GROUP, "region": "us"}, 2.0, 0.0), (GROUP, 1.0, 2.0))
    assert well.only(ID).status == "fail"
    assert well.only(ID).evidence == 'job="nightly", region="eu"'


@pytest.mark.parametrize("pushed", [{"job": "nightly"}, {"job": "nightly", "region": "us"}])
def test_push_under_other_labels_fails_with_both(well: World, pushed: dict[str, str]) -> None:
    declare(well, region="eu")
    serve(well, (pushed, 1.0, 0.0))
    finding = well.only(ID)
    there = ", ".join(f'{label}="{value}"' for label, value in pushed.items())
    assert finding.status == "fail"
    assert finding.summary == f'nothing was pushed under `job="nightly", region="eu"`, but under `{there}`'


def test_empty_label_of_the_grouping_is_a_missing_one(well: World) -> None:
    declare(well, instance="")
    serve(well, ({"job": "nightly"}, 1.0, 0.0))
    assert well.only(ID).status == "pass"


def test_job_that_has_not_pushed_yet_is_skipped(well: World) -> None:
    declare(well)
    serve(well, ({"job": "other"}, 1.0, 0.0))
    finding = well.only(ID)
    assert (finding.status, finding.summary) == ("skip", 'nothing was pushed under `job="nightly"` yet')


def test_requests_that_could_not_be_read_may_be_of_a_job_that_has_no_group(well: World) -> None:
    declare(well)
    serve(well, refusals=3)
    finding = well.only(ID)
    assert finding.status == "warn"
    assert finding.summary == "nothing was accepted from it yet, and the Pushgateway has refused 3 requests"


def test_refused_push_that_no_service_declares_is_a_warning(well: World) -> None:
    serve(well, ({"job": "other", "instance": "a"}, 1.0, 2.0), ({"job": "fine"}, 2.0, 1.0))
    finding = well.only(ID)
    assert (finding.subject, finding.status) == ('job="other", instance="a"', "warn")


def test_only_what_was_scraped_while_the_check_looked_counts(well: World) -> None:
    asked = serve(well)
    well.findings(ID)
    (query,) = [each for each in asked if "push_failure_time_seconds" in each]
    assert "timestamp(push_time_seconds) >= 10" in query  # the pretended targets were scraped at 1,000 s and later


def test_gateway_that_is_left_out_or_down_skips_its_jobs(well: World) -> None:
    declare(well)
    serve(well)
    well.target("pushgateway")["health"] = "down"
    assert well.only(ID).summary == "nothing is scraped: the Pushgateway is not up"
    well.change(skipped={"pushgateway": "left out by --without"})
    assert (well.only(ID).status, well.only(ID).summary) == ("skip", "the Pushgateway is not running")


def test_no_answer_is_no_pass(well: World) -> None:
    declare(well)
    well.servers["prometheus"].routes["/api/v1/query"] = Reply("no", 500)
    assert well.only(ID).status == "fail"


def test_contract_of_a_job_whose_push_was_refused_is_not_judged(well: World) -> None:
    contract = Contract((Metric("rows", "gauge", Position("stack.yml", 9)),), Position("stack.yml", 8))
    declare(well)
    stack = well.context.stack
    well.change(stack=replace(stack, services=(replace(stack.services[-1], contract=contract),)))
    serve(well, ({"job": "nightly"}, 1.0, 2.0))
    finding = next(each for each in well.findings(ID, "contract") if each.subject == "batch" and each.code != ID)
    assert (finding.code, finding.status, finding.depends_on) == ("contract.metric", "skip", "job.pushed batch")
