"""The simulation in its container: it says when it listens, and ends with its standard input."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO, StringIO
from types import SimpleNamespace

import pytest

from stackctl.simulate import __main__ as program
from stackctl.simulate.container_spec import LISTENING, Order, write


def test_simulation_serves_its_order_until_the_input_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    order = Order((), "normal", 7, 1.0, 9999)
    out, err, steps = StringIO(), StringIO(), []
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=BytesIO(write(order) + b"rest")))
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)

    @contextmanager
    def served(read: Order, trouble: Callable[[str], None]) -> Iterator[None]:
        assert read == order
        trouble("connection refused")
        trouble("")
        # Nothing is said before it serves.
        steps.append(f"serve {out.getvalue()}")
        yield
        steps.append(f"end {out.getvalue().strip()}")

    monkeypatch.setattr(program, "served", served)
    program.main()
    assert steps == ["serve ", f"end {LISTENING}"]
    assert err.getvalue() == "push: connection refused\npush: works again\n"
    assert sys.stdin.buffer.read() == b""
