"""`stackctl status`: what it prints of what was found, and its exit code."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from stackctl.cli.main import main
from stackctl.cli.status import remarks
from stackctl.operations.objectives import Objective
from stackctl.operations.status import Kept, Row, Status, Unfinished

PROMETHEUS = Row("prometheus", "running", "127.0.0.1:9090", True, 1.0, "", "http://127.0.0.1:9090")
GRAFANA = Row("grafana", "exited", "127.0.0.1:3000", False, 0.0, "exited with code 1", "")
NODE = Row("node", "running", "", None, 1.0, "")
MISSING = Row("redis", "missing", "127.0.0.1:9121", None, 0.0, "not started", "", is_allowed=False)
FOUND = Status("shop", "docker", "abc", (PROMETHEUS, GRAFANA, NODE), "abc")


def run(monkeypatch: pytest.MonkeyPatch, found: Status, *arguments: str) -> int:
    monkeypatch.setattr("stackctl.operations.status.look", lambda _: found)
    return main(["status", *arguments])


def cells(text: str) -> list[list[str]]:
    """The rows of a table, without its line."""
    return [line.split() for line in text.splitlines() if "─" not in line]


def test_status_has_a_row_for_each_unit(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, FOUND) == 0
    assert cells(capsys.readouterr().out) == [
        ["shop", "in", "the", "docker", "runtime,", "generation", "abc"],
        ["component", "state", "address", "ready"],
        ["prometheus", "running", "http://127.0.0.1:9090", "yes"],
        ["grafana", "exited", "with", "code", "1", "127.0.0.1:3000", "no"],
        ["node", "running", "-", "-"],
    ]


@pytest.mark.parametrize(
    ("found", "code", "shown"),
    [
        (Status("", "", "", ()), 0, "nothing is running\n"),
        (
            Status("", "", "", (), lost=("grafana", "prometheus")),
            1,
            (
                "✗ the state is lost, and these still run from this folder: grafana, prometheus\n"
                "`stackctl up` replaces them, `stackctl down` stops them.\n"
            ),
        ),
    ],
)
def test_status_without_units(
    found: Status, code: int, shown: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, found) == code
    assert capsys.readouterr().out == shown


def test_missing_component_fails_in_every_format(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = replace(FOUND, units=(PROMETHEUS, MISSING))
    assert run(monkeypatch, found) == 1
    assert "! redis: declared, but not started: run `stackctl up`" in capsys.readouterr().out
    assert run(monkeypatch, found, "-o", "json") == 1
    rows = json.loads(capsys.readouterr().out)["units"]
    assert {row["name"]: row["is_allowed"] for row in rows} == {"prometheus": True, "redis": False}


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, []),
        ({"declared": ""}, ["the manifest cannot be read"]),
        ({"declared": "def"}, ["the manifest now renders to def"]),
        ({"unfinished": Unfinished("def", "abc", 0.0)}, ["a change from generation abc to def began at"]),
        ({"drill": True, "declared": "def"}, ["a drill is running or was interrupted"]),
        ({"units": (MISSING, replace(MISSING, name="node"))}, ["redis, node: declared, but not started"]),
    ],
)
def test_remarks_name_what_is_not_as_declared(changed: dict[str, Any], expected: list[str]) -> None:
    found = remarks(replace(FOUND, **changed))
    assert len(found) == len(expected)
    assert all(line.startswith(start) for line, start in zip(found, expected, strict=True))


@pytest.mark.parametrize(
    ("declared", "notes"),
    [("abc", ["running, matches the manifest", ""]), ("def", ["running", "matches the manifest"])],
)
def test_generations_say_which_one_runs_and_which_is_declared(
    declared: str, notes: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = replace(FOUND, declared=declared, generations=(Kept("abc", 0.0), Kept("def", 86_400.0)))
    assert run(monkeypatch, found, "--generations") == 0
    shown = capsys.readouterr().out
    rows = [line for line in shown.splitlines() if line.startswith(("abc", "def"))]
    # The time has a date, a clock and a zone.
    assert [" ".join(row.split()[4:]) for row in rows] == notes
    assert "prometheus" not in shown


def test_slos_are_a_table_or_a_reason(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    slo = Objective("api", "available", 0.999, 30, 0.99949, 0.49, 2.5)
    assert run(monkeypatch, replace(FOUND, slos=(slo,))) == 0
    row = cells(capsys.readouterr().out)[-1]
    assert row == ["api", "available", "99.9", "%", "30d", "✓", "99.949", "%", "49.0", "%", "2.50"]
    assert run(monkeypatch, replace(FOUND, slos=(slo,), slos_unknown="Prometheus is not ready")) == 0
    assert capsys.readouterr().out.endswith("\n! the SLOs are unknown: Prometheus is not ready\n")


@pytest.mark.parametrize(
    ("good", "left", "shown"),
    [
        (1.0, 1.0, "✓ 100.000 % 100.0 %"),
        # Missed by little: not rounded up to what was to be reached.
        (0.9989999, -0.0001, "✗ 99.899 % -0.1 %"),
        (0.999, 0.0, "✓ 99.900 % 0.0 %"),
        (0.29 + 0.01, 0.1 + 0.2, "✓ 30.000 % 30.0 %"),
    ],
)
def test_shares_are_rounded_down(
    good: float, left: float, shown: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    slo = Objective("api", "paid", 0.999, 30, good, left)
    assert run(monkeypatch, replace(FOUND, slos=(slo,))) == 0
    assert cells(capsys.readouterr().out)[-1][5:] == [*shown.split(), "-"]


def test_status_takes_no_name_of_a_component(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, FOUND, "grafana") == 2
