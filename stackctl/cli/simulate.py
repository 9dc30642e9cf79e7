"""`stackctl simulate`: a stack can be tried before its applications exist."""

from __future__ import annotations

import signal
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stackctl import conventions as c
from stackctl.cli.options import AllowOutside, options

if TYPE_CHECKING:
    import ssl

    from stackctl.diagnostic import Diagnostic
    from stackctl.model import Service, Stack, Target
    from stackctl.simulate.push import Pusher
    from stackctl.simulate.server import Listener, Simulation
    from stackctl.simulate.service import SimulatedService


def simulate(
    context: typer.Context,
    service: Annotated[list[str] | None, typer.Argument(help="Only these services and exporters.")] = None,
    exporters: Annotated[
        bool,
        typer.Option("--exporters", help="Simulate the stack's exporters too, except those of this machine."),
    ] = False,
    scenario: Annotated[
        str,
        typer.Option("--scenario", metavar="NAME", help="normal, idle, errors, latency, saturated, down or recover."),
    ] = "normal",
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same series.")] = 1,
    listen_host: Annotated[
        list[str] | None,
        typer.Option("--listen-host", metavar="HOST", help="Address to listen on instead of loopback; repeatable."),
    ] = None,
    speed: Annotated[float, typer.Option("--speed", min=0.001, help="Time acceleration factor.")] = 1.0,
    control: Annotated[
        int, typer.Option("--control-port", min=0, max=65535, help="Port of the control API; 0 for any free one.")
    ] = 0,
    tls_cert: Annotated[
        Path | None, typer.Option("--tls-cert", metavar="FILE", help="Certificate of services with `scheme: https`.")
    ] = None,
    tls_key: Annotated[Path | None, typer.Option("--tls-key", metavar="FILE", help="Its key.")] = None,
    container: Annotated[
        bool, typer.Option("--container", help="Serve from a container on the stack's network, by the targets' names.")
    ] = False,
    image: Annotated[
        str, typer.Option("--image", metavar="IMAGE", help="Python image for the container.")
    ] = c.SIMULATE_IMAGE,
    allow_outside: AllowOutside = False,  # noqa: ARG001 - read by its callback
) -> None:
    """Serve each contract's metrics at the service's targets on this machine, until Ctrl-C.

    With --container, targets that are names of containers are served too, to a stack that is up in Docker.

    Scenarios change while it runs: POST /-/scenario?service=NAME&name=errors at the control's address.
    """
    from stackctl.manifest import load
    from stackctl.report import console
    from stackctl.simulate.service import SimulatedClock, SimulatedService

    stack = load(options(context).manifest)
    _refuse_unknown(scenario)
    chosen = _chosen(stack, service or (), exporters, container=container)
    if container:
        from stackctl.operations.simulate_container import simulate_contained

        with _defer_signals() as wait_for_stop:
            order = (scenario, seed, speed, control, tuple(listen_host or ()))
            simulate_contained(stack, chosen, image, *order, wait_for_stop)
        console.note("stopped")
        return
    clock = SimulatedClock.from_now(speed)
    simulated = {
        each.name: SimulatedService(each.name, each.contract, seed, clock, scenario) for each in chosen if each.contract
    }
    tls = _tls(chosen, tls_cert, tls_key)
    hosts = tuple(dict.fromkeys(listen_host or (c.LOOPBACK,)))
    pushers = _pushers(stack, chosen, simulated)
    with (
        _defer_signals() as wait_for_stop,
        _served(chosen, simulated, hosts, tls, control) as (simulation, address),
        _pushing(pushers),
    ):
        for each in chosen:
            _announce(each, simulation, pushers.get(each.name))
        console.out(f"control: curl -X POST 'http://{address}/-/scenario?name=errors'   (GET lists the scenarios)")
        wait_for_stop(None)
    console.note("stopped")


