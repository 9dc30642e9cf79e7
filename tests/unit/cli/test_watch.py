"""`stackctl watch`: what it shows of each edit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from stackctl.cli.main import main
from stackctl.errors import CheckFailed, InputError, Unavailable
from stackctl.operations import watching
from stackctl.operations.watching import Round
from stackctl.runtimes.protocol import Plan


class Done:
    generation, plan = "abc", Plan(())

    def __str__(self) -> str:
        return "prometheus reloaded"


DONE: Any = Done()
REMEDY = "Fix it and run `stackctl reload` again."


def shown(monkeypatch: pytest.MonkeyPatch, folder: Path, *found: Round) -> int:
    def rounds(manifest: Path, deadline: float, progress: object, stop: Event, ignored: object) -> Iterator[Round]:
        yield from found

    monkeypatch.setattr(watching, "rounds", rounds)
    return main(["-f", str(folder / "stack.yml"), "watch"])


def test_shows_what_each_edit_did(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = Round(None, InputError.of("yaml.syntax", "not YAML"), 0.1)
    failed = Round(None, CheckFailed.of("stack.unchanged", "nothing was changed", remedy=REMEDY), 0.1)
    assert shown(monkeypatch, tmp_path, bad, Round(DONE, None, 0.25), failed) == 0
    captured = capsys.readouterr()
    assert captured.out == "✓ prometheus reloaded: generation abc, in 0.2 s\n"
    assert "error: not YAML" in captured.err
    assert captured.err.count("waiting for edits: Ctrl-C ends") == 1
    assert "failed: nothing was changed\nhelp: Fix it and save it.\n" in captured.err


def test_ends_at_once_where_nothing_runs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stopped = Round(None, Unavailable.of("stack.never-started", "this stack was never started"), 0.1)
    assert shown(monkeypatch, tmp_path, stopped) == 3
    assert "this stack was never started" in capsys.readouterr().err
    assert shown(monkeypatch, tmp_path, Round(DONE, None, 0.1), stopped) == 0


def test_shows_a_warning_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "r.yml").write_text("groups: [{name: g, rules: [{alert: A, expr: 'up > 1'}]}]\n")
    (tmp_path / "stack.yml").write_text(
        'version: 1\nname: shop\nservices: {api: {targets: ["localhost:8000"]}}\nrules: [{file: r.yml}]\n'
    )
    assert shown(monkeypatch, tmp_path, Round(DONE, None, 0.1), Round(DONE, None, 0.1)) == 0
    assert capsys.readouterr().out.count("this comparison is never true") == 1
