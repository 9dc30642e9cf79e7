"""Bringing a stack up: what is refused before anything starts, and what an option allows to be missing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stackctl import conventions as c
from stackctl.errors import CheckFailed, InputError, Unavailable
from stackctl.operations import launch
from stackctl.operations.launch import Launched, Selection, bring_up, check_prerequisites, preview
from stackctl.runtimes.select import Choice
from stackctl.state import Running, State
from tests.unit.operations.pretended import Noted, Pretended, live

SHOP = "version: 1\nname: shop\nservices: {api: {targets: ['127.0.0.1:8000']}}\nexporters: {node: {}}\n"
ALL = Selection()


@pytest.fixture
def machine(manifest: Path, runtime: Pretended, monkeypatch: pytest.MonkeyPatch) -> Pretended:
    """A machine on which every unit is ready at once, and a manifest of Prometheus and an exporter."""
    manifest.write_text(SHOP)
    monkeypatch.setattr("stackctl.runtimes.select.choose", lambda *_, **__: Choice(runtime, "asked for"))  # type: ignore[arg-type]
    monkeypatch.setattr("stackctl.runtimes.ready.wait_ready", lambda *_: None)
    runtime.validate = lambda *_: []  # type: ignore[attr-defined]
    return runtime


def up(manifest: Path, selection: Selection = ALL) -> Launched:
    return bring_up(manifest, "native", selection, 10, Noted())


def test_up_starts_all_units_and_records_them(manifest: Path, state: State, machine: Pretended) -> None:
    done = up(manifest)
    assert machine.done == ["create prometheus", "create node"]
    running, current = state.running(), state.current()
    assert running is not None
    assert current is not None
    assert (running.generation, running.units_skipped, state.intent()) == (current.id, {}, None)
    assert [unit.name for unit in done.units] == ["prometheus", "node"]


def test_preview_leaves_no_trace(manifest: Path, state: State, machine: Pretended) -> None:
    work = preview(manifest, "native", ALL, Noted())
    assert [str(step) for step in work.plan.steps] == [
        "create prometheus: not created yet",
        "create node: not created yet",
    ]
    assert check_prerequisites(work) == {}
    assert (machine.done, state.root.exists()) == ([], False)


@pytest.mark.parametrize(
    ("selection", "reason"),
    [
        (Selection(allow_missing=True), f"{c.ALLOWED_MISSING}: no binary"),
        (Selection(without=("node",)), c.LEFT_OUT),
    ],
)
def test_option_lets_the_others_start(
    selection: Selection, reason: str, manifest: Path, state: State, machine: Pretended
) -> None:
    machine.lacking = {"node": "no binary"}
    assert up(manifest, selection).skipped == {"node": reason}
    assert machine.done == ["create prometheus"]
    running = state.running()
    assert running is not None
    assert running.units_skipped == {"node": reason}


@pytest.mark.parametrize(
    ("missing", "selection", "remedy"),
    [
        (
            "node",
            ALL,
            "To start the others, use `--allow-missing`, or `--without node`. Nothing was changed.",
        ),
        ("prometheus", ALL, "The stack needs it. Nothing was changed."),
        ("prometheus", Selection(allow_missing=True), "The stack needs it. Nothing was changed."),
    ],
)
def test_missing_unit_that_nothing_allows_starts_nothing(
    missing: str, selection: Selection, remedy: str, manifest: Path, state: State, machine: Pretended
) -> None:
    machine.lacking = {missing: "no binary"}
    with pytest.raises(Unavailable, match=f"{missing} cannot run: no binary") as refused:
        up(manifest, selection)
    assert [each.remedy for each in refused.value.problems] == [remedy]
    assert (machine.done, state.current(), state.intent()) == ([], None, None)


def test_unit_that_runs_already_may_be_unobtainable(manifest: Path, machine: Pretended) -> None:
    up(manifest)
    machine.lacking = {"node": "no binary"}
    machine.observe = lambda: _as_rendered(manifest, machine)  # type: ignore[method-assign]
    assert up(manifest).skipped == {}


def test_refused_configuration_starts_nothing(
    manifest: Path, state: State, machine: Pretended, monkeypatch: Any
) -> None:
    def refuse(*_: object) -> None:
        raise CheckFailed.of("promtool.rejected", "unexpected token")

    monkeypatch.setattr(launch, "_validate", refuse)
    with pytest.raises(CheckFailed):
        up(manifest)
    assert (machine.done, state.current(), state.intent()) == ([], None, None)


def test_server_that_refuses_is_given_up_and_one_that_is_late_too(
    manifest: Path, state: State, machine: Pretended, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.fails = CheckFailed.of("reload.rejected", "Prometheus refuses it")
    with pytest.raises(CheckFailed):
        up(manifest)
    assert state.intent() is None
    machine.fails = None

    def late(*_: object) -> None:
        raise Unavailable.of("unit.not-ready", "prometheus is not ready")

    monkeypatch.setattr("stackctl.runtimes.ready.wait_ready", late)
    with pytest.raises(Unavailable):
        up(manifest)
    assert (state.intent(), state.running()) == (None, None)


def test_start_that_fails_is_finished_by_the_next_command(manifest: Path, state: State, machine: Pretended) -> None:
    machine.fails = Unavailable.of("docker.unavailable", "Docker does not answer")
    with pytest.raises(Unavailable):
        up(manifest)
    entry, current = state.intent(), state.current()
    assert entry is not None
    assert current is not None
    assert (entry.operation, entry.going_to, entry.units) == ("up", current.id, ("prometheus", "node"))


def test_stack_of_another_name_is_refused_while_it_runs(manifest: Path, state: State, machine: Pretended) -> None:
    state.record(Running("native", live(state).id))
    manifest.write_text(SHOP.replace("shop", "store"))
    with pytest.raises(InputError, match="this stack runs as `shop`"):
        up(manifest)
    state.record(None)
    assert up(manifest).stack == "store"


def test_wrong_manifest_makes_no_state(manifest: Path, state: State, machine: Pretended) -> None:
    manifest.write_text("version: 7\n")
    with pytest.raises(InputError):
        up(manifest)
    assert not state.root.exists()


def _as_rendered(manifest: Path, machine: Pretended) -> tuple[Any, ...]:
    """Units that run as they were rendered, so that nothing has to start."""
    from stackctl.runtimes.protocol import Observed

    current = State.beside(manifest).current()
    assert current is not None
    return tuple(Observed(unit.name, "running", unit.spec, unit.image) for unit in current.units())
