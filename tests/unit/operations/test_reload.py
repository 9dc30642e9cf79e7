"""A reload: of the manifest or of a kept generation, which is named by the beginning of its ID."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stackctl.errors import CheckFailed, InputError
from stackctl.operations.reload import reload_generation, reload_manifest
from stackctl.runtimes.protocol import Plan, Step
from stackctl.state import Generation, Running, State
from tests.unit.operations.pretended import Noted, Pretended, live, tree

SHOP = "version: 1\nname: shop\nservices: {api: {targets: ['127.0.0.1:8000']}}\n"
PLAN = Plan((Step("reload", "prometheus", "rules differ"),))


@pytest.fixture
def changed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bool, bool]]:
    """The generations that are made live, each with whether the files of the old one were trusted, and dry."""
    calls: list[tuple[str, bool, bool]] = []

    def change(_: object, new: Any, __: float, ___: object, *, trusted: bool, dry_run: bool) -> Plan:
        calls.append((new.id, trusted, dry_run))
        return PLAN

    monkeypatch.setattr("stackctl.operations.transaction.change", change)
    monkeypatch.setattr("stackctl.operations.live.Live.grafana", lambda *_: None)
    return calls


@pytest.fixture
def kept(state: State, runtime: Pretended) -> list[Generation]:
    """Three generations, the last of which runs."""
    made = [live(state, content) for content in "abc"]
    state.record(Running("native", made[-1].id))
    return made


def test_kept_generation_comes_back_by_the_beginning_of_its_id(
    manifest: Path, kept: list[Generation], changed: list[Any], progress: Noted
) -> None:
    done = reload_generation(manifest, kept[0].id[:6], 10, progress)
    assert changed == [(kept[0].id, True, False)]
    assert (done.generation, str(done)) == (kept[0].id, "prometheus reloaded")


@pytest.mark.parametrize(
    ("prefix", "words"), [("zz", "--to: no generation `zz` is kept"), ("", "--to: 3 kept generations begin with ``")]
)
def test_id_that_is_not_of_one_generation_lists_them(
    prefix: str, words: str, manifest: Path, kept: list[Generation], changed: list[Any], progress: Noted
) -> None:
    with pytest.raises(InputError) as refused:
        reload_generation(manifest, prefix, 10, progress)
    (problem,) = refused.value.problems
    assert problem.summary == words
    assert all(f"{one.id}  written " in problem.cause for one in kept)
    assert changed == []


def test_generation_whose_files_were_edited_is_not_gone_back_to(
    manifest: Path, kept: list[Generation], changed: list[Any], progress: Noted
) -> None:
    (kept[0].path / "a.yml").write_text("edited")
    with pytest.raises(CheckFailed, match="have been changed by hand"):
        reload_generation(manifest, kept[0].id, 10, progress)
    assert changed == []


def test_edited_files_of_what_runs_are_not_trusted(
    manifest: Path, kept: list[Generation], changed: list[Any], progress: Noted
) -> None:
    (kept[2].path / "a.yml").write_text("edited")
    reload_generation(manifest, kept[0].id, 10, progress)
    assert changed == [(kept[0].id, False, False)]


def test_edited_files_of_the_manifests_own_generation_are_written_again(
    manifest: Path, state: State, runtime: Pretended, changed: list[Any], progress: Noted
) -> None:
    from stackctl.operations.session import Session

    manifest.write_text(SHOP)
    state.record(Running("native", live(state).id))
    target = Session.open(manifest).target()
    state.switch(target.generation)
    state.record(Running("native", target.id))
    (target.generation.path / "prometheus" / "prometheus.yml").write_text("edited")
    reload_manifest(manifest, 10, progress)
    assert changed == [(target.id, False, False)]
    assert progress.lines == [f"the files of generation {target.id} had been changed by hand: rewritten"]


@pytest.mark.parametrize("dry_run", [True, False])
def test_old_generations_go_after_a_change_only(
    dry_run: bool, manifest: Path, state: State, kept: list[Generation], changed: list[Any], progress: Noted
) -> None:
    for content in "defg":
        state.write(tree(content))
    reload_generation(manifest, kept[0].id, 10, progress, dry_run=dry_run)
    assert (len(state.generations()) < 7) is not dry_run
