"""Cases of a test that mostly wait for servers, several of them at the same time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

import pytest

T = TypeVar("T")


@contextmanager
def at_once(run: Callable[[str], T], names: Iterable[str], count: int) -> Iterator[Callable[[str], T]]:
    """Run the cases of these names in their order, `count` at a time. Yield a function from a name to what its case has
    returned, which waits for it, and raises what the case has raised.
    """
    with ThreadPoolExecutor(count) as pool:
        results = {name: pool.submit(run, name) for name in names}
        try:
            yield lambda name: results[name].result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def parameters(request: pytest.FixtureRequest, name: str) -> list[str]:
    """Return the values of a parameter of the module's tests that are going to run, in their order."""
    tests = [item for item in request.session.items if item.path == request.path]
    return [item.callspec.params[name] for item in tests if isinstance(item, pytest.Function)]
