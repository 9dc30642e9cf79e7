"""The MongoDB exporter gets its login by files."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.components.rendered import RUNTIMES, started


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_login_is_in_files(tmp_path: Path, runtime: str) -> None:
    settings = '{address: "mongo:27017", user: me, password: right-horse, auth_source: app}'
    exporter = started(tmp_path, "mongodb", settings, runtime)
    assert "--mongodb.uri=mongodb://mongo:27017/?authSource=app" in exporter.command
    assert exporter.environment["MONGODB_PASSWORD_FILE"].endswith("secrets/mongodb/password")
    assert exporter.text("secrets/mongodb/user") == "me"
    assert exporter.text("secrets/mongodb/password") == "right-horse"


def test_server_without_a_login_has_no_files(tmp_path: Path) -> None:
    exporter = started(tmp_path, "mongodb", '{address: "mongo:27017"}', "docker")
    assert "--mongodb.uri=mongodb://mongo:27017/" in exporter.command
    assert exporter.environment == {}
    assert not [path for path in exporter.tree.files if "secrets/mongodb" in path]
