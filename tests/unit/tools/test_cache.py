"""The cache of tools: where it is, and how a release gets there in one step."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.tools import cache


def test_folder_is_the_chosen_one_or_that_of_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cache.cache_dir() == tmp_path / "cache"
    monkeypatch.delenv("STACKCTL_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache.cache_dir() == tmp_path / "xdg" / "stackctl"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache.cache_dir() == tmp_path / ".cache" / "stackctl"


def test_published_release_is_in_use() -> None:
    with cache.staging() as folder:
        made = folder / "made"
        made.mkdir()
        (made / "prometheus").touch()
        place = cache.publish(made, project="prometheus", version="3.5.0", source="archive")
    assert (place.name, cache.origin("prometheus")) == ("prometheus-3.5.0", "archive")
    assert (cache.current("prometheus") / "prometheus").exists()
    assert not folder.exists()


def test_release_that_is_published_again_is_replaced() -> None:
    for content in ("broken", "good"):
        with cache.staging() as folder:
            (folder / "made").mkdir()
            (folder / "made" / "prometheus").write_text(content)
            cache.publish(folder / "made", project="prometheus", version="3.5.0", source="archive")
    assert (cache.current("prometheus") / "prometheus").read_text() == "good"
    assert [path.name for path in cache.tools_dir().iterdir() if path.name.startswith(".staging")] == []


def test_nothing_is_in_use_at_first() -> None:
    assert cache.origin("prometheus") == ""
