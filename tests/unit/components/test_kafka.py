"""The Kafka exporter asks every broker."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.components.rendered import MACHINE, started


@pytest.mark.parametrize(("runtime", "host"), MACHINE)
def test_asks_every_broker(tmp_path: Path, runtime: str, host: str) -> None:
    exporter = started(tmp_path, "kafka", '{brokers: ["localhost:9092", "kafka:9092"]}', runtime)
    assert exporter.command[1:] == (f"--kafka.server={host}:9092", "--kafka.server=kafka:9092")
