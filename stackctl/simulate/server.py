"""The addresses at which simulated services answer: metrics and health, and the control of scenarios."""

from __future__ import annotations

import base64
import hmac
import json
import ssl
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from http.server import BaseHTTPRequestHandler
from socket import SHUT_RDWR, socket
from threading import Lock, Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

from stackctl import conventions as c
from stackctl.bounds.local_server import LocalHandler, LocalServer
from stackctl.model import Service
from stackctl.simulate.scenario import SCENARIOS
from stackctl.simulate.series import OPENMETRICS, TEXT
from stackctl.simulate.service import SimulatedService
from stackctl.source import Secret

# A command has no body; what comes with it is read for the sake of the connection.
_MOST_BYTES = 65536
# How soon a server notices that it is to stop.
_POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Answer:
    """Response to a request."""

    status: int
    body: bytes
    content_type: str = "text/plain; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Instance:
    """One target of a service: what it answers to whom."""

    service: Service
    simulated: SimulatedService
    address: str

    @cached_property
    def exposition(self) -> Any:
        return self.simulated.instance(self.address)

    def answer(self, path: str, headers: Mapping[str, str]) -> Answer:
        """The answer to a GET of `path`."""
        health = self.service.health
        if path in (health.live, health.ready):
            ready = self.simulated.scenario.ready or path == health.live
            status = "ok" if ready else self.simulated.scenario.name
            return Answer(200 if ready else 503, _json({"status": status}), "application/json")
        if path != self.service.metrics_path:
            return Answer(404, f"metrics are at {self.service.metrics_path}\n".encode())
        if not _is_allowed(self.service, headers.get("Authorization") or ""):
            return Answer(401, b"login required\n", headers={"WWW-Authenticate": f'Basic realm="{self.service.name}"'})
        return self._scrape(headers.get("Accept") or "")

    def _scrape(self, accept: str) -> Answer:
        openmetrics = "application/openmetrics-text" in accept and self.exposition.speaks_openmetrics
        text = self.exposition.text(self.simulated.read(), openmetrics)
        return Answer(200, text.encode(), OPENMETRICS if openmetrics else TEXT)


@dataclass(frozen=True)
class Control:
    """Shows and changes the scenarios of all services."""

    services: Mapping[str, SimulatedService]

    def get(self) -> Answer:
        """Return the scenario of each service, and the available ones."""
        now = {name: service.scenario.name for name, service in self.services.items()}
        known = {name: scenario.help for name, scenario in SCENARIOS.items()}
        return Answer(200, _json({"services": now, "scenarios": known}), "application/json")

    def post(self, query: Mapping[str, Sequence[str]]) -> Answer:
        """Change the scenario of the services named in `query`, or of all of them."""
        name = query.get("name", [""])[0]
        chosen = query.get("service", list(self.services))
        if name not in SCENARIOS:
            return Answer(400, f"there is no scenario `{name}`: {', '.join(SCENARIOS)}\n".encode())
        unknown = [service for service in chosen if service not in self.services]
        if unknown:
            return Answer(404, f"there is no service `{unknown[0]}`: {', '.join(self.services)}\n".encode())
        for service in chosen:
            self.services[service].enter(name)
        return self.get()


class Listener:
    """A server at one address, which can stop listening and begin again."""

    def __init__(self, host: str, port: int, handler: type[BaseHTTPRequestHandler], tls: ssl.SSLContext | None) -> None:
        self._host, self._port = host, port
        self._handler, self._tls = handler, tls
        self._server: _Server | None = None

    @property
    def port(self) -> int:
        return self._server.server_address[1] if self._server else self._port

    def open(self) -> None:
        """Begin to listen. Raises OSError when somebody else does."""
        if self._server is None:
            self._server = _Server((self._host, self._port), self._handler)
            self._port = self._server.server_address[1]
            if self._tls:
                self._server.socket = self._tls.wrap_socket(
                    self._server.socket, server_side=True, do_handshake_on_connect=False
                )
            Thread(target=self._server.serve_forever, args=(_POLL_SECONDS,), daemon=True).start()

    def close(self) -> None:
        """Stop listening, and end the connections there are."""
        if self._server is not None:
            server, self._server = self._server, None
            server.shutdown()
            server.server_close()
            server.hang_up()


