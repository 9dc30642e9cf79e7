"""A drill: what is in its way, and what it leaves in the journal."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from stackctl.errors import CheckFailed, InputError, Unavailable
from stackctl.operations import drill
from stackctl.operations.drill_changes import Servers
from stackctl.operations.session import Session
from stackctl.state import Entry, Running, State
from stackctl.tree import Tree
from tests.unit.operations.pretended import Noted, Pretended, live

SERVERS = Servers({}, {})
SHOP = """\
version: 1
name: shop
services: {api: {targets: ['127.0.0.1:8000']}}
alertmanager: {receivers: {team: {webhook: {url: 'http://127.0.0.1:9/'}}}}
rules: [{name: g, rules: [{alert: High, expr: up == 0}]}]
"""


@pytest.fixture
def session(manifest: Path, state: State, runtime: Pretended) -> Session:
    """A stack that runs as its manifest says."""
    manifest.write_text(SHOP)
    state.record(Running("native", live(state).id))
    made = Session.open(manifest).target()
    state.switch(made.generation)
    state.record(Running("native", made.id))
    runtime.states = {unit.name: "running" for unit in made.tree.units}
    return Session.open(manifest)


def test_stack_without_an_alertmanager_has_nothing_to_drill(manifest: Path, state: State, runtime: Pretended) -> None:
    manifest.write_text("version: 1\nname: shop\nservices: {api: {targets: ['127.0.0.1:8000']}}\n")
    state.record(Running("native", live(state).id))
    with pytest.raises(InputError, match="there is no Alertmanager"):
        drill._refuse(Session.open(manifest), live=False)


def test_stack_that_differs_from_its_manifest_is_not_drilled(session: Session, manifest: Path) -> None:
    drill._refuse(session, live=False)
    manifest.write_text(SHOP.replace("up == 0", "up == 1"))
    with pytest.raises(CheckFailed, match="the running stack differs from the manifest"):
        drill._refuse(Session.open(manifest), live=False)


def test_stopped_server_is_named(session: Session, runtime: Pretended) -> None:
    runtime.states["alertmanager"] = "exited"
    with pytest.raises(Unavailable, match="alertmanager"):
        drill._refuse(session, live=False)


def test_drill_is_in_the_journal_until_everything_is_as_before(session: Session, state: State) -> None:
    with drill._intended(session):
        entry = state.intent()
        assert entry is not None
        assert (entry.operation, entry.before) == ("drill", session.current.id)
    assert state.intent() is None


def test_drill_that_could_not_be_ended_stays_in_the_journal(session: Session, state: State) -> None:
    with drill._intended(session):
        state.switch(state.write(Tree("shop", "native", {**session.tree.files}, session.tree.units[:1])))
        live(state, "another")
    assert state.intent() is not None


def test_change_that_has_not_ended_stays_in_the_journal(session: Session, state: State) -> None:
    with drill._intended(session):
        state.intend(Entry("drill", 1.0, "native", "shop", before=session.current.id, going_to="0123456789ab"))
    assert state.intent() is not None


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The changes of a drill, in order."""
    done: list[str] = []
    monkeypatch.setattr(
        drill, "change_to", lambda _, tree, __, drop=False: done.append(f"{tree}{' *' if drop else ''}")
    )
    monkeypatch.setattr(drill, "end_alerts", lambda *_: done.append("end alerts"))
    monkeypatch.setattr("stackctl.drill.set_off", lambda led, _: f"{led} firing")
    return done


def test_alerts_fire_behind_the_routes_of_the_drill_only(steps: list[str], progress: Noted) -> None:
    session: Any = SimpleNamespace(tree="real")
    with drill._set_off(Path("stack.yml"), session, "led", [], SERVERS, progress):  # type: ignore[arg-type]
        steps.append("watch")
    # A star: what it replaces is of no use any more.
    assert steps == ["led", "led firing *", "watch", "led *", "end alerts", "real *"]


def test_interruption_ends_the_drill_in_the_same_order(steps: list[str], progress: Noted) -> None:
    session: Any = SimpleNamespace(tree="real")
    with (
        pytest.raises(KeyboardInterrupt),
        drill._set_off(Path("stack.yml"), session, "led", [], SERVERS, progress),  # type: ignore[arg-type]
    ):
        raise KeyboardInterrupt
    assert steps[2:] == ["led *", "end alerts", "real *"]


def test_live_drill_keeps_the_generation_that_it_goes_back_to(steps: list[str], progress: Noted) -> None:
    session: Any = SimpleNamespace(tree="real")
    with drill._set_off(Path("stack.yml"), session, "real", [], SERVERS, progress):  # type: ignore[arg-type]
        pass
    assert steps[:2] == ["real", "real firing"]


def test_address_that_cannot_be_listened_on_is_unavailable() -> None:
    from stackctl.drill import Sink

    with pytest.raises(Unavailable, match=r"cannot listen on 192\.0\.2\.1"), drill._open(Sink(), "192.0.2.1", "x"):
        pass
