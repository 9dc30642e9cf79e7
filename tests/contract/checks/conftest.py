from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.checks.world import World, world


@pytest.fixture
def well(tmp_path: Path) -> Iterator[World]:
    """A stack in which everything works."""
    with world(tmp_path) as made:
        yield made
