"""The running stack, by its state: rows of units, and which absence an option allows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stackctl import conventions as c
from stackctl.operations.status import Row, Status, look
from stackctl.state import Entry, Running, State
from stackctl.tree import Unit
from tests.unit.operations.pretended import UNITS, Pretended, live, tree


def rows(found: Status) -> dict[str, tuple[str, str, bool]]:
    return {row.name: (row.state, row.detail, row.is_allowed) for row in found.units}


def test_lost_state_is_found_by_what_still_runs(
    manifest: Path, runtime: Pretended, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stackctl.runtimes.select.running_from", lambda _: ("grafana",))
    assert look(manifest) == Status("", "", "", (), lost=("grafana",))


def test_stack_that_was_taken_down_has_no_rows(manifest: Path, state: State, runtime: Pretended) -> None:
    made = live(state)
    found = look(manifest)
    assert (found.stack, found.runtime, found.generation, found.units) == ("shop", "native", made.id, ())
    assert [kept.id for kept in found.generations] == [made.id]


def test_absent_unit_is_allowed_only_by_an_option_or_a_profile(
    manifest: Path, state: State, runtime: Pretended
) -> None:
    made = state.write(tree(units=(*UNITS, Unit("extra", profiles=("more",)))))
    state.switch(made)
    state.record(Running("native", made.id, {"node": "left out"}))
    runtime.states = {"prometheus": "running"}
    found = look(manifest)
    assert rows(found) == {
        "prometheus": ("running", "", True),
        "grafana": ("missing", "not started", False),
        "node": ("missing", "skipped: left out", True),
        "extra": ("missing", "not started", True),
    }
    assert found.missing == ("grafana",)


@pytest.mark.parametrize(
    ("other", "row"),
    [
        (None, ("missing", "not started", False)),
        ("nginx/1.27", ("missing", "not started (another program answers at its address)", False)),
        (f"{c.SIMULATE_SERVER}/1", ("simulated", "simulated: `stackctl simulate` answers", True)),
    ],
)
def test_something_else_at_the_address_is_named(
    other: str | None,
    row: tuple[str, str, bool],
    manifest: Path,
    state: State,
    runtime: Pretended,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("stackctl.runtimes.http.server_at", lambda _: other)
    made = state.write(tree(units=(*UNITS[:1], Unit("redis", address="127.0.0.1:9121"))))
    state.switch(made)
    runtime.states = {"prometheus": "running"}
    assert rows(look(manifest))["redis"] == row


def test_unit_that_is_late_says_what_it_answers(
    manifest: Path, state: State, runtime: Pretended, monkeypatch: pytest.MonkeyPatch
) -> None:
    from stackctl.runtimes.http import Answer

    unit = Unit("redis", ready="http://127.0.0.1:9121/ready", address="127.0.0.1:9121")
    state.switch(state.write(tree(units=(unit,))))
    runtime.states = {"redis": "running"}
    monkeypatch.setattr("stackctl.runtimes.ready.is_ready", lambda *_: Answer(503, "starting"))
    (row,) = look(manifest).units
    assert (row.ready, row.state) == (False, "running")
    assert row.detail.startswith("running, not ready: ")
    assert "503" in row.detail
    monkeypatch.setattr("stackctl.runtimes.ready.is_ready", lambda *_: Answer(200, "ok"))
    (row,) = look(manifest).units
    assert (row.ready, row.detail, row.url) == (True, "", "http://127.0.0.1:9121")


def test_change_that_has_not_ended_is_shown(manifest: Path, state: State, runtime: Pretended) -> None:
    old = live(state)
    state.record(Running("native", old.id))
    new = live(state, "b")
    state.begin(Entry("reload", 12.0, "native", "shop", before=old.id, going_to=new.id))
    found = look(manifest).unfinished
    assert found is not None
    assert (found.before, found.generation, found.since) == (old.id, new.id, 12.0)


@pytest.mark.parametrize(("files", "drill"), [({}, False), ({c.DRILL_RULES: "groups: []"}, True)])
def test_drill_is_seen_in_what_runs(
    files: dict[str, str], drill: bool, manifest: Path, state: State, runtime: Pretended
) -> None:
    live(state, files=files)
    assert look(manifest).drill is drill


@pytest.mark.parametrize("text", ["version: 7\n", "version: 1\nname: other\nservices: {a: {targets: ['a:1']}}\n"])
def test_manifest_that_cannot_be_read_declares_nothing(
    text: str, manifest: Path, state: State, runtime: Pretended
) -> None:
    made = live(state)
    manifest.write_text(text)
    declared = look(manifest).declared
    assert declared != made.id
    assert (declared == "") is (text == "version: 7\n")


def test_row_of_a_unit_without_an_address_has_no_readiness() -> None:
    row: Any = Row("node", "running", "", None, 1.0, "")
    assert Status("shop", "native", "abc", (row,)).missing == ()
