"""`stackctl drill`: the alerts and labels that it asks for, and its exit code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from stackctl.cli.main import main
from stackctl.diagnostic import Diagnostic, Status
from stackctl.report.report import DRILL, Report


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    calls: list[Any] = []

    def drill_stack(
        _: object, __: object, names: Sequence[str], labels: Mapping[str, str], *, live: bool, patience: float | None
    ) -> Report:
        calls.append((names, labels, live, patience))
        finding = Diagnostic("drill.delivery", "arrived after 2 s", status=status, subject="High")
        return Report("shop", "docker", "abc", (finding,), 2.0, 1.0, command=DRILL)

    monkeypatch.setattr("stackctl.operations.drill.drill_stack", drill_stack)
    return calls


status: Status = "pass"


def test_drill_fires_all_alerts_unless_some_are_named(asked: list[Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["drill"]) == 0
    assert "High" in capsys.readouterr().out
    assert main(["drill", "High", "Low", "--live", "--timeout", "5s"]) == 0
    assert asked == [((), {}, False, None), (("High", "Low"), {}, True, 5)]


def test_drill_exits_with_1_when_an_alert_does_not_arrive(asked: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{__name__}.status", "fail")
    assert main(["drill"]) == 1


def test_labels_of_the_series_may_hold_anything_behind_the_name(asked: list[Any]) -> None:
    assert main(["drill", "--label", "team=core", "--label", "path=/a=b", "--label", "zone="]) == 0
    assert asked[0][1] == {"team": "core", "path": "/a=b", "zone": ""}


def test_every_wrong_label_is_named(asked: list[Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["drill", "--label", "team", "--label", "=core", "--label", "my-team=a", "--label", "ok=1"]) == 2
    shown = capsys.readouterr().err
    for wrong in ("team", "=core", "my-team=a"):
        assert f"error: --label: not a NAME=VALUE: `{wrong}`\n" in shown
    assert "ok=1" not in shown
    assert asked == []


@pytest.mark.parametrize("label", ["größe=1", "ñ=1"])
def test_label_has_a_name_of_prometheus(label: str, asked: list[Any]) -> None:
    assert main(["drill", "--label", label]) == 2
