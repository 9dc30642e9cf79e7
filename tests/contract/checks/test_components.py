"""Components: ready, starting, gone or left out."""

from __future__ import annotations

from tests.contract.serving import Reply, in_turn
from tests.contract.world import World, words


def test_a_component_that_is_not_ready_is_reported_with_what_it_says(well: World) -> None:
    well.servers["pushgateway"].routes["/-/ready"] = Reply("starting", 503)
    finding = well.only("component.ready", "pushgateway")
    url = well.servers["pushgateway"].url
    assert words(finding) == ("fail", f"{url}/-/ready returns 503", "See `stackctl logs pushgateway`.")
    assert finding.evidence == "starting"


def test_component_that_is_gone_suggests_up(well: World) -> None:
    well.stop("pushgateway")
    assert words(well.only("component.ready", "pushgateway")) == (
        "fail",
        "http://127.0.0.1:1/-/ready does not answer: connection refused",
        "Run `stackctl up`; `stackctl logs pushgateway` shows why it stopped.",
    )


def test_a_component_that_becomes_ready_while_one_waits_passes(well: World) -> None:
    well.servers["pushgateway"].routes["/-/ready"] = in_turn(Reply("", 503), Reply("", 503), "OK")
    assert well.only("component.ready", "pushgateway").status == "pass"
