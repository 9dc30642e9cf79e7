"""A little shop: a real web application to monitor, with its own customers.

    python app.py --listen 127.0.0.1:8000 --traffic 8

It needs nothing but the prometheus_client package. Latencies and errors are drawn from a seeded generator, so two
runs behave alike. SIGTERM lets the requests in flight finish.
"""

from __future__ import annotations

import argparse
import errno
import json
import random
import re
import signal
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

PRODUCTS = [
    {"id": 1, "name": "tea", "price": 4.5},
    {"id": 2, "name": "coffee", "price": 7.9},
    {"id": 3, "name": "biscuits", "price": 2.2},
]
METHODS = frozenset({"GET", "POST"})
UNAVAILABLE_EXIT = 3


class Reply(NamedTuple):
    """What an endpoint answers; `outcome` is the order's, where there is one."""

    status: int
    body: Any
    outcome: str = ""


@dataclass(frozen=True)
class Endpoint:
    """One page of the shop: its route as metrics show it, how long it usually takes, and what it answers."""

    method: str
    route: str
    path: re.Pattern[str]
    median_seconds: float
    answer: Callable[[Shop, re.Match[str]], Reply]


@dataclass
class Shop:
    """The application without its web server: state, chance and metrics."""

    seed: int = 0
    stopping: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._one_at_a_time = threading.Lock()
        self.registry = CollectorRegistry()
        PlatformCollector(self.registry)
        ProcessCollector(registry=self.registry)
        self.requests = Counter(
            "http_requests", "Requests answered.", ["method", "endpoint", "status"], registry=self.registry
        )
        self.latency = Histogram(
            "http_request_duration_seconds",
            "Time to answer a request.",
            ["method", "endpoint"],
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
            registry=self.registry,
        )
        self.in_flight = Gauge("http_requests_in_flight", "Requests being answered.", registry=self.registry)
        self.orders = Counter("shop_orders", "Orders by their outcome.", ["outcome"], registry=self.registry)
        for outcome in ("paid", "declined", "failed"):
            self.orders.labels(outcome)  # a series that exists from the start can be seen to rise from 0

    def chance(self, probability: float) -> bool:
        with self._one_at_a_time:
            return self._random.random() < probability

    def pause(self, median_seconds: float) -> None:
        """Work for a while: most often about the median, now and then much longer, as real services do."""
        with self._one_at_a_time:
            seconds = median_seconds * self._random.lognormvariate(0, 0.6)
        time.sleep(min(seconds, 2.0))

    def handle(self, method: str, path: str) -> Reply:
        """Answer one request, and count it."""
        found = next(((e, m) for e in ENDPOINTS if e.method == method and (m := e.path.fullmatch(path))), None)
        route = found[0].route if found else "other"  # a path is anybody's to invent; a label value is not
        shown = method if method in METHODS else "other"
        with self.in_flight.track_inprogress(), self.latency.labels(shown, route).time():
            reply = self._answer(*found) if found else Reply(404, {"error": "no such page"})
        self.requests.labels(shown, route, str(reply.status)).inc()
        if reply.outcome:
            self.orders.labels(reply.outcome).inc()
        return reply

    def _answer(self, endpoint: Endpoint, match: re.Match[str]) -> Reply:
        self.pause(endpoint.median_seconds)
        return endpoint.answer(self, match)


def home(_shop: Shop, _match: re.Match[str]) -> Reply:
    return Reply(200, {"shop": "quickstart", "products": len(PRODUCTS)})


def products(shop: Shop, _match: re.Match[str]) -> Reply:
    return Reply(503, {"error": "the catalogue is busy"}) if shop.chance(0.005) else Reply(200, PRODUCTS)


def product(_shop: Shop, match: re.Match[str]) -> Reply:
    found = next((item for item in PRODUCTS if str(item["id"]) == match[1]), None)
    return Reply(200, found) if found else Reply(404, {"error": "no such product"})


def checkout(shop: Shop, _match: re.Match[str]) -> Reply:
    if shop.chance(0.03):
        return Reply(502, {"error": "the payment provider does not answer"}, "failed")
    if shop.chance(0.05):
        return Reply(402, {"error": "the card was declined"}, "declined")
    return Reply(201, {"order": "accepted"}, "paid")


ENDPOINTS = (
    Endpoint("GET", "/", re.compile("/"), 0.004, home),
    Endpoint("GET", "/api/products", re.compile("/api/products"), 0.02, products),
    Endpoint("GET", "/api/products/{id}", re.compile("/api/products/([0-9]{1,9})"), 0.012, product),
    Endpoint("POST", "/api/checkout", re.compile("/api/checkout"), 0.08, checkout),
)
# What customers do, and how often.
VISITS = (("GET", "/", 4), ("GET", "/api/products", 5), ("GET", "/api/products/2", 3), ("GET", "/api/products/9", 1))
ORDERS = (("POST", "/api/checkout", 3),)


