"""Containers: running, ended, healthy or not, left out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from stackctl.errors import Unavailable
from tests.contract.world import Around, Unit, World, words

STOPPED = "Run `stackctl up`; `stackctl logs store` shows why it stopped."


def declare(well: World, unit: Unit | None, **fields: Any) -> None:
    """Let the container be declared with more fields, and be found as `unit`."""
    (container,) = well.context.stack.containers
    changed = replace(container, fields={**container.fields, **fields})
    well.change(stack=replace(well.context.stack, containers=(changed,)), place=Around(units=(unit,) if unit else ()))


def test_container_that_runs_passes(well: World) -> None:
    assert words(well.only("container.running")) == ("pass", "is running", "")
    declare(well, Unit("store", "running", health="healthy"))
    assert words(well.only("container.running")) == ("pass", "is running and healthy", "")


@pytest.mark.parametrize(
    ("unit", "summary", "remedy"),
    [
        (None, "is not running", STOPPED),
        (Unit("store", "exited", "exited with code 1"), "exited with code 1", STOPPED),
        (
            Unit("store", "exited", "exited with code 0"),
            "exited with code 0",
            f'{STOPPED} If it is meant to end, write `restart: "no"` in it.',
        ),
        (Unit("store", "paused", "paused"), "paused", STOPPED),
        (
            Unit("store", "running", health="unhealthy"),
            "is running, but its health check fails",
            "See `stackctl logs store`.",
        ),
        (
            Unit("store", "running", health="starting"),
            "is running, but its health check has not passed yet",
            "See `stackctl logs store`.",
        ),
    ],
)
def test_container_that_does_not_work_is_reported(well: World, unit: Unit | None, summary: str, remedy: str) -> None:
    declare(well, unit)
    well.change(seconds=0.05)
    assert words(well.only("container.running")) == ("fail", summary, remedy)


@pytest.mark.parametrize("restart", ["no", "on-failure", "on-failure:3"])
def test_container_that_is_declared_to_end_may_have_ended(well: World, restart: str) -> None:
    declare(well, Unit("store", "exited", "exited with code 0"), restart=restart)
    assert words(well.only("container.running")) == ("pass", "has ended with code 0", "")
    declare(well, Unit("store", "exited", "exited with code 3"), restart=restart)
    assert well.only("container.running").status == "fail"


def test_container_for_whose_end_another_waits_may_have_ended(well: World) -> None:
    declare(well, Unit("store", "exited", "exited with code 0"))
    (container,) = well.context.stack.containers
    waiting = {"depends_on": {"store": {"condition": "service_completed_successfully"}}}
    other = replace(container, name="app", unit="app", fields=waiting)
    well.change(stack=replace(well.context.stack, containers=(container, other)))
    assert well.only("container.running", "store").status == "pass"


def test_container_that_was_left_out_is_skipped_with_the_reason(well: World) -> None:
    well.change(skipped={"store": "left out by --without"}, place=Around())
    assert words(well.only("container.running")) == ("skip", "is not running: left out by --without", "")


def test_container_of_a_profile_that_was_not_started_is_skipped(well: World) -> None:
    declare(well, None, profiles=["front"])
    assert words(well.only("container.running")) == (
        "skip",
        "is not running: it belongs to the profile `front`",
        "Run `stackctl up --profile front`.",
    )


def test_runtime_that_does_not_answer_is_a_failure(well: World) -> None:
    class Away(Around):
        def observe(self) -> tuple[Unit, ...]:
            raise Unavailable.of("docker.unavailable", "no Docker engine answers")

    well.change(place=Away())
    finding = well.only("container.running")
    assert finding.status == "fail"
    assert "no Docker engine answers" in finding.summary
