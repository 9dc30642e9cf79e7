"""What the Docker runtime refuses before it starts anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.runtimes.docker import engine
from stackctl.runtimes.select import choose


def test_refuses_a_colon_in_the_path_of_a_docker_stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from stackctl.errors import InputError
    from stackctl.runtimes.docker import runtime as docker

    monkeypatch.setattr(engine, "has_compose", lambda: True)
    monkeypatch.setattr(docker.Docker, "client", object())
    with pytest.raises(InputError, match="there is a colon in its path"):
        choose("docker", "shop", tmp_path / "a:b" / ".stackctl")


def test_containers_of_a_path_with_a_comma_are_ours(tmp_path: Path) -> None:
    """Compose joins the files that it was given by commas."""
    from stackctl.runtimes.docker.containers import CONFIG, started_from

    own = tmp_path / "a,b" / ".stackctl"
    assert started_from({CONFIG: f"{own}/live/generations/1/compose.yaml"}) == own
    assert (
        started_from({CONFIG: f"{tmp_path}/a/.stackctl/live/generations/1/compose.yaml"})
        == tmp_path / "a" / ".stackctl"
    )
    assert started_from({CONFIG: f"{tmp_path}/tree/compose.yaml"}) == tmp_path / "tree"
    assert started_from({}) is None
