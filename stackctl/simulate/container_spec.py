"""Specification of a simulation in a container, and its server: with nothing but Python's own library."""

from __future__ import annotations

import base64
import pickle
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from stackctl.model import Service
from stackctl.simulate.push import Pusher
from stackctl.simulate.server import Instance, Listener, Simulation, control_handler, instance_handler
from stackctl.simulate.service import SimulatedClock, SimulatedService

LISTENING = "listening"
_ANYWHERE = "0.0.0.0"  # noqa: S104 - of a container


@dataclass(frozen=True)
class Served:
    """A service, and each `host:port` by which it is asked for, with the port of the container that this leads to."""

    service: Service
    addresses: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Order:
    """All that a simulation needs to know. `control` is the port of its control, `gateway` the URL of a Pushgateway."""

    served: tuple[Served, ...]
    scenario: str
    seed: int
    speed: float
    control: int
    gateway: str = ""


def write(order: Order) -> bytes:
    """`order` as a line. It may hold passwords."""
    return base64.b64encode(pickle.dumps(order)) + b"\n"


def read(line: bytes) -> Order:
    """The order that `write` has written. The one that starts the container writes it, so it is trusted."""
    order = pickle.loads(base64.b64decode(line))  # noqa: S301
    assert isinstance(order, Order)  # noqa: S101
    return order


@contextmanager
def served(order: Order, trouble: Callable[[str], None]) -> Iterator[None]:
    """Serve what `order` says on all addresses of this machine; `trouble` gets the reason why pushing fails."""
    clock = SimulatedClock.from_now(order.speed)
    simulated = {
        each.service.name: SimulatedService(each.service.name, each.service.contract, order.seed, clock, order.scenario)
        for each in order.served
        if each.service.contract
    }
    simulation = Simulation(_listeners(order, simulated), simulated)
    controller = Listener(_ANYWHERE, order.control, control_handler(simulation), None)
    pushers = [
        Pusher(order.gateway, each.service.push, simulated[each.service.name], trouble)
        for each in order.served
        if each.service.push and order.gateway
    ]
    controller.open()
    simulation.follow()
    for pusher in pushers:
        pusher.start()
    try:
        yield
    finally:
        for pusher in pushers:
            pusher.stop()
        controller.close()
        simulation.close()


def _listeners(order: Order, simulated: dict[str, SimulatedService]) -> dict[Listener, list[str]]:
    """One for each port: the hosts of a container are names of its one address."""
    instances: dict[int, dict[str, Instance]] = {}
    for each in order.served:
        for address, port in each.addresses:
            instance = Instance(each.service, simulated[each.service.name], address)
            instances.setdefault(port, {})[address] = instance
    return {
        Listener(_ANYWHERE, port, instance_handler(here), None): [each.service.name for each in here.values()]
        for port, here in instances.items()
    }
