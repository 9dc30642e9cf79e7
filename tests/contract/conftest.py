from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.serving import Server, serve
from tests.contract.world import World, world


@pytest.fixture
def server() -> Iterator[Server]:
    """A server that knows no path yet."""
    with serve() as made:
        yield made


@pytest.fixture
def well(tmp_path: Path) -> Iterator[World]:
    """A stack in which everything works."""
    with world(tmp_path) as made:
        yield made
