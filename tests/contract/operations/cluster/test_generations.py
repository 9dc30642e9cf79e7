"""A generation is kept before its first object is changed, and is not believed before it is confirmed."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.errors import Unavailable
from stackctl.model import Stack
from stackctl.operations.cluster.reload import reload_manifest
from stackctl.operations.cluster.status import look
from stackctl.operations.cluster.up import bring_up
from tests.contract import operator
from tests.contract.api_server import Pretended
from tests.unit.operations.pretended import Noted


@pytest.fixture
def running(manifest: Path, cluster: Pretended) -> Pretended:
    cluster.after_change = lambda: operator.run(cluster)
    bring_up(manifest, 5.0, Noted())
    return cluster


def edit(manifest: Path) -> None:
    manifest.write_text(manifest.read_text().replace("sum by (job) (up)", "max by (job) (up)"))


def test_first_thing_that_is_written_is_the_generation(manifest: Path, stack: Stack, running: Pretended) -> None:
    assert running.applied[0] == "shop-generation-1"
    found = look(manifest, stack)
    assert found.generation == found.declared
    running.applied.clear()
    bring_up(manifest, 5.0, Noted())
    assert running.applied == []


def test_generation_that_was_not_confirmed_is_unfinished(manifest: Path, stack: Stack, running: Pretended) -> None:
    before = look(manifest, stack).generation
    running.after_change = lambda: None
    edit(manifest)
    with pytest.raises(Unavailable) as caught:
        bring_up(manifest, 0.0, Noted())
    found = look(manifest, stack)
    assert (found.generation, found.unfinished) == (before, found.declared)
    assert f"`stackctl reload --to {before}` goes back" in caught.value.problems[0].remedy
    running.after_change = lambda: operator.run(running)
    operator.run(running)
    bring_up(manifest, 5.0, Noted())
    assert look(manifest, stack).unfinished == ""


def test_generation_that_no_secret_holds_is_refused_by_reload_and_not_by_up(
    manifest: Path, stack: Stack, running: Pretended, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stackctl.cluster.generation.SIZE_LIMIT", 10)
    edit(manifest)
    running.applied.clear()
    with pytest.raises(Unavailable) as caught:
        reload_manifest(manifest, 5.0, Noted())
    assert caught.value.problems[0].code == "cluster.not-kept"
    assert running.applied == []
    noted = Noted()
    bring_up(manifest, 5.0, noted)
    assert "cannot be kept" in str(vars(noted))
    # What was confirmed before is not what runs, so that nothing may go back to it.
    assert look(manifest, stack).generations == ()
