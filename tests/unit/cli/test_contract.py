"""`stackctl contract update`: what it asks for, what it shows, and what it writes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stackctl.cli.main import main
from stackctl.contract.differences import Difference
from stackctl.diagnostic import Diagnostic
from stackctl.model import Metric
from stackctl.operations.contract_update import Update, Updates
from stackctl.source import Position

DEPTH = Metric("depth", "gauge", origin=Position("stack.yml"))
OLD = Metric("old_total", "counter", origin=Position("stack.yml"))
CHANGED = Update("api", (Difference(None, DEPTH), Difference(OLD, None)), ("low (no type)",))
SAME = Update("worker", ())


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Any]:
    calls: list[Any] = []
    (tmp_path / "api.yml").write_text("old_total: counter\n")

    def find_updates(manifest: Path, names: Any, source: Path | None, *, stored: bool) -> Updates:
        calls.append((tuple(names), source, stored))
        return outcome(tmp_path)

    monkeypatch.setattr("stackctl.operations.contract_update.find_updates", find_updates)
    return calls


def outcome(folder: Path) -> Updates:
    return Updates((CHANGED, SAME), {folder / "api.yml": "depth: gauge\n"})


SHOWN = """\
api:
  + depth: gauge
  - old_total
  not added: low (no type)
worker: nothing has changed
"""


def test_update_shows_and_writes_the_differences(
    asked: list[Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["contract", "update"]) == 0
    assert asked == [((), None, False)]
    assert capsys.readouterr().out == f"{SHOWN}wrote {tmp_path / 'api.yml'}\n"
    assert (tmp_path / "api.yml").read_text() == "depth: gauge\n"


def test_diff_shows_the_same_and_writes_nothing(
    asked: list[Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["contract", "update", "api", "--diff", "--from", "served.txt"]) == 0
    assert asked == [(("api",), Path("served.txt"), False)]
    assert capsys.readouterr().out == SHOWN
    assert (tmp_path / "api.yml").read_text() == "old_total: counter\n"


@pytest.mark.parametrize(("arguments", "code"), [([], 2), (["--diff"], 0)])
def test_contract_that_cannot_be_written_fails_after_the_others_are(
    arguments: list[str],
    code: int,
    asked: list[Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    obstacle = Diagnostic("contract.not-updated", "the contract of `b` cannot be changed")
    blocked = Update("b", (Difference(None, DEPTH),), obstacle=obstacle)
    found = Updates((CHANGED, blocked), {tmp_path / "api.yml": "depth: gauge\n"})
    monkeypatch.setattr(f"{__name__}.outcome", lambda _: found)
    assert main(["contract", "update", "--prometheus", *arguments]) == code
    assert asked == [((), None, True)]
    captured = capsys.readouterr()
    assert captured.out.count("+ depth: gauge") == 2
    assert ("the contract of `b` cannot be changed" in captured.err) is (code == 2)
    assert ((tmp_path / "api.yml").read_text() == "depth: gauge\n") is (code == 2)
