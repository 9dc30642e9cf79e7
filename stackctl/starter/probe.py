"""Find what serves metrics: at a URL that was given, or on the ports that listen on this machine."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from ipaddress import ip_address
from typing import NamedTuple

from stackctl import conventions as c
from stackctl.listeners import listeners
from stackctl.starter.exposition import Requests, Scrape, read
from stackctl.starter.fetch import Reply, fetch
from stackctl.starter.names import MetricsUrl

Fetch = Callable[[str, float], Reply]

GIVEN_SECONDS = 5.0
LOCAL_SECONDS = 1.0
CONCURRENCY = 32
# A machine with more listening ports than this is not somebody's workbench: the search stops there.
MOST_PORTS = 256

METRICS_PATHS = ("/metrics", "/actuator/prometheus", "/api/metrics", "/stats/prometheus", "/q/metrics")
LIVE_PATHS = ("/health/live", "/livez", "/healthz", "/health", "/-/healthy")
READY_PATHS = ("/health/ready", "/readyz", "/ready", "/-/ready")
# A server that answers this with 2xx answers everything so, and its health paths mean nothing.
NONSENSE_PATH = "/stackctl-asks-whether-all-paths-are-the-same"
# Where the ports that listen cannot be listed: those that web applications commonly use.
USUAL_PORTS = (8000, 8080, 5000, 8888, 3000, 4000, 9000, 9090)
# What the stack's own components call themselves in `<product>_build_info`.
OWN_PRODUCTS = frozenset({"prometheus", "alertmanager", "grafana", "pushgateway", "node_exporter", "blackbox_exporter"})
# Content types that Prometheus takes without a hint of what to expect.
_KNOWN_TYPES = re.compile(r"(text/plain|application/openmetrics-text|application/vnd\.google\.protobuf)\s*(;.*)?")


class Port(NamedTuple):
    """A TCP port that listens; on loopback only, or for others too."""

    number: int
    loopback_only: bool


@dataclass(frozen=True)
class Found:
    """Findings at a URL. Without a `scrape`, `problem` says why; `live` and `ready` are health paths, or ""."""

    url: MetricsUrl
    scrape: Scrape | None = None
    problem: str = ""
    live: str = ""
    ready: str = ""
    needs_protocol: bool = False
    loopback_only: bool = False

    def __str__(self) -> str:
        if self.scrape is None:
            return f"{self.url}: {self.problem}"
        scrape = self.scrape
        facts = [
            f"{scrape.series} series",
            f"by {scrape.client}" if scrape.client else "",
            f"HTTP requests in {scrape.requests.series}" if scrape.requests else "",
            f"latency in {scrape.latency}" if scrape.latency else "",
            "without a Content-Type that Prometheus knows" if self.needs_protocol else "",
        ]
        return f"{self.url}: {', '.join(fact for fact in facts if fact)}"


@dataclass(frozen=True)
class Service:
    """A service of the first manifest: what was found, with a name."""

    name: str
    found: Found

    @property
    def requests(self) -> Requests | None:
        return self.found.scrape.requests if self.found.scrape else None

    @property
    def latency(self) -> str:
        return self.found.scrape.latency if self.found.scrape else ""


def look_at(url: MetricsUrl, ask: Fetch = fetch) -> Found:
    """Return what is at `url`; when it has no path, the usual ones are tried."""
    paths = (url.path,) if url.path else METRICS_PATHS
    found = _first_with_metrics(url, paths, GIVEN_SECONDS, ask)
    local = {port.number: port.loopback_only for port in listening_ports()} if url.host in c.LOCAL_HOSTS else {}
    return _completed(found, local.get(url.port, False), GIVEN_SECONDS, ask)


def find_local(ask: Fetch = fetch) -> list[Found]:
    """Everything on this machine that serves metrics, except the components of a stack, by port."""
    ports = listening_ports() or [Port(number, False) for number in USUAL_PORTS]

    def look(port: Port) -> Found:
        url = MetricsUrl("http", "localhost", port.number)
        found = _first_with_metrics(url, METRICS_PATHS[:2], LOCAL_SECONDS, ask)
        return _completed(found, port.loopback_only, LOCAL_SECONDS, ask)

    with ThreadPoolExecutor(CONCURRENCY) as pool:
        seen = list(pool.map(look, ports[:MOST_PORTS]))
    return [found for found in seen if found.scrape and found.scrape.product not in OWN_PRODUCTS]


def _first_with_metrics(url: MetricsUrl, paths: Iterable[str], timeout: float, ask: Fetch) -> Found:
    """The first of `paths` that serves metrics, else what is wrong with the first of all."""
    tried = []
    for path in paths:
        at = MetricsUrl(url.scheme, url.host, url.port, path)
        reply = ask(str(at), timeout)
        found = _judge(at, reply)
        if found.scrape:
            return found
        tried.append(found)
        if not reply.status:
            break  # what does not answer at all will not answer on another path
    return tried[0]


def _judge(url: MetricsUrl, reply: Reply) -> Found:
    if not reply.ok:
        return Found(url, problem=reply.reason or f"it returns {reply.status}")
    scrape = read(reply.text)
    if scrape is None:
        kind = reply.content_type.partition(";")[0] or "something"
        return Found(url, problem=f"it returns {kind}, which is not in Prometheus' format")
    return Found(url, scrape, needs_protocol=not _KNOWN_TYPES.fullmatch(reply.content_type))


def _completed(found: Found, loopback_only: bool, timeout: float, ask: Fetch) -> Found:
    """`found` with its health paths."""
    if found.scrape is None:
        return found

    def answers(path: str) -> bool:
        return ask(f"{found.url.base}{path}", timeout).ok

    live = ready = ""
    if not answers(NONSENSE_PATH):
        live = next((path for path in LIVE_PATHS if answers(path)), "")
        ready = next((path for path in READY_PATHS if answers(path)), "")
    return Found(found.url, found.scrape, "", live, ready, found.needs_protocol, loopback_only)


def listening_ports() -> list[Port]:
    """The TCP ports that listen on this machine, as far as the system lists them."""
    found: dict[int, bool] = {}
    for each in listeners():
        found[each.port] = found.get(each.port, True) and _is_loopback(each.host)
    return [Port(number, loopback) for number, loopback in sorted(found.items())]


def _is_loopback(host: str) -> bool:
    address = ip_address(host)
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)
