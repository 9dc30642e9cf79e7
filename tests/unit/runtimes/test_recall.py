"""Verdicts of checkers that are recalled, where nothing that they depend on has changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl import conventions as c
from stackctl.diagnostic import Diagnostic
from stackctl.runtimes.checkers import TREE, Call, Run, Verdict
from stackctl.runtimes.recall import recall, recalled, recalling
from stackctl.tree import Unit, dump_units

AMTOOL = Call("alertmanager", "amtool", ("check-config", f"{TREE}/{c.ALERTMANAGER_FILE}"))
CONFIG = Call("prometheus", "promtool", ("check", "config", f"{TREE}/{c.PROMETHEUS_FILE}"))
TEXTS = Call("prometheus", "promtool", ("test", "rules", "{files}/test.yml"), {"test.yml": b"1"})


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / c.ALERTMANAGER_FILE).parent.mkdir()
    (tmp_path / c.ALERTMANAGER_FILE).write_text("route: {}")
    write_units(tmp_path, "prom:1", "a")
    return tmp_path


def write_units(tree: Path, image: str, reads: str) -> None:
    (tree / c.UNITS_FILE).write_bytes(dump_units("shop", "docker", (Unit("prometheus", image=image, reads=reads),)))


class Checker:
    def __init__(self, verdict: Verdict) -> None:
        self.verdict, self.calls = verdict, 0

    def __call__(self, _: Call) -> Verdict:
        self.calls += 1
        return self.verdict


def calls(checker: Checker, run: Run, *made: Call) -> int:
    before = checker.calls
    for call in made:
        assert run(call) == checker.verdict
    return checker.calls - before


@pytest.mark.parametrize("code", [0, 1])
def test_asks_once_where_nothing_has_changed(tree: Path, code: int) -> None:
    checker = Checker(Verdict(code, "said"))
    with recalled():
        assert calls(checker, recalling(checker, tree), AMTOOL, AMTOOL, TEXTS, TEXTS) == 2
        assert calls(checker, recalling(checker, tree), AMTOOL, TEXTS) == 0


def test_asks_again_when_what_is_read_has_changed(tree: Path) -> None:
    checker = Checker(Verdict(0, ""))
    with recalled():
        run = recalling(checker, tree)
        assert calls(checker, run, AMTOOL, TEXTS) == 2
        (tree / c.ALERTMANAGER_FILE).with_name("more.tmpl").write_text("x")
        assert calls(checker, run, AMTOOL, TEXTS) == 1
        assert calls(checker, run, Call(TEXTS.unit, TEXTS.tool, TEXTS.arguments, {"test.yml": b"2"})) == 1
        write_units(tree, "prom:1", "b")
        assert calls(checker, run, AMTOOL, TEXTS) == 0
        write_units(tree, "prom:2", "b")
        assert calls(checker, run, AMTOOL, TEXTS) == 2


def test_always_asks_about_the_configuration_of_prometheus(tree: Path) -> None:
    checker = Checker(Verdict(0, ""))
    with recalled():
        assert calls(checker, recalling(checker, tree), CONFIG, CONFIG) == 2


@pytest.mark.parametrize("verdict", [Verdict(1, "", missing=True), Verdict(1, "", unusable=Diagnostic("a.b", "c"))])
def test_forgets_a_checker_that_could_not_answer(tree: Path, verdict: Verdict) -> None:
    checker = Checker(verdict)
    with recalled():
        assert calls(checker, recalling(checker, tree), AMTOOL, AMTOOL) == 2


def test_remembers_nothing_unless_asked_and_not_too_much(tree: Path) -> None:
    checker = Checker(Verdict(0, ""))
    assert calls(checker, recalling(checker, tree), AMTOOL, AMTOOL) == 2
    with recalled():
        run = recalling(checker, tree)
        many = [Call("prometheus", "promtool", ("test",), {"t": str(n).encode()}) for n in range(40)]
        assert calls(checker, run, *many) == 40
        assert calls(checker, run, many[-1], many[0]) == 1


def test_remembers_answers_by_their_key_and_only_those_to_be_kept() -> None:
    answers = iter(range(10))

    def ask(key: str, is_kept: bool = True) -> int:
        return recall(lambda: key, lambda: next(answers), lambda _: is_kept)

    with recalled():
        assert [ask("a"), ask("a"), ask("b"), ask("a")] == [0, 0, 1, 0]
        assert [ask("c", is_kept=False), ask("c"), ask("c"), ask(""), ask("")] == [2, 3, 3, 4, 5]
    assert [ask("a"), ask("a")] == [6, 7]
