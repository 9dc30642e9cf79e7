"""Targets of which several processes answer in turn."""

from __future__ import annotations

from tests.contract.world import World

ID = "job.stored"


def test_target_of_several_processes_fails(well: World) -> None:
    well.several = {"api"}
    found = well.only(ID, "api")
    assert (found.status, found.summary) == (
        "fail",
        "several processes answer in turn at 1 of 1 targets, so counters go back",
    )
    assert "multiprocess mode" in found.remedy
    assert "http://localhost:8000/metrics" in found.evidence
    assert well.only(ID, "found").status == "pass"


def test_target_whose_labels_are_those_of_others_is_not_judged(well: World) -> None:
    well.redeclare("found", scrape={"honor_labels": True})
    well.several = {"found"}
    assert well.only(ID, "found").status == "pass"
