"""The password of Grafana's administrator: set where the last one is known, and tried no oftener than needed."""

from __future__ import annotations

from typing import Any

import pytest

from stackctl import conventions as c
from stackctl.clients.http import NoAnswer
from stackctl.errors import CheckFailed
from stackctl.operations.grafana_password import set_changed_password
from stackctl.state import Entry, Generation, Running, State
from tests.unit.operations.pretended import Noted, Pretended, live


def no_answer(status: int) -> NoAnswer:
    error = NoAnswer.of("server.no-answer", f"it returns {status}")
    error.status = status
    return error


class Grafana:
    """A Grafana with its password, and what it was asked."""

    def __init__(self, password: str) -> None:
        self.password = password
        self.asked: list[str] = []

    def client(self, given: str) -> Any:
        grafana = self

        class Client:
            def set_password(self, _: str, new: str) -> None:
                grafana.login(f"set {new} as {given}", given)
                grafana.password = new

            def user(self) -> None:
                grafana.login(f"user as {given}", given)

        return Client()

    def login(self, what: str, given: str) -> None:
        self.asked.append(what)
        if given != self.password:
            raise no_answer(401)


@pytest.fixture
def grafana(monkeypatch: pytest.MonkeyPatch) -> Grafana:
    server = Grafana("old")

    def client(_: object, generation: Any, __: object, password: str | None = None) -> Any:
        return server.client(password or generation.files[c.GRAFANA_PASSWORD_FILE].content.decode())

    monkeypatch.setattr("stackctl.operations.live.grafana_client", client)
    monkeypatch.setattr("stackctl.checks.grafana.reset_command", lambda *_: "the command")
    return server


def with_password(state: State, password: str) -> Generation:
    return live(state, files={c.GRAFANA_PASSWORD_FILE: password})


def run(state: State, runtime: Pretended, before: str, after: str, units: tuple[str, ...] = ("grafana",)) -> list[str]:
    state.record(Running("native", with_password(state, before).id))
    new = with_password(state, after)
    progress = Noted()
    set_changed_password(state, Entry("up", 1.0, going_to=new.id, units=units), new, runtime, progress)  # type: ignore[arg-type]
    return progress.lines


def test_changed_password_is_set_with_the_old_one(state: State, runtime: Pretended, grafana: Grafana) -> None:
    assert run(state, runtime, "old", "new") == ["Grafana's administrator has the new password"]
    assert (grafana.password, grafana.asked) == ("new", ["set new as old"])


def test_password_that_somebody_has_set_already_is_taken(state: State, runtime: Pretended, grafana: Grafana) -> None:
    grafana.password = "new"
    run(state, runtime, "old", "new")
    assert grafana.asked == ["set new as old", "user as new"]


def test_old_password_is_tried_last_after_a_refusal(state: State, runtime: Pretended, grafana: Grafana) -> None:
    with state.lock():
        state.logins.refused()
    grafana.password = "new"
    run(state, runtime, "old", "new")
    assert grafana.asked == ["user as new"]


def test_unknown_password_ends_with_the_command_that_sets_it(
    state: State, runtime: Pretended, grafana: Grafana
) -> None:
    grafana.password = "another"
    with pytest.raises(CheckFailed, match="neither the password in the manifest nor the previous one") as failure:
        run(state, runtime, "old", "new")
    assert failure.value.problems[0].remedy == "Set it: the command"
    assert len(grafana.asked) == 2


@pytest.mark.parametrize(("before", "after", "units"), [("old", "old", ("grafana",)), ("old", "new", ("prometheus",))])
def test_grafana_is_not_asked_without_a_reason(
    before: str, after: str, units: tuple[str, ...], state: State, runtime: Pretended, grafana: Grafana
) -> None:
    assert run(state, runtime, before, after, units) == []
    assert grafana.asked == []


def test_server_that_fails_otherwise_is_reported(
    state: State, runtime: Pretended, grafana: Grafana, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise no_answer(503)

    monkeypatch.setattr(grafana, "login", fail)
    with pytest.raises(NoAnswer, match="503"):
        run(state, runtime, "old", "new")
