"""What the docker command of this machine can do."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.runtimes.docker import engine


def test_plugins_that_cannot_be_read_count_as_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cli-plugins").mkdir()
    (tmp_path / "cli-plugins" / "docker-compose").write_text("not executable")
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setattr(engine, "_PLUGIN_PARENTS", ())
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not engine.has_compose()
