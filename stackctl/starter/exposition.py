"""What a scrape says about who made it: how many series, by which client, and how HTTP requests are counted. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

_SAMPLE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})?\s+(\S+)(?:\s.*)?")
_LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"')
_TYPE = re.compile(r"#\s*TYPE\s+([a-zA-Z_:][a-zA-Z0-9_:]*)\s+(\w+)\s*")
_STATUS = re.compile(r"[1-5]([0-9]{2}|xx)")
_REQUESTS = re.compile(r"(^|_)requests?(_|$)")
_STATUS_LABELS = ("status", "code", "status_code", "http_status", "http_status_code", "http_response_status_code")
# The metrics of a client library about its own handler say nothing about the application.
_OF_THE_CLIENT = ("promhttp_",)

# A metric that a client library always sends -> the library.
CLIENTS = {
    "python_info": "Python's prometheus_client",
    "go_info": "Go's client_golang",
    "jvm_info": "Java's client_java",
    "jvm_memory_used_bytes": "Java's Micrometer",
    "nodejs_version_info": "Node.js' prom-client",
    "dotnet_total_memory_bytes": ".NET's prometheus-net",
    "erlang_vm_memory_bytes_total": "Erlang's prometheus.erl",
    "otel_scope_info": "OpenTelemetry",
    "target_info": "OpenTelemetry",
}
_RUNTIMES = frozenset({"go", "python", "jvm", "nodejs"})


@dataclass(frozen=True)
class Requests:
    """The series that counts HTTP requests, and its label for the status ("" when it has none)."""

    series: str
    status: str = ""


@dataclass(frozen=True)
class Scrape:
    """A scrape, summed up. `product` is what a `<product>_build_info` metric says; `latency` a histogram's name."""

    series: int
    client: str = ""
    product: str = ""
    requests: Requests | None = None
    latency: str = ""


@dataclass
class _Family:
    """One sample name and what was seen of it."""

    labels: dict[str, set[str]] = field(default_factory=dict)


def read(text: str) -> Scrape | None:
    """What `text` says, or None when it is not in the text format of Prometheus."""
    kinds: dict[str, str] = {}
    families: dict[str, _Family] = {}
    series = 0
    for line in text.splitlines():
        line = line.strip()
        if line.startswith("#"):
            if found := _TYPE.fullmatch(line):
                kinds[found[1]] = found[2]
        elif line:
            sample = _SAMPLE.fullmatch(line)
            if sample is None or not _is_number(sample[3]):
                return None
            series += 1
            family = families.setdefault(sample[1], _Family())
            for name, value in _LABEL.findall(sample[2] or ""):
                family.labels.setdefault(name, set()).add(value)
    if not series:
        return None
    client = next((client for metric, client in CLIENTS.items() if metric in families), "")
    return Scrape(series, client, _product(families), _requests(families, kinds), _latency(families, kinds))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _product(families: Mapping[str, _Family]) -> str:
    products = (name.removesuffix("_build_info") for name in families if name.endswith("_build_info"))
    return next((product for product in products if product not in _RUNTIMES), "")


def _requests(families: Mapping[str, _Family], kinds: Mapping[str, str]) -> Requests | None:
    found = [Requests(name, _status_label(families[name])) for name in _counters(families, kinds)]
    # A ratio of errors needs the status; after that, the plainest name is the likeliest.
    return min(found, key=lambda r: (not r.status, "http" not in r.series, len(r.series), r.series), default=None)


def _counters(families: Mapping[str, _Family], kinds: Mapping[str, str]) -> Iterator[str]:
    for name in families:
        base, _, suffix = name.rpartition("_")
        counts = kinds.get(name) == "counter" or (suffix == "total" and kinds.get(base) == "counter")
        counts = counts or (suffix == "count" and kinds.get(base) in {"histogram", "summary"})
        if counts and _REQUESTS.search(base) and not name.startswith(_OF_THE_CLIENT):
            yield name


def _status_label(family: _Family) -> str:
    for name in _STATUS_LABELS:
        values = family.labels.get(name, set())
        if any(_STATUS.fullmatch(value) for value in values):
            return name
    return ""


def _latency(families: Mapping[str, _Family], kinds: Mapping[str, str]) -> str:
    histograms = [
        name
        for name, kind in kinds.items()
        if kind == "histogram" and f"{name}_bucket" in families and name.endswith("_seconds")
        if _REQUESTS.search(name) or "http" in name or "latency" in name
    ]
    return min(histograms, key=lambda name: ("http" not in name, len(name), name), default="")
