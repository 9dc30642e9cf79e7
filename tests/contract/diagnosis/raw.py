"""A server that sends raw answers, and the finding about a target that it is behind."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from threading import Event, Thread

from stackctl.diagnostic import Diagnostic
from stackctl.model import Target
from stackctl.source import Position
from tests.contract.world import Around, World, opened

HERE = Position("stack.yml", 1, 1)
METRICS = b"# TYPE a gauge\na 1\n"
PLAIN = "text/plain; version=0.0.4"


@dataclass
class Raw:
    """A server that sends what it is told to: path -> the whole answer. Anything else is 404.

    `heard` are requests. An answer comes after so many `seconds`, or when it is not `silent` any more.
    """

    port: int = 0
    answers: dict[str, bytes] = field(default_factory=dict)
    heard: list[str] = field(default_factory=list)
    silent: Event | None = None
    seconds: float = 0.0


def _answer(server: Raw, request: str) -> bytes:
    words = request.split(" ")
    return server.answers.get(words[1].partition("?")[0], http("404 No")) if words[0] == "GET" else http("400 Bad")


def http(status: str, body: bytes = b"", **headers: str) -> bytes:
    """A whole answer. In the names of headers `_` stands for `-`."""
    lines = [f"HTTP/1.1 {status}", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "Connection: close", "", ""]).encode() + body


@contextmanager
def raw(context: ssl.SSLContext | None = None) -> Iterator[Raw]:
    server, over = Raw(), Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server.port = listening.getsockname()[1]
        listening.settimeout(0.05)

        def serve() -> None:
            while not over.is_set():
                try:
                    Thread(target=answer, args=(listening.accept()[0],), daemon=True).start()
                except TimeoutError:
                    continue

        def answer(plain: socket.socket) -> None:
            plain.settimeout(5)
            try:
                with context.wrap_socket(plain, server_side=True) if context else plain as connection:
                    request = connection.recv(65536).decode(errors="replace")
                    if not request:
                        return
                    server.heard.append(request)
                    if server.silent:
                        server.silent.wait(5)
                    over.wait(server.seconds)
                    connection.sendall(_answer(server, request))
            except OSError:
                plain.close()

        thread = Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            over.set()
            if server.silent:
                server.silent.set()
            thread.join(5)


def fail(well: World, error: str, address: str, dial: object = opened, **service: object) -> Diagnostic:
    place = well.context.place
    assert isinstance(place, Around)
    if dial:
        place.dial = dial  # type: ignore[assignment]
    jobs = []
    for job in well.context.jobs:
        if job.name == "api" and job.service:
            declared = replace(job.service, targets=(Target(address, {}, HERE),), **service)  # type: ignore[arg-type]
            (endpoint,) = job.endpoints
            job = replace(
                job,
                service=declared,
                metrics_path=declared.metrics_path,
                endpoints=(replace(endpoint, address=address, instance="localhost:8000"),),
            )
            services = (declared, *(each for each in well.context.stack.services if each.name != "api"))
            well.change(stack=replace(well.context.stack, services=services))
        jobs.append(job)
    well.change(jobs=tuple(jobs))
    well.target("api").update(health="down", lastError=error, discoveredLabels={"__address__": address})
    return well.only("target.up", "api/")
