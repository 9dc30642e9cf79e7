"""The Memcached exporter asks one server."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.components.rendered import MACHINE, started


@pytest.mark.parametrize(("runtime", "host"), MACHINE)
def test_address_is_reached_from_where_it_runs(tmp_path: Path, runtime: str, host: str) -> None:
    exporter = started(tmp_path, "memcached", '{address: "localhost:11211"}', runtime)
    assert exporter.command[1:] == (f"--memcached.address={host}:11211",)
