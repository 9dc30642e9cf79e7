"""`stackctl up`: the selection that it asks for, and what it says of what was done."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from stackctl.cli.main import main
from stackctl.manifest.packs.fits import Fit
from stackctl.operations.launch import Launched, Selection
from stackctl.runtimes.protocol import Plan, Step
from stackctl.tree import Unit

PLAN = Plan((Step("create", "prometheus", "does not exist"), Step("remove", "grafana", "not declared")))
UNITS = (Unit("prometheus", ready="http://127.0.0.1:9090/-/ready", address="127.0.0.1:9090"), Unit("node"))
DONE = Launched("shop", "docker", "Docker answers", UNITS, PLAN, {"redis": "left out by --without"})


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    calls: list[Any] = []

    def bring_up(
        _: object, runtime: str, selection: Selection, deadline: float, *__: object, **___: object
    ) -> Launched:
        calls.append((runtime, selection, deadline))
        return outcome

    monkeypatch.setattr("stackctl.operations.launch.bring_up", bring_up)
    return calls


outcome = DONE


@pytest.mark.parametrize(("options", "answer"), [([], False), (["--take-over"], True)])
def test_take_over_answers_the_question(options: list[str], answer: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    answers: list[bool] = []

    def bring_up(*_: object, ask: Any) -> Launched:
        answers.append(ask("Copy it?"))
        return outcome

    monkeypatch.setattr("stackctl.operations.launch.bring_up", bring_up)
    assert main(["up", *options]) == 0
    assert answers == [answer]


def test_up_shows_address_and_action_of_each_unit(asked: list[Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["up"]) == 0
    assert asked == [("auto", Selection(), 120)]
    captured = capsys.readouterr()
    assert [line.split() for line in captured.out.splitlines() if "─" not in line] == [
        ["component", "address", "done"],
        ["prometheus", "http://127.0.0.1:9090", "create"],
        ["node", "-", "unchanged"],
    ]
    assert captured.err.splitlines() == [
        "shop runs in the docker runtime: Docker answers",
        "! skipped redis: left out by --without",
    ]


def test_up_passes_the_selection_on(asked: list[Any]) -> None:
    arguments = ["prometheus", "redis", "--profile", "a", "--profile", "b", "--without", "node", "--allow-missing"]
    assert main(["up", *arguments, "--runtime", "native", "--timeout", "10s"]) == 0
    assert asked == [("native", Selection(("prometheus", "redis"), ("a", "b"), ("node",), True), 10)]


def test_up_suggests_packs_that_fit(
    asked: list[Any], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    fit = Fit("rules", "redis", "exporters.redis")
    done = Launched("shop", "docker", "Docker answers", (), Plan(), {}, (fit,))
    monkeypatch.setattr(f"{__name__}.outcome", done)
    assert main(["up"]) == 0
    assert "redis" in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize("arguments", [["--timeout", "soon"], ["--runtime", "podman"], ["--ignore", "no.such"]])
def test_wrong_arguments_of_up_start_nothing(arguments: list[str], asked: list[Any]) -> None:
    assert main(["up", *arguments]) == 2
    assert asked == []


@pytest.mark.parametrize(
    ("plan", "shown"),
    [(PLAN, "create prometheus: does not exist\nremove grafana: not declared\n"), (Plan(), "nothing to do\n")],
)
def test_dry_run_prints_the_plan_and_starts_nothing(
    plan: Plan, shown: str, asked: list[Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("stackctl.operations.launch.preview", lambda *_: SimpleNamespace(plan=plan))
    monkeypatch.setattr("stackctl.operations.launch.check_prerequisites", lambda _: {"node": "no binary"})
    assert main(["up", "--dry-run"]) == 0
    assert capsys.readouterr() == (shown, "! skipped node: no binary\n")
    assert asked == []


def test_success_of_up_in_another_format_is_a_document(asked: list[Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["up", "--output", "json"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["ok"] is True
    assert "http://127.0.0.1:9090" in captured.err
