"""Targets that relabelling has given other labels are still the declared ones."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.contract.checks.world import World, target

RELABELLED: dict[str, dict[str, str]] = {
    "the port is stripped": {"job": "api", "instance": "localhost"},
    "another job": {"job": "old", "instance": "localhost:8000"},
    "another instance": {"job": "api", "instance": "shop-1"},
    "everything": {"job": "old", "instance": "shop-1"},
    "no instance": {"job": "api"},
}


def relabel(well: World, job: str, labels: dict[str, str]) -> None:
    well.target(job)["labels"] = {"team": "core", **labels}
    well.label_series(job=labels["job"], instance=labels.get("instance", ""))


@pytest.mark.parametrize("labels", RELABELLED.values(), ids=RELABELLED)
def test_relabelled_target_is_found_and_up(well: World, labels: dict[str, str]) -> None:
    relabel(well, "api", labels)
    assert well.only("target.up", "api/").status == "pass"


@pytest.mark.parametrize("labels", RELABELLED.values(), ids=RELABELLED)
def test_contract_is_compared_with_relabelled_series(well: World, labels: dict[str, str]) -> None:
    relabel(well, "api", labels)
    found = well.findings("contract")
    assert {finding.status for finding in found} == {"pass"}, found


def test_targets_that_share_an_instance_have_a_row_each(well: World) -> None:
    (api,) = [job for job in well.context.jobs if job.name == "api"]
    others = [job for job in well.context.jobs if job.name != "api"]
    both = tuple(replace(api.endpoints[0], address=address, instance="shop") for address in ("a:1", "b:1"))
    well.change(jobs=(*others, replace(api, endpoints=both)))
    known = well.target("api")
    well.targets.remove(known)
    state: dict[str, Any] = {"health": "down", "lastError": "connect: connection refused"}
    well.targets += [target("api", "shop", "a:1"), {**target("api", "shop", "b:1"), **state}]
    found = {finding.subject: finding.status for finding in well.findings("target.up") if "api/" in finding.subject}
    assert found == {"api/shop (a:1)": "pass", "api/shop (b:1)": "fail"}


def test_targets_of_one_address_are_told_apart_by_their_labels(well: World) -> None:
    (api,) = [job for job in well.context.jobs if job.name == "api"]
    others = [job for job in well.context.jobs if job.name != "api"]
    paths = ("/a", "/b")
    both = tuple(
        replace(api.endpoints[0], address="a:1", instance=f"a{path}", labels={"__metrics_path__": path})
        for path in paths
    )
    well.change(jobs=(*others, replace(api, endpoints=both)))
    well.targets.remove(well.target("api"))
    for path in paths:
        one = target("api", f"a{path}", "a:1", path)
        one["discoveredLabels"] |= {"__metrics_path__": path, "instance": f"a{path}"}
        well.targets.append(one)
    well.targets[-1] |= {"health": "down", "lastError": "connect: connection refused"}
    found = {finding.subject: finding.status for finding in well.findings("target.up") if "api/" in finding.subject}
    assert found == {"api/a/a": "pass", "api/a/b": "fail"}


def test_panel_that_asks_for_the_relabelled_job_is_skipped_while_that_is_down(well: World) -> None:
    relabel(well, "api", {"job": "old", "instance": "x"})
    well.target("api").update(health="down", lastError="connect: connection refused")
    well.series.clear()
    found = [f for f in well.findings("panel.data") if f.status != "skip"]
    assert not found
