"""Sink of drilled alerts: a server that speaks enough of each receiver's protocol to accept notifications."""

from __future__ import annotations

import asyncio
import base64
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from stackctl.bounds.json_text import loads
from stackctl.bounds.local_server import LocalHandler, LocalServer
from stackctl.drill.message import fault
from stackctl.drill.sink_pod import reply, way_of_address, way_of_path

# A notification is a few kilobytes; what claims to be more than this is none.
_MOST_BYTES = 10_000_000


@dataclass(frozen=True)
class Place:
    """Address at which Alertmanager reaches the sink: a host name that it knows, and a port for each protocol.

    `token` tells this drill from earlier ones: of what a receiver has been told already, Alertmanager tells it again
    only after hours.
    """

    host: str
    web_port: int
    mail_port: int
    token: str

    def url(self, path: str) -> str:
        return f"http://{self.host}:{self.web_port}/{path}"

    @property
    def mail(self) -> str:
        return f"{self.host}:{self.mail_port}"


@dataclass(frozen=True)
class Arrivals:
    """Ways by which something arrived -> when, as Unix time; ways -> why nothing of use has come by them; and ways ->
    how many messages have come by them, where that is counted."""

    times: Mapping[str, float]
    faults: Mapping[str, str] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Sink:
    """Arrivals so far: path of arrival -> Unix time, and the faults of messages that cannot be read.

    Of each way the first is looked at, and all are counted.
    """

    arrivals: dict[str, float] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def take(self, way: str, body: bytes, at: float | None = None) -> None:
        """Note that the message `body` has come by `way`, whose third part is the integration, at a Unix time."""
        self.counts[way] = self.counts.get(way, 0) + 1
        if way not in self.arrivals:
            if wrong := fault(way.split("/")[2] if way.count("/") >= 2 else "", body):
                self.faults[way] = wrong
            self.arrivals[way] = time.time() if at is None else at

    def read(self, log: str) -> None:
        """Note what the sink in a pod has printed. Other lines are none of its notifications."""
        for line in log.splitlines():
            with suppress(ValueError, LookupError, TypeError):
                found = loads(line[line.index("{") :])
                self.take(str(found["way"]), base64.b64decode(found["body"]), float(found["time"]))

    def seen(self) -> Arrivals:
        """Return what has arrived until now."""
        return Arrivals(dict(self.arrivals), dict(self.faults), dict(self.counts))

    @contextmanager
    def open(self, listen: str, host: str) -> Iterator[Place]:
        """Listen at the address `listen`, on ports of the system's choice. Raises OSError when that cannot be.

        `host` is what the machine of Alertmanager calls that address.
        """
        web = LocalServer((listen, 0), _web_handler(self, host))
        threading.Thread(target=web.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        try:
            with _mail_server(self, listen) as mail_port:
                yield Place(host, web.server_address[1], mail_port, secrets.token_hex(3))
        finally:
            web.shutdown()
            web.server_close()


def _web_handler(sink: Sink, host: str) -> type[BaseHTTPRequestHandler]:
    class Handler(LocalHandler):
        timeout = 10
        names = (host,)

        def do_POST(self) -> None:  # noqa: N802 - the name of the base class
            body = self.body(_MOST_BYTES)
            if body is None:
                return
            if words := self.refusal():
                self.send_error(403, words)
                return
            way = way_of_path(self.path)
            sink.take(way, body)
            text, kind = reply(way)
            self.send_response(202)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: Any) -> None:
            """Log nothing: the drill reports what arrives."""

    return Handler


@contextmanager
def _mail_server(sink: Sink, listen: str) -> Iterator[int]:
    from aiosmtpd.smtp import SMTP

    class Handler:
        async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
            for address in envelope.rcpt_tos:
                sink.take(way_of_address(address), envelope.content or b"")
            return "250 accepted by a drill"

    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(loop.create_server(lambda: SMTP(Handler(), hostname="stackctl"), listen, 0))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
