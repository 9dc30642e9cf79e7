"""A simulation in a container: the names and ports that it has on the stack's network."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from stackctl.errors import Unavailable
from stackctl.manifest import load
from stackctl.operations.simulate_container import Contained, _free_port, contained
from stackctl.runtimes.docker.sidecar import Sidecar
from stackctl.simulate.container_spec import read

SHOP = """\
version: 1
name: shop
pushgateway: {}
services:
  api: {targets: ['api:8000', 'localhost:8001'], metrics: {depth: gauge}}
  worker: {targets: ['worker:8000'], metrics: {depth: gauge}}
"""


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Sidecar, Any]]:
    """The containers that are started, each with its order."""
    calls: list[tuple[Sidecar, Any]] = []

    @contextmanager
    def running(sidecar: Sidecar, told: str, _: str) -> Iterator[Any]:
        calls.append((sidecar, read(told.encode())))
        yield SimpleNamespace(poll=lambda: None)

    monkeypatch.setattr("stackctl.runtimes.docker.sidecar.running", running)
    monkeypatch.setattr("stackctl.runtimes.docker.sidecar.published", lambda *_: "127.0.0.1:4711")
    monkeypatch.setattr("stackctl.runtimes.docker.callback.callback", lambda: ("172.17.0.1", "host"))
    return calls


def simulate(folder: Path, control: int = 0, hosts: tuple[str, ...] = ()) -> Contained:
    (folder / "stack.yml").write_text(SHOP)
    stack = load(folder / "stack.yml", {})
    with contained(stack, stack.services, "python:3", "normal", 7, 2.0, control, hosts) as found:
        return found


def test_container_has_the_names_of_the_targets(started: list[Any], tmp_path: Path) -> None:
    found = simulate(tmp_path)
    ((sidecar, order),) = started
    assert (sidecar.name, sidecar.network, sidecar.aliases) == ("shop-simulate", "shop_default", ("api", "worker"))
    # Targets of this machine are served where containers reach it; the control is for this machine only.
    assert sidecar.published == (("172.17.0.1:8001", 8001), ("127.0.0.1:", order.control))
    assert (found.container, found.control) == ("shop-simulate", "127.0.0.1:4711")


def test_order_has_the_addresses_that_prometheus_scrapes(started: list[Any], tmp_path: Path) -> None:
    simulate(tmp_path)
    ((_, order),) = started
    assert {each.service.name: each.addresses for each in order.served} == {
        "api": (("api:8000", 8000), ("host.docker.internal:8001", 8001)),
        "worker": (("worker:8000", 8000),),
    }
    assert (order.scenario, order.seed, order.speed, order.gateway) == ("normal", 7, 2.0, "http://pushgateway:9091")


def test_hosts_and_control_are_those_that_were_given(started: list[Any], tmp_path: Path) -> None:
    simulate(tmp_path, 5000, ("10.0.0.1", "127.0.0.1"))
    ((sidecar, order),) = started
    assert sidecar.published == (
        ("10.0.0.1:8001", 8001),
        ("127.0.0.1:8001", 8001),
        ("127.0.0.1:5000", order.control),
    )


def test_control_has_a_port_of_its_own() -> None:
    assert _free_port({8000}) == 9999
    assert _free_port({9999, 9998}) == 9997


@pytest.mark.parametrize("code", [0, 1])
def test_container_that_has_ended_is_unavailable(code: int) -> None:
    Contained("a", "b", SimpleNamespace(poll=lambda: None)).ensure_running()  # type: ignore[arg-type]
    with pytest.raises(Unavailable, match="the container a has exited"):
        Contained("a", "b", SimpleNamespace(poll=lambda: code)).ensure_running()  # type: ignore[arg-type]
