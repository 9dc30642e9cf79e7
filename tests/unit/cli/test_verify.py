"""`stackctl verify`: what it asks for, where its report goes, and its exit code."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from stackctl.access import Access
from stackctl.cli.main import main
from stackctl.diagnostic import Diagnostic
from stackctl.errors import Unavailable
from stackctl.operations.repeated_verification import Round
from stackctl.report.report import Report

GOOD = Report("shop", "docker", "abc", (Diagnostic("target.up", "up", status="pass", subject="api"),), 2.0, 1.0)
BAD = Report("shop", "docker", "abc", (Diagnostic("target.up", "down", subject="api"),), 2.0, 1.0)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What is asked for. The stack is as `outcome` says; servers of somebody else are asked in the same way."""
    calls: list[Any] = []

    def verify_stack(_: object, patience: float | None, only: object, **options: Any) -> Report:
        calls.append(("stack", patience, only, options["history"]))
        return outcome

    def verify_given(servers: Mapping[str, Access], patience: float | None, only: object, **options: Any) -> Report:
        calls.append(({name: each.url for name, each in servers.items()}, patience, only, options["history"]))
        return outcome

    monkeypatch.setattr("stackctl.operations.verification.verify_stack", verify_stack)
    monkeypatch.setattr("stackctl.operations.given_verification.verify_given", verify_given)
    return calls


outcome = GOOD


def test_verify_exits_by_what_it_has_found(
    asked: list[Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify"]) == 0
    assert asked == [("stack", None, [], False)]
    monkeypatch.setattr(f"{__name__}.outcome", BAD)
    assert main(["verify"]) == 1
    assert "down" in capsys.readouterr().out


def test_checks_are_separated_by_commas_or_repeated(asked: list[Any]) -> None:
    assert main(["verify", "--only", "target, rule.loaded", "--only", "panel", "--timeout", "0s"]) == 0
    assert asked == [("stack", 0, ["target", "rule.loaded", "panel"], False)]


def test_report_goes_to_the_file_whole(asked: list[Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "reports" / "shop.json"
    assert main(["verify", "-o", "json", "--out", str(out)]) == 0
    assert json.loads(out.read_text())["ok"] is True
    assert capsys.readouterr() == ("", f"verified: see {out}\n")


def test_file_says_that_it_is_not_verified(
    asked: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(f"{__name__}.outcome", BAD)
    assert main(["verify", "--out", str(tmp_path / "shop.txt")]) == 1
    assert capsys.readouterr().err == f"not verified: see {tmp_path / 'shop.txt'}\n"


def test_page_needs_the_history_of_panels(asked: list[Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "shop.html"
    assert main(["verify", "--report", str(page)]) == 0
    assert asked[0][3] is True
    assert page.read_text().startswith("<!doctype html>")
    assert f"report: {page}\n" in capsys.readouterr().err


def test_drill_adds_its_findings(
    asked: list[Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("stackctl.operations.drill.with_drill", lambda *_: BAD)
    assert main(["verify", "--drill"]) == 1
    assert "down" in capsys.readouterr().out


def test_servers_of_somebody_else_are_asked_without_a_manifest(asked: list[Any]) -> None:
    urls = ["--prometheus", "http://p:9090/", "--grafana", "http://g:3000"]
    assert main(["-f", "no.yml", "verify", *urls]) == 0
    assert asked == [({"prometheus": "http://p:9090", "grafana": "http://g:3000"}, None, [], False)]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--timeout", "soon"], "--timeout: not a duration: `soon`"),
        (["--alertmanager", "http://a:9093"], "--alertmanager needs --prometheus"),
        (["--prometheus", "http://p:9090", "--drill"], "--drill needs a manifest"),
        (["--prometheus", "p:9090"], "--prometheus: not a URL of a server: `p:9090`"),
        (["--prometheus", "http://p:9090", "--key-file", "a.key"], "--cert-file and --key-file belong together"),
        (["--ca-file", "ca.pem"], "--ca-file needs --prometheus"),
        (["--ignore", "no.such"], "no.such"),
        (["api"], "api"),
    ],
)
def test_wrong_arguments_verify_nothing(
    arguments: list[str], words: str, asked: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", *arguments]) == 2
    assert words in capsys.readouterr().err
    assert asked == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--listen", "9799"], "--listen needs --every"),
        (["--every", "1s"], "--every: too short: `1s`"),
        (["--every", "5"], "--every: not a duration: `5`"),
        (["--every", "5m", "--listen", "here"], "--listen: not a host:port: `here`"),
        (["--every", "5m", "--listen", ":99999"], "--listen: the port must be between 1 and 65535: `:99999`"),
        (["--every", "5m", "--drill"], "--drill and --every cannot be used together"),
        (["--every", "5m", "--report", "x.html"], "--report and --every cannot be used together"),
    ],
)
def test_refuses_what_does_not_fit_repeated_verification(
    asked: list[Any], options: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", *options]) == 2
    assert words in capsys.readouterr().err
    assert asked == []


def shown(monkeypatch: pytest.MonkeyPatch, *found: Round) -> int:
    def rounds(verified: object, every: float, stop: object) -> Iterator[Round]:
        assert every == 300
        yield from found

    monkeypatch.setattr("stackctl.operations.repeated_verification.rounds", rounds)
    return main(["verify", "--every", "5m"])


def test_shows_the_first_verification_and_then_changes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shown(monkeypatch, *(Round(each, None, 0.0) for each in (GOOD, GOOD, BAD, BAD, GOOD))) == 0
    out = capsys.readouterr().out
    assert out.count("verified: 1 passed") == 2  # at first, and when it works again
    assert out.count("target.up  api  down") == 1
    assert out.count("target.up api works again") == 1


def test_shows_an_error_that_stays_once(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    stopped = Round(None, Unavailable.of("unit.not-running", "the stack is not running"), 0.0)
    assert shown(monkeypatch, stopped, stopped, Round(GOOD, None, 0.0)) == 0
    captured = capsys.readouterr()
    assert captured.err.count("the stack is not running") == 1
    assert captured.out.count("verified: 1 passed") == 1
