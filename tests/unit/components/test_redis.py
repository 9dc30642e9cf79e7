"""The Redis exporter gets its password by a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.components.rendered import MACHINE, started

SETTINGS = '{address: "localhost:6379", password: right-horse}'


@pytest.mark.parametrize(("runtime", "host"), MACHINE)
def test_password_is_in_a_file_with_the_address(tmp_path: Path, runtime: str, host: str) -> None:
    exporter = started(tmp_path, "redis", SETTINGS, runtime)
    url = f"redis://{host}:6379"
    assert f"--redis.addr={url}" in exporter.command
    assert exporter.command[-1].endswith("/secrets/redis/passwords")
    assert exporter.text("secrets/redis/passwords") == f'{{"{url}": "right-horse"}}'
    assert exporter.tree.files["secrets/redis/passwords"].secret


def test_no_password_needs_no_file(tmp_path: Path) -> None:
    exporter = started(tmp_path, "redis", '{address: "redis:6379"}', "docker")
    assert exporter.command == ("--web.listen-address=:9121", "--redis.addr=redis://redis:6379")
