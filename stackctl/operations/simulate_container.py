"""`stackctl simulate --container`: the same from a container, which has the names of the targets on their network."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from subprocess import Popen

from stackctl import conventions as c
from stackctl.model import Run, Service, Stack

_PACKAGE = "/opt/stackctl/stackctl"


@dataclass(frozen=True)
class Contained:
    """A simulation in a container of that name, and the address of its control on this machine."""

    container: str
    control: str
    process: Popen[str]

    def ensure_running(self) -> None:
        """Raise Unavailable when the container has ended by itself."""
        from stackctl.errors import Unavailable

        if self.process.poll() is not None:
            raise Unavailable.of(
                "unit.exited", f"the container {self.container} has exited", remedy="Start the simulation again."
            )


@contextmanager
def contained(
    stack: Stack,
    services: Sequence[Service],
    image: str,
    scenario: str,
    seed: int,
    speed: float,
    control: int,
    hosts: Sequence[str],
) -> Iterator[Contained]:
    """Serve `services` while the context lasts. Raises Unavailable when the container does not start."""
    from stackctl.runtimes.docker.callback import callback
    from stackctl.runtimes.docker.facts import FACTS
    from stackctl.runtimes.docker.sidecar import Sidecar, published, running
    from stackctl.scrape import component_address
    from stackctl.simulate.container_spec import LISTENING, Order, Served, write

    listens = {exporter.job: exporter.listen.reached for exporter in stack.exporters}
    served = [Served(replace(each, run=Run()), tuple(_addresses(each, listens.get(each.name)))) for each in services]
    inside = _free_port({port for each in served for _, port in each.addresses})
    gateway = f"http://{component_address(stack.pushgateway, FACTS)}" if stack.pushgateway else ""
    order = Order(tuple(served), scenario, seed, speed, inside, gateway)
    local = sorted({target.port for each in services for target in each.targets if target.host in c.LOCAL_HOSTS})
    names = sorted({target.host for each in services for target in each.targets if target.host not in c.LOCAL_HOSTS})
    exporters = [(listens[each.name], each.targets[0].port) for each in services if each.name in listens]
    sidecar = Sidecar(
        project=stack.name,
        name=f"{stack.name}-simulate",
        image=image,
        command=("python3", "-m", "stackctl.simulate"),
        aliases=tuple(names),
        published=(
            *((f"{host}:{port}", port) for host in hosts or callback()[:1] for port in local),
            *exporters,
            (f"{c.LOOPBACK}:{control or ''}", inside),
        ),
        mounts={_PACKAGE: Path(__file__).parents[1]},
        environment={"PYTHONPATH": str(Path(_PACKAGE).parent), "PYTHONDONTWRITEBYTECODE": "1"},
    )
    with running(sidecar, write(order).decode(), LISTENING) as process:
        yield Contained(sidecar.name, published(sidecar.name, inside), process)


def _addresses(service: Service, listen: str | None) -> Iterator[tuple[str, int]]:
    """Yield the addresses that Prometheus scrapes, and at which stackctl asks whether an exporter is ready."""
    from stackctl.runtimes.docker.facts import FACTS
    from stackctl.scrape import reachable

    for target in service.targets:
        yield reachable(target, FACTS), target.port
    if listen:
        yield listen, service.targets[0].port


def _free_port(taken: Collection[int]) -> int:
    """A port for the control that nothing is served at."""
    return next(port for port in range(9999, 1023, -1) if port not in taken)
