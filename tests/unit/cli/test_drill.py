"""`stackctl drill`: the alerts and labels that it asks for, and its exit code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from stackctl.cli.main import main
from stackctl.diagnostic import Diagnostic, Status
from stackctl.model import Stack
from stackctl.report.report import DRILL, Report

IN_CLUSTER = """\
version: 1
name: shop
runtime: kubernetes
kubernetes: {context: test, namespace: shop}
services: {api: {targets: ["api:8000"]}}
"""


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


def test_drill_in_a_cluster_is_another_one_and_never_live(
    asked: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = tmp_path / "stack.yml"
    manifest.write_text(IN_CLUSTER)

    def drill_cluster(_: object, stack: Stack, __: object, *given: object, patience: float | None) -> Report:
        asked.append((stack.name, *given, patience))
        finding = Diagnostic("drill.delivered", "arrived", status=status, subject="High")
        return Report("shop", "kubernetes", "", (finding,), 2.0, 1.0, command=DRILL)

    monkeypatch.setattr("stackctl.operations.cluster.drill.drill_cluster", drill_cluster)
    assert main(["-f", str(manifest), "drill", "High", "--label", "team=core", "--timeout", "5s"]) == 0
    assert main(["-f", str(manifest), "drill", "--live"]) == 2
    assert asked == [("shop", ("High",), {"team": "core"}, 5)]
    assert "Leave out `--live`" in capsys.readouterr().err


EXTERNAL = """\
version: 1
name: shop
runtime: external
external: {prometheus: "http://p", alertmanager: "http://a"}
services: {api: {targets: ["api:8000"]}}
"""


def test_drill_of_servers_of_somebody_else_gets_all_that_was_given(
    asked: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = tmp_path / "stack.yml"
    manifest.write_text(EXTERNAL)

    def drill_external(
        stack: Stack, _: object, *given: object, problems: Sequence[Diagnostic], **more: object
    ) -> Report:
        asked.append((stack.name, *given, [each.code for each in problems], more))
        finding = Diagnostic("drill.delivered", "arrived", status=status, subject="High")
        return Report("shop", "external", "", (finding,), 2.0, 1.0, command=DRILL)

    monkeypatch.setattr("stackctl.operations.external_drill.drill_external", drill_external)
    arguments = ["drill", "High", "--live", "--label", "team=core", "--label", "bad", "--timeout", "5s"]
    assert main(["-f", str(manifest), *arguments]) == 0
    labels, more = {"team": "core", "bad": ""}, {"live": True, "patience": 5}
    assert asked == [("shop", ("High",), labels, ["usage.option"], more)]


def test_servers_at_urls_are_drilled_without_a_manifest(asked: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def drill_given(servers: Mapping[str, Any], _: object, *given: object, **more: object) -> Report:
        asked.append(({name: each.url for name, each in servers.items()}, *given, more))
        return Report(
            "p", "external", "", (Diagnostic("drill.delivered", "a", status=status),), 2.0, 1.0, command=DRILL
        )

    monkeypatch.setattr("stackctl.operations.external_drill.drill_given", drill_given)
    urls = ["--prometheus", "http://p/", "--alertmanager", "http://a"]
    assert main(["drill", "High", "--live", *urls, "--label", "team=core"]) == 0
    assert asked == [
        ({"prometheus": "http://p", "alertmanager": "http://a"}, ("High",), {"team": "core"}, {"patience": None})
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--prometheus", "http://p"], ["needs --live", "needs --alertmanager", "needs the names of alerts"]),
        (["--prometheus", "http://p", "--live", "A", "--label", "b"], ["needs --alertmanager", "NAME=VALUE: `b`"]),
        (["--alertmanager", "http://a"], ["--alertmanager needs --prometheus"]),
        (["--ca-file", "a.pem"], ["--ca-file needs --prometheus"]),
    ],
)
def test_what_a_drill_at_urls_lacks_is_named_at_once(
    arguments: list[str], words: list[str], asked: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["drill", *arguments]) == 2
    shown = capsys.readouterr().err
    assert [each for each in words if each not in shown] == []
    assert shown.count("error: ") == len(words)
