"""A container next to the units of a stack: on their network, for as long as a command runs."""

from __future__ import annotations

import subprocess
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from stackctl.components.component import NOBODY
from stackctl.diagnostic import Diagnostic
from stackctl.errors import Unavailable
from stackctl.runtimes.docker import command

_END_SECONDS = 15.0


@dataclass(frozen=True)
class Sidecar:
    """The container: `aliases` are its names on the network of `project`, `published` are the addresses of this
    machine by the ports they lead to, `mounts` the folders of this machine by their places in it."""

    project: str
    name: str
    image: str
    command: tuple[str, ...]
    aliases: tuple[str, ...]
    published: tuple[tuple[str, int], ...]
    mounts: Mapping[str, Path]
    environment: Mapping[str, str]

    @property
    def network(self) -> str:
        return f"{self.project}_default"

    @property
    def arguments(self) -> tuple[str, ...]:
        """Return the arguments of `docker`. The container may do nothing but listen."""
        return (
            *("run", "--rm", "--interactive", "--init", "--name", self.name, "--network", self.network),
            *("--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges:true"),
            *("--user", f"{NOBODY}:{NOBODY}"),
            *(word for alias in self.aliases for word in ("--network-alias", alias)),
            *(word for address, port in self.published for word in ("--publish", f"{address}:{port}")),
            *(
                word
                for target, source in self.mounts.items()
                for word in ("--mount", f"type=bind,{_field(f'source={source}')},target={target},readonly")
            ),
            *(word for key, value in self.environment.items() for word in ("--env", f"{key}={value}")),
            *("--entrypoint", self.command[0], self.image, *self.command[1:]),
        )


def _field(text: str) -> str:
    """Quote a field of CSV, which the value of `--mount` is: a path may have a comma."""
    return '"' + text.replace('"', '""') + '"'


@contextmanager
def running(sidecar: Sidecar, told: str, ready: str) -> Iterator[subprocess.Popen[str]]:
    """The container, once it has its order and has printed the line `ready`. It ends with the context, or before it
    when this process ends. Raises Unavailable when it does not come that far."""
    _refuse_taken_names(sidecar)
    process = command.start(
        *sidecar.arguments,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        # Ctrl-C is for this process, which ends the container in its own way.
        start_new_session=True,
    )
    assert process.stdin  # noqa: S101 - it is a pipe
    assert process.stdout  # noqa: S101 - it is a pipe
    try:
        _tell(process, told)
        if process.stdout.readline().strip() != ready:
            raise Unavailable.of(
                "unit.exited",
                f"the container {sidecar.name} did not start",
                cause="See Docker's output above.",
                remedy=f"Check that {sidecar.image} can be pulled and has {sidecar.command[0]}, or use another image.",
            )
        yield process
    finally:
        _end(process)


def _tell(process: subprocess.Popen[str], told: str) -> None:
    assert process.stdin  # noqa: S101 - it is a pipe
    try:
        process.stdin.write(told)
        process.stdin.flush()
    except BrokenPipeError:
        return  # it has ended: its output instead of `ready` is the reason


def _end(process: subprocess.Popen[str]) -> None:
    """Close its standard input, at which it ends by itself and is removed."""
    assert process.stdin  # noqa: S101 - it is a pipe
    assert process.stdout  # noqa: S101 - it is a pipe
    with suppress(BrokenPipeError):
        process.stdin.close()
    try:
        process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        process.terminate()
        process.wait(_END_SECONDS)
    process.stdout.close()


def _refuse_taken_names(sidecar: Sidecar) -> None:
    """Raise Unavailable for a name that a container has already, or when there is no network."""
    asked = _ask("network", "inspect", sidecar.network)
    if asked.returncode:
        remedy = "Run `stackctl up` first; name the components to start, without the simulated ones."
        raise Unavailable.of(
            "docker.no-network", f"the stack's network {sidecar.network} does not exist", remedy=remedy
        )
    if _ask("container", "inspect", sidecar.name).returncode == 0:
        remedy = f"Stop it where it was started, or with `docker stop {sidecar.name}`."
        raise Unavailable.of("unit.name-taken", f"the container {sidecar.name} is already running", remedy=remedy)
    shown = '{{.Names}} {{.Label "com.docker.compose.service"}}'
    running = _ask("ps", "--filter", f"network={sidecar.network}", "--format", shown).stdout.splitlines()
    taken = list(_taken(sidecar.aliases, [line.split() for line in running]))
    if taken:
        raise Unavailable(*taken)


def _taken(aliases: Collection[str], containers: Collection[list[str]]) -> Iterator[Diagnostic]:
    for container, *service in containers:
        for alias in sorted({container, *service} & set(aliases)):
            remedy = f"Stop it (`docker stop {container}`), or simulate other services."
            yield Diagnostic(
                "unit.name-taken", f"`{alias}` is already running, as the container {container}", remedy=remedy
            )


def published(name: str, port: int) -> str:
    """The address of this machine that leads to a container's `port`."""
    return _ask("port", name, str(port)).stdout.split("\n")[0].strip()


def _ask(*arguments: str) -> subprocess.CompletedProcess[str]:
    remedy = "Install Docker, or leave out `--container`."
    return command.run(command.Limit.ANSWER, *arguments, remedy=remedy)
