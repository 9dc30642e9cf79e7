"""Logs of a stack: which units are asked, what is said of one that never ran, and what is hidden."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl import redaction
from stackctl.errors import InputError, Unavailable
from stackctl.operations.logs import lines
from stackctl.state import Running, State
from stackctl.tree import Unit
from tests.unit.operations.pretended import UNITS, Pretended, live, tree


def read(manifest: Path, component: str | None = None) -> list[str]:
    return list(lines(manifest, component, follow=False, tail=None))


def test_stack_that_was_never_started_has_no_logs(manifest: Path, runtime: Pretended) -> None:
    with pytest.raises(Unavailable, match="never started"):
        read(manifest)


def test_logs_are_those_of_the_component(manifest: Path, state: State, runtime: Pretended) -> None:
    live(state)
    runtime.lines = {"prometheus": ["ready"], "grafana": ["started"]}
    assert read(manifest) == ["ready", "started"]
    assert read(manifest, "grafana") == ["started"]
    with pytest.raises(InputError, match="there is no component `grafna`"):
        read(manifest, "grafna")


def test_secrets_of_the_stack_are_hidden_from_then_on(manifest: Path, state: State, runtime: Pretended) -> None:
    files = {
        "secrets/grafana/admin_password": "hunter2hunter2",
        "secrets/node/env": '{"DSN": "pg://me:correct-horse@db"}',
        "secrets/redis/password": "{no-json-at-all",
    }
    live(state, files=files)
    runtime.lines = {"grafana": ["a line"]}
    assert read(manifest) == ["a line"]
    assert redaction.shown("user admin, password hunter2hunter2") == "user admin, password ***"
    assert redaction.shown("AUTH {no-json-at-all") == "AUTH ***"
    assert "correct-horse" not in redaction.shown("connecting to pg://me:correct-horse@db")


@pytest.mark.parametrize(
    ("unit", "skipped", "cause", "remedy"),
    [
        ("node", {}, "", "Run `stackctl up`."),
        ("node", {"node": "no binary"}, "no binary", "Once that is fixed, run `stackctl up`."),
        ("extra", {}, "It belongs to the profile `more`.", "Run `stackctl up --profile more`."),
    ],
)
def test_unit_that_never_ran_says_why_and_how_to_start_it(
    unit: str, skipped: dict[str, str], cause: str, remedy: str, manifest: Path, state: State, runtime: Pretended
) -> None:
    made = state.write(tree(units=(*UNITS, Unit("extra", profiles=("more",)))))
    state.switch(made)
    state.record(Running("native", made.id, skipped))
    with pytest.raises(Unavailable, match=f"`{unit}` was not started") as refused:
        read(manifest, unit)
    (problem,) = refused.value.problems
    assert (problem.cause, problem.remedy) == (cause, remedy)


def test_unit_that_has_ended_still_has_its_last_words(manifest: Path, state: State, runtime: Pretended) -> None:
    live(state)
    runtime.lines = {"node": ["panic"]}
    assert read(manifest, "node") == ["panic"]
    runtime.lines, runtime.states = {}, {"node": "exited"}
    assert read(manifest, "node") == []