class Simulation:
    """All listeners, each with the names of the services behind it. Nobody listens where all of them are down."""

    def __init__(self, listeners: Mapping[Listener, Collection[str]], services: Mapping[str, SimulatedService]) -> None:
        self.services = services
        self._listeners = listeners
        self._lock = Lock()

    def follow(self) -> None:
        """Listen where a service is up, and nowhere else."""
        with self._lock:
            for listener, names in self._listeners.items():
                if any(self.services[name].scenario.up for name in names):
                    listener.open()
                else:
                    listener.close()

    def close(self) -> None:
        with self._lock:
            for listener in self._listeners:
                listener.close()


def instance_handler(instances: Mapping[str, Instance]) -> type[BaseHTTPRequestHandler]:
    """The handler of a port: of one instance, or of several that are asked for by their `host:port`."""

    class Handler(_Handler):
        def do_GET(self) -> None:  # noqa: N802 - the name of the base class
            instance = _asked_for(instances, self.headers.get("Host") or "")
            if instance is None:
                self.send(Answer(404, f"here are {', '.join(instances)}\n".encode()))
            elif instance.simulated.scenario.up:
                self.send(instance.answer(urlsplit(self.path).path, dict(self.headers)))
            else:  # others share the port, so somebody listens
                self.close_connection = True

    return Handler


def _asked_for(instances: Mapping[str, Instance], host: str) -> Instance | None:
    return next(iter(instances.values())) if len(instances) == 1 else instances.get(host)


def control_handler(simulation: Simulation) -> type[BaseHTTPRequestHandler]:
    """The handler of the control's address."""
    control = Control(simulation.services)

    class Handler(_Handler):
        def do_GET(self) -> None:  # noqa: N802 - the name of the base class
            self.send(self._refused() or control.get())

        def do_POST(self) -> None:  # noqa: N802 - the name of the base class
            if self.body(_MOST_BYTES) is None:
                return
            refused = self._refused()
            if refused is None:
                answer = control.post(parse_qs(urlsplit(self.path).query))
                simulation.follow()
            self.send(refused or answer)

        def _refused(self) -> Answer | None:
            if words := self.refusal():
                return Answer(403, f"{words}\n".encode())
            return None if urlsplit(self.path).path == "/-/scenario" else Answer(404, b"see /-/scenario\n")

    return Handler


class _Handler(LocalHandler):
    protocol_version = "HTTP/1.1"
    server_version = c.SIMULATE_SERVER
    wbufsize = 65536  # one packet for an answer: two wait for each other's acknowledgement
    timeout = 120

    def send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, format: str, *args: Any) -> None:
        """Scrapes are no news."""


class _Server(LocalServer):
    request_queue_size = 64

    def __init__(self, *args: Any) -> None:
        self._open: set[socket] = set()
        super().__init__(*args)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """End every connection: a client that keeps one alive would still be answered."""
        for request in list(self._open):
            try:
                request.shutdown(SHUT_RDWR)
            except OSError:
                continue  # it has ended by itself


def _is_allowed(service: Service, given: str) -> bool:
    wanted = _authorization(service)
    return wanted is None or hmac.compare_digest(given.encode(), wanted.encode())


def _authorization(service: Service) -> str | None:
    """The header that a scrape of the service must carry, when that is known."""
    basic, token = service.scrape.get("basic_auth"), service.scrape.get("authorization")
    if basic:
        login = f"{basic['username']}:{_plain(basic['password'])}"
        return "Basic " + base64.b64encode(login.encode()).decode()
    if token and "credentials" in token:
        return f"{token.get('type', 'Bearer')} {_plain(token['credentials'])}"
    return None


def _plain(value: str | Secret) -> str:
    return value.reveal() if isinstance(value, Secret) else value


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=2) + "\n").encode()
