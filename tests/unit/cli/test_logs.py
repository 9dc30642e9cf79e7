"""`stackctl logs`: what it asks for, and that it ends when nobody reads any more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stackctl.cli.main import main


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    calls: list[Any] = []

    def lines(_: Path, component: str | None, *, follow: bool, tail: int | None) -> Iterator[str]:
        calls.append((component, follow, tail))
        yield from ("first", "second")

    monkeypatch.setattr("stackctl.operations.logs.lines", lines)
    return calls


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], (None, False, None)),
        (["grafana"], ("grafana", False, None)),
        (["-f", "grafana", "--tail", "5"], ("grafana", True, 5)),
        (["--tail", "0", "--follow"], (None, True, 0)),
    ],
)
def test_logs_prints_the_lines_of_what_is_asked_for(
    arguments: list[str], expected: object, asked: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["logs", *arguments]) == 0
    assert asked == [expected]
    assert capsys.readouterr().out == "first\nsecond\n"


@pytest.mark.parametrize("arguments", [["--tail", "-1"], ["--tail", "all"], ["grafana", "prometheus"]])
def test_wrong_arguments_of_logs_read_nothing(arguments: list[str], asked: list[Any]) -> None:
    assert main(["logs", *arguments]) == 2
    assert asked == []


def test_logs_ends_when_nobody_reads(asked: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []
    monkeypatch.setattr("stackctl.report.console.out", lambda line: shown.append(line))
    assert main(["logs"]) == 0
    assert shown == ["first"]