def _refuse_unknown(scenario: str) -> None:
    from stackctl.errors import InputError
    from stackctl.simulate.scenario import SCENARIOS

    if scenario not in SCENARIOS:
        raise InputError.of(
            "usage.unknown-name", f"--scenario: there is no `{scenario}`", remedy=f"Scenarios: {', '.join(SCENARIOS)}."
        )


def _chosen(stack: Stack, names: Collection[str], exporters: bool = False, *, container: bool = False) -> list[Service]:
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
        for target in _local(service):
            if target.port in first:
                summary = f"`{service.name}` and `{first[target.port]}` both use port {target.port}"
                yield Diagnostic(
                    "simulate.shared-port", summary, target.origin, remedy="Simulate one of them at a time, by name."
                )
            first[target.port] = service.name


def _can_be_simulated(service: Service) -> bool:
    return service.contract is not None and bool(_local(service) or service.push)


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


def _local(service: Service) -> list[Target]:
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
    simulated: dict[str, SimulatedService],
    hosts: Sequence[str],
    tls: ssl.SSLContext | None,
    control: int,
) -> Iterator[tuple[Simulation, str]]:
    """The simulation and the address of its control, while both are served."""
    from stackctl.simulate.server import Listener, Simulation, control_handler

    listeners = {
        listener: (each.name,) for each in services for listener in _listeners(each, simulated[each.name], hosts, tls)
    }
    _refuse_taken([*(f"{host}:{target.port}" for each in services for target in _local(each) for host in hosts)])
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

    for target in _local(service):
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


def _pushers(stack: Stack, services: Sequence[Service], simulated: dict[str, SimulatedService]) -> dict[str, Pusher]:
    """Return the pushers, by the name of their service."""
    from stackctl.simulate.push import Pusher

    if stack.pushgateway is None:
        return {}
    url = stack.pushgateway.listen.url
    return {
        each.name: Pusher(url, each.push, simulated[each.name], _trouble(each.name)) for each in services if each.push
    }


def _trouble(name: str) -> Callable[[str], None]:
    from stackctl.report import console

    def tell(trouble: str) -> None:
        mark = console.mark("warn" if trouble else "pass")
        console.note(f"{mark} {name} {f'cannot push: {trouble}' if trouble else 'pushes again'}")

    return tell


@contextmanager
def _pushing(pushers: dict[str, Pusher]) -> Iterator[None]:
    for pusher in pushers.values():
        pusher.start()
    try:
        yield
    finally:
        for pusher in pushers.values():
            pusher.stop()


def _announce(service: Service, simulation: Simulation, pusher: Pusher | None) -> None:
    from stackctl.report import console

    contract = service.contract
    assert contract  # noqa: S101 - what has none is not simulated
    scenario = simulation.services[service.name].scenario.name
    for target in _local(service):
        url = f"{service.scheme}://{target.address}{service.metrics_path}"
        console.out(f"{service.name}: {url}, {len(contract.metrics)} metrics, {scenario}")
    if pusher:
        console.out(f"{service.name}: pushes to {pusher.url}, {len(contract.metrics)} metrics, {scenario}")
    elsewhere = len(service.targets) - len(_local(service))
    if elsewhere:
        console.note(f"{service.name}: {elsewhere} targets are not on this machine, and are not served")


@contextmanager
def _defer_signals() -> Iterator[Callable[[float | None], bool]]:
    """Hold Ctrl-C and SIGTERM back, and give what waits for one of them: for so many seconds, or until it comes.

    Not by a handler: one that arrives just before the main thread falls asleep is run when it next wakes, so never.
    """
    ends = {signal.SIGINT, signal.SIGTERM}

    def wait_for_stop(seconds: float | None = None) -> bool:
        return bool(signal.sigwait(ends) if seconds is None else signal.sigtimedwait(ends, seconds))

    before = signal.pthread_sigmask(signal.SIG_BLOCK, ends)
    try:
        yield wait_for_stop
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
