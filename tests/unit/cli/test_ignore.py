"""`--ignore`: a command line accepts what the manifest can accept under `ignore`, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from stackctl.cli.main import main
from stackctl.operations.checker_errors import ignored_by_option
from stackctl.operations.checking import load_or_report

COMMANDS = ("check", "render", "up", "reload", "verify")
GOOD = "version: 1\nname: shop\nservices: {api: {targets: ['localhost:8000'], metrics: {requests_total: counter}}}\n"
UNKNOWN_METRIC = "rules:\n  - {name: api, rules: [{alert: Failing, expr: 'rate(request_total[5m]) > 1'}]}\n"


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., int]:
    def run(text: str, *arguments: str) -> int:
        (tmp_path / "stack.yml").write_text(text)
        return main(["-f", str(tmp_path / "stack.yml"), *arguments])

    return run


def report(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    return dict(json.loads(capsys.readouterr().out))


@pytest.mark.parametrize("command", COMMANDS)
def test_unknown_code_is_a_usage_error_with_the_near_one(
    run: Callable[..., int], capsys: pytest.CaptureFixture[str], command: str
) -> None:
    assert run(GOOD, command, "--ignore", "promql.unknown-metrics") == 2
    err = capsys.readouterr().err
    assert "--ignore: there is no check `promql.unknown-metrics`" in err
    assert "Did you mean `promql.unknown-metric`?" in err


@pytest.mark.parametrize("name", ["manifest.value", "yaml", "rule.template"])
def test_code_that_stops_the_stack_cannot_be_ignored(
    run: Callable[..., int], capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert run(GOOD, "check", "--ignore", name) == 2
    assert f"--ignore: `{name}` cannot be ignored" in capsys.readouterr().err
    assert run(f"{GOOD}ignore: [{{check: {name}, reason: why not}}]\n", "check") == 1
    assert f"ignore: `{name}` cannot be ignored" in capsys.readouterr().err


def test_all_wrong_names_are_reported_together(run: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(GOOD, "check", "--ignore", "no.such,promql.bound", "--ignore", "yaml.tag", "--output", "json") == 2
    assert [each["code"] for each in report(capsys)["diagnostics"]] == ["usage.unknown-name", "usage.option"]


@pytest.mark.parametrize("command", ["check", "render"])
@pytest.mark.parametrize(
    "ignore",
    [
        ["--ignore", "promql.unknown-metric"],
        ["--ignore", "promql"],
        ["--ignore", "panel.data, promql.unknown-metric"],
        ["--ignore", "panel.data", "--ignore", "promql.unknown-metric"],
    ],
)
def test_ignored_failure_does_not_fail(run: Callable[..., int], command: str, ignore: list[str]) -> None:
    assert run(GOOD + UNKNOWN_METRIC, command) == 1
    assert run(GOOD + UNKNOWN_METRIC, command, *ignore) == 0
    assert run(GOOD + UNKNOWN_METRIC, command, "--ignore", "promql.bound") == 1


def test_ignored_failure_is_counted_and_shown_as_accepted(
    run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    run(GOOD + UNKNOWN_METRIC, "check", "--ignore", "promql.unknown-metric", "--output", "json")
    shown = report(capsys)
    (found,) = (each for each in shown["diagnostics"] if each["code"] == "promql.unknown-metric")
    assert found["status"] == "skip"
    assert found["summary"].startswith("ignored (--ignore): ")
    assert shown["counts"]["skip"] >= 1
    run(GOOD + UNKNOWN_METRIC, "check", "--ignore", "promql.unknown-metric")
    assert "ignored (--ignore): Failing: " in capsys.readouterr().err


def test_broken_manifest_is_reported_without_what_is_ignored(
    run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    text = GOOD + UNKNOWN_METRIC + "networks: {joins: []}\n"
    codes = []
    for ignore in ([], ["--ignore", "promql"]):
        assert run(text, "check", "--output", "json", *ignore) == 2
        codes.append({each["code"] for each in report(capsys)["diagnostics"]})
    assert codes == [{"manifest.unknown-key", "promql.unknown-metric"}, {"manifest.unknown-key"}]


def test_option_and_manifest_are_added_up(run: Callable[..., int]) -> None:
    yesterday = date.today() - timedelta(days=1)
    ended = f"ignore: [{{check: promql, reason: a while, until: {yesterday}}}]\n"
    assert run(GOOD + UNKNOWN_METRIC + ended, "check") == 1
    assert run(GOOD + UNKNOWN_METRIC + ended, "check", "--ignore", "promql") == 0


def test_exception_that_has_ended_is_a_warning_of_its_own(
    run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    yesterday = date.today() - timedelta(days=1)
    assert run(f"{GOOD}ignore: [{{check: promql, reason: a while, until: {yesterday}}}]\n", "check", "-o", "json") == 0
    assert [each["code"] for each in report(capsys)["diagnostics"] if each["status"] == "warn"] == ["ignore.expired"]


def test_commands_on_servers_accept_what_is_ignored(run: Callable[..., int], monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Any] = []

    def record(*arguments: Any, **options: Any) -> None:
        given.append(options.get("ignored", arguments[-1]))
        raise KeyboardInterrupt

    monkeypatch.setattr("stackctl.operations.launch.bring_up", record)
    monkeypatch.setattr("stackctl.operations.launch.preview", record)
    monkeypatch.setattr("stackctl.operations.verification.verify_stack", record)
    monkeypatch.setattr("stackctl.operations.session.Session.open", record)
    for command in (["up"], ["up", "--dry-run"], ["verify"], ["reload"]):
        run(GOOD, *command, "--ignore", "panel.data")
    assert given == [ignored_by_option(["panel.data"])] * 4


def test_stack_accepts_what_is_ignored(tmp_path: Path) -> None:
    (tmp_path / "stack.yml").write_text(f"{GOOD}ignore: [{{check: rule, reason: known}}]\n")
    stack = load_or_report(tmp_path / "stack.yml", ignored_by_option(["panel"]))
    assert [each.check for each in stack.waivers] == ["rule", "panel"]