class Handler(BaseHTTPRequestHandler):
    """Speaks HTTP for the shop. Health and metrics are not the shop's business, so they are not counted."""

    server: ShopServer

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/metrics":
            self._send(200, generate_latest(self.server.shop.registry), CONTENT_TYPE_LATEST)
        elif path == "/health/live":
            self._json(200, {"status": "alive"})
        elif path == "/health/ready":
            stopping = self.server.shop.stopping.is_set()
            self._json(503 if stopping else 200, {"status": "stopping" if stopping else "ready"})
        else:
            self._shop("GET", path)

    def do_POST(self) -> None:
        self._shop("POST", self.path.partition("?")[0])

    def _shop(self, method: str, path: str) -> None:
        reply = self.server.shop.handle(method, path)
        self._json(reply.status, reply.body)

    def _json(self, status: int, body: Any) -> None:
        self._send(status, json.dumps(body).encode() + b"\n", "application/json")

    def _send(self, status: int, body: bytes, content_type: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """A line for each request would be all there is in the log."""


class ShopServer(ThreadingHTTPServer):
    """The shop at one address. Closing it waits for the requests in flight."""

    daemon_threads = False

    def __init__(self, address: tuple[str, int], shop: Shop) -> None:
        self.shop = shop
        super().__init__(address, Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is no error of ours; all else is."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


def send_customers(base: str, per_second: float, shop: Shop) -> None:
    """Visit the shop over HTTP, as customers would, until it stops."""
    dice = random.Random(shop.seed + 1)
    visits = [*VISITS, *ORDERS]
    weights = [weight for _, _, weight in visits]
    while not shop.stopping.wait(dice.expovariate(per_second)):
        method, path, _ = dice.choices(visits, weights)[0]
        request = urllib.request.Request(base + path, method=method, data=b"" if method == "POST" else None)
        try:
            urllib.request.urlopen(request, timeout=5).close()
        except urllib.error.HTTPError as error:
            error.close()  # an error is an answer too
        except OSError as error:
            print(f"a customer was lost: {error}", file=sys.stderr, flush=True)


def address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or not 0 <= int(port) <= 65535:
        raise argparse.ArgumentTypeError(f"not a HOST:PORT: {text}")
    return host, int(port)


def open_servers(addresses: list[tuple[str, int]], shop: Shop) -> list[ShopServer]:
    """A server for each address, or none and an exit that says which address cannot be had."""
    servers: list[ShopServer] = []
    for host, port in addresses:
        try:
            servers.append(ShopServer((host, port), shop))
        except OSError as error:
            for server in servers:
                server.server_close()
            taken = error.errno == errno.EADDRINUSE
            why = "another program listens there" if taken else error.strerror
            print(f"cannot listen on {host}:{port}: {why}; name another address with --listen", file=sys.stderr)
            raise SystemExit(UNAVAILABLE_EXIT) from None
    return servers


def serve(addresses: list[tuple[str, int]], traffic: float, seed: int) -> None:
    """Run the shop until SIGTERM or Ctrl-C, then finish what is in flight."""
    shop = Shop(seed)
    servers = open_servers(addresses, shop)
    # Held back from every thread and waited for below: Python would run a handler only when the main thread next
    # wakes, which a signal that comes just before it falls asleep does not make it do.
    ends = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)
    threads = [threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}) for server in servers]
    bases = ["http://{}:{}".format(*server.server_address[:2]) for server in servers]
    if traffic:
        threads.append(threading.Thread(target=send_customers, args=(bases[0], traffic, shop)))
    for thread in threads:
        thread.start()
    print(f"the shop is open at {', '.join(bases)}", flush=True)
    signal.sigwait(ends)
    shop.stopping.set()
    for server in servers:
        server.shutdown()
        server.server_close()
    for thread in threads:
        thread.join()
    print("the shop is closed", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="A little shop to monitor.")
    parser.add_argument(
        "--listen", metavar="HOST:PORT", type=address, action="append", help="may be repeated (127.0.0.1:8000)"
    )
    parser.add_argument("--traffic", metavar="N", type=float, default=0, help="requests per second of its own (0)")
    parser.add_argument("--seed", type=int, default=0, help="of latencies, errors and customers (0)")
    arguments = parser.parse_args()
    disable_created_metrics()  # type: ignore[no-untyped-call]
    serve(arguments.listen or [("127.0.0.1", 8000)], arguments.traffic, arguments.seed)


if __name__ == "__main__":
    main()
