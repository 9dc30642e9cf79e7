from __future__ import annotations

from dataclasses import replace

import pytest

from stackctl.errors import InputError
from stackctl.runtimes.plan import make_plan, selected
from stackctl.runtimes.protocol import Observed, Step
from stackctl.tree import Unit

SERVER = Unit("prometheus", reload="http://x/-/reload", spec="s1", reads="r1", image="p:1")
GATEWAY = Unit("pushgateway", spec="s2")
WORKER = Unit("worker", spec="s3", profiles=("jobs",))
UP = Observed("prometheus", "running", spec="s1", image="p:1")
LOADED = {"prometheus": "r1"}


@pytest.mark.parametrize(
    ("unit", "seen", "step"),
    [
        (SERVER, None, ("create", "not created yet")),
        (SERVER, replace(UP, state="missing"), ("create", "not created yet")),
        (SERVER, UP, None),
        (replace(SERVER, image="p:2", spec="s9"), UP, ("replace", "image changed: p:1 -> p:2")),
        (
            replace(SERVER, spec="s9"),
            UP,
            ("replace", "flags, environment or a file that is read at startup changed"),
        ),
        (SERVER, replace(UP, state="exited", detail="exited with code 1"), ("start", "exited with code 1")),
        (SERVER, replace(UP, state="exited"), ("start", "exited")),
        (SERVER, replace(UP, state="created"), ("start", "created, never started")),
        (
            SERVER,
            replace(UP, state="restarting", detail="keeps restarting, exited with code 2"),
            ("replace", "keeps restarting, exited with code 2"),
        ),
        (SERVER, replace(UP, state="paused", detail="paused"), ("replace", "paused")),
        (replace(SERVER, reads="r2"), UP, ("reload", "configuration changed")),
    ],
)
def test_each_difference_has_its_step_and_cause(
    unit: Unit, seen: Observed | None, step: tuple[str, str] | None
) -> None:
    plan = make_plan([unit], [unit], [seen] if seen else [], loaded=LOADED)
    assert [(one.action, one.cause) for one in plan.steps] == ([step] if step else [])


def test_an_unknown_configuration_is_loaded_again() -> None:
    plan = make_plan([SERVER], [SERVER], [UP], loaded={})
    assert plan.steps == (Step("reload", "prometheus", "its loaded configuration is unknown"),)


def test_a_unit_that_starts_is_not_reloaded_too() -> None:
    changed = replace(SERVER, spec="s9", reads="r9")
    plan = make_plan([changed], [changed], [UP], loaded=LOADED)
    assert [step.action for step in plan.steps] == ["replace"]


def test_removals_come_first_because_they_free_ports() -> None:
    units = [SERVER, GATEWAY]
    plan = make_plan(units, units, [Observed("old", "running")], loaded={})
    assert [(step.action, step.unit) for step in plan.steps] == [
        ("remove", "old"),
        ("create", "prometheus"),
        ("create", "pushgateway"),
    ]


def test_a_declared_unit_that_is_not_selected_is_left_alone() -> None:
    running = [UP, Observed("worker", "running", spec="old")]
    assert not make_plan([SERVER, WORKER], [SERVER], running, loaded=LOADED)


def test_selecting_units_does_not_remove_others() -> None:
    assert not make_plan([SERVER], [SERVER], [UP, Observed("old", "running")], loaded=LOADED, prune=False)


def test_a_unit_left_out_is_stopped() -> None:
    running = [UP, Observed("pushgateway", "running", spec="s2")]
    plan = make_plan([SERVER, GATEWAY], [SERVER], running, loaded=LOADED, without=["pushgateway"])
    assert plan.steps == (Step("remove", "pushgateway", "left out by --without"),)


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({}, ["prometheus", "pushgateway"]),
        ({"profiles": ["jobs"]}, ["prometheus", "pushgateway", "worker"]),
        ({"only": ["worker"]}, ["worker"]),
        ({"without": ["pushgateway"]}, ["prometheus"]),
    ],
)
def test_selection(asked: dict[str, list[str]], names: list[str]) -> None:
    assert [unit.name for unit in selected([SERVER, GATEWAY, WORKER], **asked)] == names


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (
            {"only": ["promethues"]},
            "there is no component `promethues` in this stack\nhelp: Did you mean `prometheus`?",
        ),
        ({"without": ["x"]}, "there is no component `x` in this stack\nhelp: There are: prometheus, worker."),
        ({"profiles": ["job"]}, "there is no profile `job` in this stack\nhelp: Did you mean `jobs`?"),
    ],
)
def test_an_unknown_name_is_refused_with_a_hint(asked: dict[str, list[str]], message: str) -> None:
    with pytest.raises(InputError) as refused:
        selected([SERVER, WORKER], **asked)
    assert str(refused.value) == message
