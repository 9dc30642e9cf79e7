"""Series that collide: targets with the same labels, and samples that relabelling makes equal."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.world import World

ID = "job.stored"
JOB = "api"
DROP = {"action": "labeldrop", "regex": "part"}


def relabel(well: World, *steps: dict[str, Any], **more: Any) -> None:
    well.redeclare(JOB, scrape={"metric_relabel_configs": list(steps), **more})


def test_targets_with_the_same_labels_fail_in_both_jobs(well: World) -> None:
    first = well.target(JOB)
    other = {**well.target("found"), "labels": first["labels"]}
    well.targets[:] = [other if each["scrapePool"] == "found" else each for each in well.targets]
    for job in (JOB, "found"):
        finding = well.only(ID, job)
        assert finding.status == "fail"
        assert finding.summary.startswith("2 targets have the same labels")
        assert first["scrapeUrl"] in finding.evidence


def test_samples_that_relabelling_makes_equal_fail(well: World) -> None:
    relabel(well, DROP)
    well.stored_series = 8
    finding = well.only(ID, JOB)
    assert (finding.status, finding.summary) == (
        "fail",
        "2 samples of a scrape are lost: `metric_relabel` makes their series equal to others",
    )


def test_relabelling_that_leaves_series_apart_passes(well: World) -> None:
    relabel(well, DROP)
    assert well.only(ID, JOB).status == "pass"


@pytest.mark.parametrize(
    ("step", "more"),
    [
        ({"action": "drop", "source_labels": ["part"], "regex": "a"}, {}),
        ({"action": "labeldrop", "regex": "job|part"}, {}),
        ({"action": "labelkeep", "regex": "job|part"}, {}),
        ({"target_label": "instance", "replacement": "x"}, {}),
        ({"target_label": "$1", "source_labels": ["part"]}, {}),
        ({"action": "labelmap", "regex": "(.*)_part"}, {}),
        ({"action": "labeldrop", "regex": "(part"}, {}),
        (DROP, {"honor_labels": True}),
    ],
    ids=["drop", "job", "not kept", "instance", "any label", "map", "unreadable", "honored"],
)
def test_series_that_cannot_be_found_by_their_target_are_not_counted(
    well: World, step: dict[str, Any], more: dict[str, Any]
) -> None:
    relabel(well, step, **more)
    well.stored_series = 8
    assert "lost" not in well.only(ID, JOB).summary


@pytest.mark.parametrize(
    "step",
    [
        DROP,
        {"action": "labelkeep", "regex": "__name__|job|instance"},
        {"target_label": "part", "replacement": "x"},
        {"action": "lowercase", "source_labels": ["part"], "target_label": "part"},
    ],
    ids=["drop", "keep", "replace", "lowercase"],
)
def test_steps_that_can_make_series_equal_are_counted(well: World, step: dict[str, Any]) -> None:
    relabel(well, step)
    well.stored_series = 9
    assert "1 sample of a scrape is lost" in well.only(ID, JOB).summary


def test_up_that_a_target_serves_itself_fails_where_it_says_down(well: World) -> None:
    well.says_down.add(JOB)
    finding = well.only(ID, JOB)
    assert (finding.status, finding.summary) == (
        "fail",
        "its series `up` says that it is down, and yet it is scraped: a response serves a metric named `up`",
    )
    assert well.only(ID, "found").status == "pass"


def test_up_of_a_target_that_is_down_is_not_its_own(well: World) -> None:
    well.says_down.add(JOB)
    well.target(JOB)["health"] = "down"
    assert well.only(ID, JOB).status == "skip"
