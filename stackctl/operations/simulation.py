"""Services that `simulate` can stand for, their listeners, and what is pushed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

from stackctl import conventions as c

if TYPE_CHECKING:
    import ssl

    from stackctl.diagnostic import Diagnostic
    from stackctl.model import Service, Stack, Target
    from stackctl.simulate.push import Pusher
    from stackctl.simulate.server import Listener, Simulation
    from stackctl.simulate.service import SimulatedService


@dataclass(frozen=True)
class Wanted:
    """Settings of a simulation: scenario to begin with, seed, speed of time, where to listen, and with which TLS."""

    scenario: str
    seed: int
    speed: float
    hosts: tuple[str, ...]
    control_port: int
    tls_cert: Path | None = None
    tls_key: Path | None = None


@dataclass(frozen=True)
class Served:
    """A simulation that is served, the address of its control, and what is pushed by the name of the service."""

    simulation: Simulation
    control: str
    pushers: Mapping[str, Pusher]


@contextmanager
def serving(
    stack: Stack, services: Sequence[Service], wanted: Wanted, tell: Callable[[str, str], None]
) -> Iterator[Served]:
    """Serve and push what stands in for `services` while the context lasts.

    `tell` is given the name of a service with what prevents its push, "" once it works again. Raises InputError for
    TLS files that are missing or unusable, and Unavailable for an address that cannot be listened at.
    """
    from stackctl.simulate.service import SimulatedClock, SimulatedService

    clock = SimulatedClock.from_now(wanted.speed)
    simulated = {
        each.name: SimulatedService(each.name, each.contract, wanted.seed, clock, wanted.scenario)
        for each in services
        if each.contract
    }
    tls = _tls(services, wanted.tls_cert, wanted.tls_key)
    pushers = _pushers(stack, services, simulated, tell)
    with (
        _served(services, simulated, wanted.hosts, tls, wanted.control_port) as (simulation, address),
        _pushing(pushers),
    ):
        yield Served(simulation, address, pushers)


def refuse_unknown_scenario(scenario: str) -> None:
    """Raise InputError when there is no scenario of that name."""
    from stackctl.errors import InputError
    from stackctl.simulate.scenario import SCENARIOS

    if scenario not in SCENARIOS:
        raise InputError.of(
            "usage.unknown-name", f"--scenario: there is no `{scenario}`", remedy=f"Scenarios: {', '.join(SCENARIOS)}."
        )


def choose(stack: Stack, names: Collection[str], exporters: bool = False, *, container: bool = False) -> list[Service]:
    """Return the services to simulate. Raises InputError for those that cannot be, or when there is nothing."""
    from stackctl.diagnostic import Diagnostic
    from stackctl.errors import InputError, raise_if_any
    from stackctl.runtimes.registry import facts
    from stackctl.simulate.exporters import simulated_exporters

    place = facts(c.DOCKER if container else c.NATIVE)
    possible = _can_be_contained if container else _can_be_simulated
    exporting = {service.name: service for service in simulated_exporters(stack, place)}
    known = {service.name: service for service in stack.services} | exporting
    shown = ", ".join(known) or "none"
    raise_if_any(
        Diagnostic("usage.unknown-name", f"there is no service `{name}` to simulate", remedy=f"There are: {shown}.")
        for name in names
        if name not in known
    )
    raise_if_any(_obstacle(known[name]) for name in names if not possible(known[name]))
    named = names or [each.name for each in stack.services if possible(each)]
    also = [name for name in exporting if exporters and possible(known[name])]
    chosen = [known[name] for name in dict.fromkeys((*named, *also))]
    if not chosen:
        remedy = "Add `metrics` to a service, and a target like `localhost:8000` or `push`."
        raise InputError.of(
            "simulate.nothing",
            "there is nothing to simulate: no service has a contract and a local target",
            remedy=remedy,
        )
    raise_if_any(() if container else _shared_ports(chosen))
    return chosen


def _shared_ports(services: Sequence[Service]) -> Iterator[Diagnostic]:
    from stackctl.diagnostic import Diagnostic

    first: dict[int, str] = {}
    for service in services:
        for target in local_targets(service):
            if target.port in first:
                summary = f"`{service.name}` and `{first[target.port]}` both use port {target.port}"
                yield Diagnostic(
                    "simulate.shared-port", summary, target.origin, remedy="Simulate one of them at a time, by name."
                )
            first[target.port] = service.name


def _can_be_simulated(service: Service) -> bool:
    return service.contract is not None and bool(local_targets(service) or service.push)


def _can_be_contained(service: Service) -> bool:
    """Return whether a container can stand for it: an address of another machine cannot be taken."""
    here = [target for target in service.targets if target.host in c.LOCAL_HOSTS or not _is_address(target.host)]
    return service.contract is not None and service.scheme == "http" and bool(here or service.push)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def local_targets(service: Service) -> list[Target]:
    """The targets that stand for this machine."""
    return [target for target in service.targets if target.host in c.LOCAL_HOSTS]


def _obstacle(service: Service) -> Diagnostic:
    from stackctl.diagnostic import Diagnostic

    if service.contract is None:
        remedy = "Declare what it serves: `metrics: {jobs_total: counter}`."
        return Diagnostic(
            "simulate.no-contract", f"the service `{service.name}` has no contract", service.origin, remedy=remedy
        )
    remedy = "Only targets like `localhost:8000` can be served from here."
    return Diagnostic(
        "simulate.no-target",
        f"the service `{service.name}` has no target on this machine",
        service.origin,
        remedy=remedy,
    )


def _tls(services: Sequence[Service], cert: Path | None, key: Path | None) -> ssl.SSLContext | None:
    """Return the TLS context of services with `scheme: https`. Raises InputError when files are missing or unusable."""
    import ssl

    from stackctl.errors import InputError

    secure = [service for service in services if service.scheme == "https"]
    if not secure:
        return None
    if cert is None or key is None:
        raise InputError.of(
            "simulate.tls",
            f"`{secure[0].name}` is scraped over TLS",
            position=secure[0].origin,
            remedy="Give a certificate and its key: --tls-cert FILE --tls-key FILE.",
        )
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        made.load_cert_chain(cert, key)
    except OSError as error:
        reason = getattr(error, "reason", None) or error.strerror or str(error)
        raise InputError.of(
            "simulate.tls", f"--tls-cert, --tls-key: {reason}", remedy="Both must be in PEM form."
        ) from None
    return made


@contextmanager
def _served(
    services: Sequence[Service],
    simulated: Mapping[str, SimulatedService],
    hosts: Sequence[str],
    tls: ssl.SSLContext | None,
    control: int,
) -> Iterator[tuple[Simulation, str]]:
    """The simulation and the address of its control, while both are served."""
    from stackctl.simulate.server import Listener, Simulation, control_handler

    listeners = {
        listener: (each.name,) for each in services for listener in _listeners(each, simulated[each.name], hosts, tls)
    }
    _refuse_taken([*(f"{host}:{target.port}" for each in services for target in local_targets(each) for host in hosts)])
    simulation = Simulation(listeners, simulated)
    controller = Listener(c.LOOPBACK, control, control_handler(simulation), None)
    if control:
        _refuse_taken([f"{c.LOOPBACK}:{control}"])
    try:
        controller.open()
        simulation.follow()
        yield simulation, f"{c.LOOPBACK}:{controller.port}"
    finally:
        controller.close()
        simulation.close()


def _listeners(
    service: Service, simulated: SimulatedService, hosts: Sequence[str], tls: ssl.SSLContext | None
) -> Iterator[Listener]:
    from stackctl.simulate.server import Instance, Listener, instance_handler

    for target in local_targets(service):
        handler = instance_handler({target.address: Instance(service, simulated, target.address)})
        for host in hosts:
            yield Listener(host, target.port, handler, tls if service.scheme == "https" else None)


def _refuse_taken(addresses: Sequence[str]) -> None:
    """Raise Unavailable with the holder of every address that somebody else listens at."""
    from stackctl.diagnostic import Diagnostic
    from stackctl.errors import Unavailable
    from stackctl.runtimes.ports import holder, is_taken, refusal

    problems = []
    for address in addresses:
        error = refusal(address)
        if error is None:
            continue
        held = f"{holder(address)} listens there" if is_taken(error) else str(error.strerror)
        remedy = "Stop it, or simulate other services." if is_taken(error) else "Use another --listen-host."
        problems.append(Diagnostic("port.taken", f"cannot listen on {address}: {held}", remedy=remedy))
    if problems:
        raise Unavailable(*problems)


def _pushers(
    stack: Stack,
    services: Sequence[Service],
    simulated: Mapping[str, SimulatedService],
    tell: Callable[[str, str], None],
) -> dict[str, Pusher]:
    """Return the pushers, by the name of their service."""
    from stackctl.simulate.push import Pusher

    if stack.pushgateway is None:
        return {}
    url = stack.pushgateway.listen.url
    return {
        each.name: Pusher(url, each.push, simulated[each.name], partial(tell, each.name))
        for each in services
        if each.push
    }


@contextmanager
def _pushing(pushers: Mapping[str, Pusher]) -> Iterator[None]:
    for pusher in pushers.values():
        pusher.start()
    try:
        yield
    finally:
        for pusher in pushers.values():
            pusher.stop()
