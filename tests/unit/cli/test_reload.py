"""`stackctl reload`: which reload it asks for, and what it says of a change, made or planned."""

from __future__ import annotations

from typing import Any

import pytest

from stackctl.cli.main import main
from stackctl.operations.grafana_reload import Dashboards
from stackctl.operations.reload import Reloaded
from stackctl.runtimes.protocol import Plan, Step

PLAN = Plan((Step("reload", "prometheus", "rules differ"), Step("reload", "alertmanager", "routes differ")))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """The operations that are asked for. Each has done what `outcome` says."""
    calls: list[tuple[str, Any]] = []

    def reload_manifest(_: object, deadline: float, __: object, **options: Any) -> Reloaded:
        calls.append(("manifest", {"deadline": deadline, **options}))
        return outcome

    def reload_generation(_: object, to: str, deadline: float, __: object, **options: Any) -> Reloaded:
        calls.append((to, {"deadline": deadline, **options}))
        return outcome

    monkeypatch.setattr("stackctl.operations.reload.reload_manifest", reload_manifest)
    monkeypatch.setattr("stackctl.operations.reload.reload_generation", reload_generation)
    return calls


outcome = Reloaded(PLAN, "abc", Dashboards(("Shop", "API"), ("Old",)))


def test_reload_says_what_was_reloaded(asked: list[tuple[str, Any]], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reload"]) == 0
    assert asked == [("manifest", {"deadline": 30, "dry_run": False, "ignored": ()})]
    assert capsys.readouterr().out == (
        "✓ prometheus, alertmanager reloaded; dashboards reloaded: Shop, API; dashboards removed: Old: generation abc\n"
    )


def test_dry_run_says_what_would_be_done(asked: list[tuple[str, Any]], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reload", "--dry-run"]) == 0
    assert asked[0][1]["dry_run"]
    assert capsys.readouterr().out.splitlines() == [
        "reload prometheus: rules differ",
        "reload alertmanager: routes differ",
        "reload dashboards: Shop, API",
        "remove dashboards: Old",
    ]


def test_dry_run_without_a_change_says_so(
    asked: list[tuple[str, Any]], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"{__name__}.outcome", Reloaded(Plan(), "abc", Dashboards()))
    assert main(["reload", "--dry-run"]) == 0
    assert main(["reload"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "nothing to do",
        "✓ nothing had changed; the configuration is confirmed: generation abc",
    ]


def test_dashboards_that_no_grafana_loads_are_written() -> None:
    written = Dashboards(("Shop",), has_grafana=False)
    assert str(Reloaded(Plan(), "abc", written)) == (
        "dashboards written: Shop; Grafana does not run, so nothing loads them"
    )
    assert written.steps() == ["write dashboards: Shop"]
    assert str(Reloaded(Plan(), "abc", Dashboards(has_grafana=False))).startswith("nothing had changed")


def test_rollback_names_its_generation_and_what_comes_next(
    asked: list[tuple[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["reload", "--to", "ab", "--timeout", "1m"]) == 0
    assert asked == [("ab", {"deadline": 60, "dry_run": False})]
    assert capsys.readouterr().err == "The next `stackctl reload` applies the manifest again.\n"


def test_restored_datasource_is_reported() -> None:
    assert str(Reloaded(Plan(), "abc", Dashboards(), datasource=True)) == (
        "Grafana's datasource had been changed and was restored"
    )


@pytest.mark.parametrize("arguments", [["--timeout", "soon"], ["--ignore", "no.such"], ["prometheus"], ["--to"]])
def test_wrong_arguments_of_reload_change_nothing(arguments: list[str], asked: list[tuple[str, Any]]) -> None:
    assert main(["reload", *arguments]) == 2
    assert asked == []
