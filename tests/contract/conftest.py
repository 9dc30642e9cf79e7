from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.serving import Server, serve


@pytest.fixture
def server() -> Iterator[Server]:
    """A server that knows no path yet."""
    with serve() as made:
        yield made
