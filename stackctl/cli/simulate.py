"""`stackctl simulate`: a stack can be tried before its applications exist."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stackctl import conventions as c
from stackctl.cli.options import AllowOutside, options

if TYPE_CHECKING:
    from stackctl.model import Service
    from stackctl.operations.simulation import Served

# How often the container is looked at.
_LOOK_SECONDS = 0.3


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
    from stackctl.operations.simulation import Wanted, choose, refuse_unknown_scenario, serving
    from stackctl.report import console

    stack = load(options(context).manifest)
    refuse_unknown_scenario(scenario)
    chosen = choose(stack, service or (), exporters, container=container)
    hosts = tuple(dict.fromkeys(listen_host or ()))
    if container:
        from stackctl.operations.simulate_container import contained

        with (
            _defer_signals() as wait_for_stop,
            contained(stack, chosen, image, scenario, seed, speed, control, hosts) as simulation,
        ):
            for each in chosen:
                _announce_contained(each, scenario, simulation.container)
            _announce_control(simulation.control)
            while not wait_for_stop(_LOOK_SECONDS):
                simulation.ensure_running()
        console.note("stopped")
        return
    wanted = Wanted(scenario, seed, speed, hosts or (c.LOOPBACK,), control, tls_cert, tls_key)
    with _defer_signals() as wait_for_stop, serving(stack, chosen, wanted, _tell_trouble) as served:
        for each in chosen:
            _announce(each, served)
        _announce_control(served.control)
        wait_for_stop(None)
    console.note("stopped")


def _tell_trouble(name: str, trouble: str) -> None:
    from stackctl.report import console

    mark = console.mark("warn" if trouble else "pass")
    console.note(f"{mark} {name} {f'cannot push: {trouble}' if trouble else 'pushes again'}")


def _announce(service: Service, served: Served) -> None:
    from stackctl.operations.simulation import local_targets
    from stackctl.report import console

    pusher = served.pushers.get(service.name)
    contract = service.contract
    assert contract  # noqa: S101 - what has none is not simulated
    scenario = served.simulation.services[service.name].scenario.name
    for target in local_targets(service):
        url = f"{service.scheme}://{target.address}{service.metrics_path}"
        console.out(f"{service.name}: {url}, {len(contract.metrics)} metrics, {scenario}")
    if pusher:
        console.out(f"{service.name}: pushes to {pusher.url}, {len(contract.metrics)} metrics, {scenario}")
    elsewhere = len(service.targets) - len(local_targets(service))
    if elsewhere:
        console.note(f"{service.name}: {elsewhere} targets are not on this machine, and are not served")


def _announce_contained(service: Service, scenario: str, container: str) -> None:
    from stackctl.report import console

    for target in service.targets:
        console.out(f"{service.name}: http://{target.address}{service.metrics_path}, {scenario}, from {container}")
    if service.push:
        console.out(f"{service.name}: pushes, {scenario}, from {container}")


def _announce_control(address: str) -> None:
    from stackctl.report import console

    console.out(f"control: curl -X POST 'http://{address}/-/scenario?name=errors'   (GET lists the scenarios)")


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
