from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from stackctl.diagnostic import Diagnostic
from tests.contract.diagnosis.raw import Raw, fail, raw
from tests.contract.world import World, opened


@pytest.fixture
def app() -> Iterator[Raw]:
    with raw() as server:
        yield server


@pytest.fixture
def down(well: World, app: Raw) -> Callable[..., Diagnostic]:
    """The finding about the service `api`, whose target is the app and fails with an error of Prometheus'."""

    def find(error: str, address: str = "", dial: object = opened, **service: object) -> Diagnostic:
        return fail(well, error, address or f"127.0.0.1:{app.port}", dial, **service)

    return find
