"""Taking over data: what is refused before anything is copied, and what is left when it fails."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stackctl.components.component import StoredData
from stackctl.errors import InputError, StackctlError, Unavailable
from stackctl.operations.launch import Selection, bring_up
from stackctl.operations.take_over import shown
from stackctl.runtimes.select import Choice
from stackctl.state import State
from tests.unit.operations.pretended import Noted, Pretended

SHOP = "version: 1\nname: shop\nprometheus: {data: {from: old}}\nservices: {api: {targets: ['127.0.0.1:8000']}}\n"
TSDB = StoredData(frozenset({"wal"}), {}, 3000)


@pytest.fixture
def machine(manifest: Path, runtime: Pretended, monkeypatch: pytest.MonkeyPatch) -> Pretended:
    manifest.write_text(SHOP)
    monkeypatch.setattr("stackctl.runtimes.select.choose", lambda *_, **__: Choice(runtime, "asked for"))  # type: ignore[arg-type]
    monkeypatch.setattr("stackctl.runtimes.ready.wait_ready", lambda *_: None)
    runtime.validate = lambda *_: []  # type: ignore[attr-defined]
    runtime.existing = {"prometheus": TSDB}
    return runtime


def up(manifest: Path, asked: list[str], *, answer: bool = True) -> None:
    def ask(question: str) -> bool:
        asked.append(question)
        return answer

    bring_up(manifest, "native", Selection(), 10, Noted(), ask=ask)


def test_data_is_copied_before_the_first_start(manifest: Path, state: State, machine: Pretended) -> None:
    asked: list[str] = []
    up(manifest, asked)
    assert asked == ["Copy the volume old (2.93 KiB) for prometheus? What is there stays as it is."]
    done = [each.rpartition(" ")[0] if each.startswith("drop") else each for each in machine.done]
    assert done == ["set aside prometheus", "read old", "write prometheus", "drop prometheus", "create prometheus"]
    assert state.intent() is None
    assert state.home().runtime == "native"


def test_data_of_its_own_is_kept_unasked(manifest: Path, machine: Pretended) -> None:
    machine.owners = {"prometheus"}
    asked: list[str] = []
    up(manifest, asked)
    assert (asked, machine.done) == ([], ["create prometheus"])


def test_volume_of_the_stack_itself_is_refused(manifest: Path, machine: Pretended) -> None:
    manifest.write_text(SHOP.replace("from: old", "from: shop_prometheus"))
    machine.owners = {"prometheus"}
    with pytest.raises(Unavailable) as caught:
        up(manifest, [])
    assert caught.value.problems[0].cause.startswith("It is that of the stack itself")
    assert machine.done == []


def test_nothing_happens_without_a_yes(manifest: Path, state: State, machine: Pretended) -> None:
    with pytest.raises(InputError, match="to take over the volume old, which copies") as caught:
        up(manifest, [], answer=False)
    assert caught.value.problems[0].position is not None
    assert (machine.done, state.current(), state.intent()) == ([], None, None)


@pytest.mark.parametrize(
    ("stored", "cause"),
    [
        (StoredData(TSDB.names, {}, 1, "container shop-prometheus-1"), "It is in use by container shop-prometheus-1."),
        (StoredData(frozenset({"a"}), {}, 1), "It is not a TSDB: it has neither a block nor `wal`."),
        (StoredData(frozenset({"wal", "heads.db"}), {}, 1), "It is the storage of Prometheus 1, which later"),
        (StoredData(frozenset({"b"}), {"b": '{"version": 7}'}, 1), "Block b has version 7, and Prometheus reads"),
        (StoredData(frozenset({"b"}), {"b": "x"}, 1), "B/meta.json is not JSON."),
        (StoredData(TSDB.names, {}, 1 << 60), "The copy takes 1024 PiB"),
        (None, "It does not exist."),
    ],
)
def test_data_that_cannot_be_taken_over_is_refused_at_its_line(
    stored: StoredData | None, cause: str, manifest: Path, state: State, machine: Pretended
) -> None:
    machine.existing = {"prometheus": stored} if stored else {}
    asked: list[str] = []
    with pytest.raises(Unavailable) as caught:
        up(manifest, asked)
    (problem,) = caught.value.problems
    assert problem.position is not None
    assert (problem.code, problem.position.line) == ("data.unusable", 3)
    assert problem.cause.startswith(cause)
    assert (asked, machine.done, state.current(), state.intent()) == ([], [], None, None)


def test_copy_that_fails_is_undone(
    manifest: Path, state: State, machine: Pretended, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise Unavailable.of("docker.failed", "the engine does not answer")

    monkeypatch.setattr(machine, "write_data", fail)
    with pytest.raises(StackctlError, match="does not answer"):
        up(manifest, [])
    assert [each.split()[0] for each in machine.done] == ["set", "read", "put", "remove"]
    assert (state.current(), state.intent(), state.running()) == (None, None, None)


def test_server_that_starts_during_the_copy_makes_it_fail(
    manifest: Path, state: State, machine: Pretended, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start(*_: Any) -> None:
        machine.existing = {"prometheus": StoredData(TSDB.names, {}, 3000, "process 7")}

    monkeypatch.setattr(machine, "write_data", start)
    with pytest.raises(Unavailable, match="cannot be taken over"):
        up(manifest, [])
    assert [each.split()[0] for each in machine.done] == ["set", "read", "put", "remove"]
    assert state.intent() is None


@pytest.mark.parametrize(("size", "words"), [(12, "12 bytes"), (2048, "2 KiB"), (3 << 30, "3 GiB"), (5 << 50, "5 PiB")])
def test_sizes_are_for_people(size: int, words: str) -> None:
    assert shown(size) == words
