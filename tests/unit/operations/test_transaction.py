"""The one transaction by which what runs changes: what it refuses, and what it falls back on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from stackctl import conventions as c
from stackctl.diagnostic import Diagnostic
from stackctl.errors import CheckFailed, InputError, StackctlError, Unavailable
from stackctl.operations import transaction
from stackctl.operations.live import Live, Target
from stackctl.operations.transaction import change, refuse_another_stack
from stackctl.runtimes.protocol import Plan, Step
from stackctl.state import Entry, Running, State
from tests.unit.operations.pretended import Noted, Pretended, live, tree

RELOAD = Plan((Step("reload", "prometheus", "rules differ"),))


class Stack(Live):
    """A live stack whose plan is given, and whose servers confirm what `confirms` lets pass."""

    plan_of: Plan = RELOAD
    confirms: Callable[[Target], None] = staticmethod(lambda _: None)
    wanted: set[str]

    def plan(self, new: Target, *, trusted: bool) -> Plan:
        return type(self).plan_of

    def load_clients(self) -> None:
        """There are none."""

    def refuse_stopped(self, names: Any) -> None:
        type(self).wanted = set(names)

    def refuse_closed_grafana(self, new: Target, before: Target | None) -> None:
        """There is none."""

    def grafana(self, target: Target) -> None:
        return None

    def confirm(self, new: Target, before: Target | None, deadline: float) -> None:
        type(self).confirms(new)


@pytest.fixture
def stack(state: State, runtime: Pretended, monkeypatch: pytest.MonkeyPatch) -> Stack:
    """A stack that runs on the generation "a". The checkers accept everything."""
    made = live(state)
    running = Running("native", made.id, {"node": "left out"})
    state.record(running)
    monkeypatch.setattr("stackctl.operations.checker_errors.refused", lambda *_: [])
    monkeypatch.setattr(Stack, "plan_of", RELOAD)
    monkeypatch.setattr(Stack, "confirms", staticmethod(lambda _: None))
    return Stack(state, running, made, runtime)  # type: ignore[arg-type]


def target(state: State, content: str = "b") -> Target:
    return Target(state.write(tree(content)), tree(content), fresh=True)


def made_live(stack: Stack, new: Target, progress: Noted, **options: Any) -> Plan:
    return change(stack, new, 10, progress, trusted=True, **options)


def failed(stack: Stack, new: Target, progress: Noted) -> StackctlError:
    with pytest.raises(StackctlError) as failure:
        made_live(stack, new, progress)
    return failure.value


def test_change_is_recorded_once_it_is_confirmed(stack: Stack, state: State, progress: Noted) -> None:
    new = target(state)
    assert made_live(stack, new, progress) == RELOAD
    assert state.current() == new.generation
    running = state.running()
    assert running is not None
    assert (running.generation, running.partly) == (new.id, "")
    assert state.intent() is None


def test_dry_run_touches_nothing_and_keeps_nothing(
    stack: Stack, state: State, runtime: Pretended, progress: Noted
) -> None:
    new = target(state)
    assert made_live(stack, new, progress, dry_run=True) == RELOAD
    assert (runtime.done, state.current()) == ([], stack.current)
    assert state.generation(new.id) is None


def test_what_the_checkers_refuse_changes_nothing(
    stack: Stack, state: State, runtime: Pretended, progress: Noted, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem = Diagnostic("promtool.rejected", "unexpected token")
    monkeypatch.setattr("stackctl.operations.checker_errors.refused", lambda *_: [problem])
    new = target(state)
    failure = failed(stack, new, progress)
    assert [each.code for each in failure.problems] == ["promtool.rejected", "stack.unchanged"]
    assert (runtime.done, state.current(), state.generation(new.id)) == ([], stack.current, None)


def test_every_restart_is_refused_by_its_cause(
    stack: Stack, state: State, runtime: Pretended, progress: Noted, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = Plan((Step("replace", "grafana", "image changed"), *RELOAD.steps, Step("create", "node", "not created yet")))
    monkeypatch.setattr(Stack, "plan_of", plan)
    failure = failed(stack, target(state), progress)
    assert [each.summary for each in failure.problems] == [
        "a reload cannot apply this: replace grafana: image changed",
        "a reload cannot apply this: create node: not created yet",
    ]
    assert runtime.done == []


def test_refused_configuration_is_rolled_back_and_confirmed(
    stack: Stack, state: State, runtime: Pretended, progress: Noted, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = target(state)

    def confirm(asked: Target) -> None:
        if asked.id == new.id:
            raise CheckFailed.of("reload.not-confirmed", "Prometheus has not loaded it")

    monkeypatch.setattr(Stack, "confirms", staticmethod(confirm))
    failure = failed(stack, new, progress)
    assert [each.code for each in failure.problems] == ["reload.not-confirmed", "reload.rolled-back"]
    assert failure.problems[1].summary == f"rolled back: generation {stack.current.id} is active again, confirmed"
    assert runtime.done == ["reload prometheus", "reload prometheus"]
    assert (state.current(), state.intent(), state.generation(new.id)) == (stack.current, None, None)


def test_prometheus_is_reloaded_whatever_has_changed(
    stack: Stack, state: State, runtime: Pretended, progress: Noted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Stack, "plan_of", Plan((Step("reload", "alertmanager", "routes differ"),)))
    made_live(stack, target(state), progress)
    assert runtime.done == ["reload alertmanager", "reload prometheus"]
    # Only what is there and was not left out has to run.
    assert Stack.wanted == {"prometheus", "alertmanager"}


def test_rollback_that_fails_too_is_said_and_stays_in_the_journal(
    stack: Stack, state: State, progress: Noted, monkeypatch: pytest.MonkeyPatch
) -> None:
    def confirm(_: Target) -> None:
        raise Unavailable.of("server.no-answer", "Prometheus does not answer")

    monkeypatch.setattr(Stack, "confirms", staticmethod(confirm))
    new = target(state)
    failure = failed(stack, new, progress)
    assert failure.exit_code == 1
    assert failure.problems[-1].code == "reload.rollback-failed"
    assert failure.problems[-1].summary.endswith("failed too: Prometheus does not answer")
    entry = state.intent()
    assert entry is not None
    assert (entry.operation, entry.before, entry.going_to) == ("reload", stack.current.id, new.id)


def test_interruption_is_rolled_back(
    stack: Stack, state: State, progress: Noted, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = target(state)

    def confirm(asked: Target) -> None:
        if asked.id == new.id:
            raise KeyboardInterrupt

    monkeypatch.setattr(Stack, "confirms", staticmethod(confirm))
    assert [each.code for each in failed(stack, new, progress).problems] == [
        "reload.interrupted",
        "reload.rolled-back",
    ]
    assert state.current() == stack.current


def test_edited_files_of_the_old_generation_are_not_confirmed(
    stack: Stack, state: State, progress: Noted, monkeypatch: pytest.MonkeyPatch
) -> None:
    (stack.current.path / "a.yml").write_text("edited")

    def confirm(_: Target) -> None:
        raise CheckFailed.of("reload.not-confirmed", "Prometheus has not loaded it")

    monkeypatch.setattr(Stack, "confirms", staticmethod(confirm))
    last = failed(stack, target(state), progress).problems[-1]
    assert (last.code, last.summary.endswith("changed by hand: not confirmed")) == ("reload.rolled-back", True)


def test_change_of_a_drill_stays_in_the_entry_of_the_drill(stack: Stack, state: State, progress: Noted) -> None:
    entry = Entry("drill", 1.0, "native", "shop", before=stack.current.id)
    state.begin(entry)
    during: list[Entry | None] = []
    stack.runtime.execute = lambda *_: during.append(state.intent())  # type: ignore[method-assign]
    new = target(state)
    made_live(stack, new, progress)
    assert during == [replace(entry, going_to=new.id)]
    assert state.intent() == entry


@pytest.mark.parametrize(
    ("stack_name", "where", "is_refused"),
    [("shop", "native", False), ("store", "native", True), ("shop", "docker", True)],
)
def test_another_name_or_runtime_is_refused(stack_name: str, where: str, is_refused: bool, state: State) -> None:
    made = live(state)
    if not is_refused:
        refuse_another_stack(made, stack_name, where)
        return
    with pytest.raises(InputError, match="this stack runs as `shop` in the native runtime"):
        refuse_another_stack(made, stack_name, where)


def test_damaged_index_refuses_nothing(state: State) -> None:
    made = live(state)
    (made.path / c.UNITS_FILE).write_text("{")
    refuse_another_stack(made, "store", "docker")


def test_return_reloads_what_was_not_left_out(stack: Stack, state: State, runtime: Pretended) -> None:
    transaction.return_to(stack, stack.current, None, 10)
    assert runtime.done == ["reload prometheus"]
    assert state.intent() is None
