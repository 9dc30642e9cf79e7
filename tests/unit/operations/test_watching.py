"""Edits that are seen, and what is done about each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from stackctl.manifest import load
from stackctl.operations import reload
from stackctl.operations.watching import Round, rounds, warnings
from stackctl.report import console

RULE = "groups: [{name: g, rules: [{alert: A, expr: up == 0}]}]\n"


@pytest.fixture
def manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "r.yml").write_text(RULE)
    path = tmp_path / "stack.yml"
    path.write_text(
        'version: 1\nname: shop\nservices: {api: {targets: ["localhost:8000"]}}\nrules: [{file: "*r.yml"}]\n'
    )

    def read_only(manifest: Path, *_: object, **__: object) -> Any:
        return load(manifest, {})

    monkeypatch.setattr(reload, "reload_manifest", read_only)
    return path


@pytest.fixture
def watched(manifest: Path) -> Iterator[tuple[Iterator[Round], Event]]:
    stop = Event()
    yield rounds(manifest, 30, console, stop), stop
    stop.set()


def names(each: Round) -> list[str]:
    assert each.done, each.error
    stack: Any = each.done
    return [rule.name for file in stack.rules for rule in file.rules]


def test_begins_with_what_is_there(watched: tuple[Iterator[Round], Event]) -> None:
    assert names(next(watched[0])) == ["A"]


def test_takes_each_edit(manifest: Path, watched: tuple[Iterator[Round], Event]) -> None:
    found = watched[0]
    next(found)
    (manifest.parent / "r.yml").write_text(RULE.replace("A", "B"))
    assert names(next(found)) == ["B"]
    (manifest.parent / "new").write_text(RULE.replace("A", "C"))
    (manifest.parent / "new").replace(manifest.parent / "r.yml")
    assert names(next(found)) == ["C"]
    (manifest.parent / "other-r.yml").write_text(RULE.replace("A", "D").replace("g,", "h,"))
    assert names(next(found)) == ["D", "C"]


def test_takes_files_that_are_saved_together_as_one_edit(
    manifest: Path, watched: tuple[Iterator[Round], Event]
) -> None:
    found = watched[0]
    next(found)
    for number in range(20):
        rule = RULE.replace("A", f"A{number}").replace("g,", f"g{number},")
        (manifest.parent / f"{number:02}-r.yml").write_text(rule)
    assert len(names(next(found))) == 21


def test_reports_a_mistake_and_goes_on(manifest: Path, watched: tuple[Iterator[Round], Event]) -> None:
    found = watched[0]
    next(found)
    (manifest.parent / "r.yml").write_text(RULE.replace("up == 0", "sum(up"))
    bad = next(found)
    assert bad.done is None
    assert "not PromQL" in str(bad.error)
    (manifest.parent / "r.yml").write_text(RULE)
    assert names(next(found)) == ["A"]


def test_ends_when_stop_is_set(watched: tuple[Iterator[Round], Event]) -> None:
    found, stop = watched
    next(found)
    rest: list[Round] = []
    waiting = Thread(target=lambda: rest.extend(found))
    waiting.start()
    stop.set()
    waiting.join(10)
    assert not waiting.is_alive()
    assert rest == []


def test_finds_edits_where_the_system_reports_none(
    manifest: Path, watched: tuple[Iterator[Round], Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    import watchfiles

    real = watchfiles.watch

    def exhausted(*folders: Path, force_polling: bool | None, **options: Any) -> Any:
        if not force_polling:
            raise OSError(28, "OS file watch limit reached")
        return real(*folders, force_polling=True, **options)

    monkeypatch.setattr(watchfiles, "watch", exhausted)
    found = watched[0]
    next(found)
    (manifest.parent / "r.yml").write_text(RULE.replace("A", "B"))
    assert names(next(found)) == ["B"]


def test_warns_without_asking_a_checker(manifest: Path) -> None:
    (manifest.parent / "r.yml").write_text(RULE.replace("up == 0", "up > 1"))
    assert "promql.never-true" in {each.code for each in warnings(manifest)}
    (manifest.parent / "r.yml").write_text("no rules")
    assert warnings(manifest) == []
