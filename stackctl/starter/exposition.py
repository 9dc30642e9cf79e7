"""Summary of a scrape: number of series, client library, and how HTTP requests are counted. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from stackctl.exposition import parse

_STATUS = re.compile(r"[1-5]([0-9]{2}|xx)")
_REQUESTS = re.compile(r"(^|_)requests?(_|$)")
# Words in the name of a counter by which it counts something other than all requests.
_OTHERS = re.compile(
    r"(^|_)(errors?|err|exceptions?|fail(ed|ures?|s)?|faults?|panics?|rejected|rejections?|dropped|denied|blocked|limited"
    r"|throttled|timeouts?|timed_out|aborted|aborts?|cancel(l?ed)?|retries|retry|retried|slow|invalid|bad|unauthorized"
    r"|bytes|bits|size|seconds|milliseconds|ms|duration|latency|time|cost|tokens?|in_flight|inflight|active|pending"
    r"|queued|cached?|hits?|misses)(_|$)"
)
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
    """Parse `text`, or return None when Prometheus would not read it as metrics."""
    found = parse(text)
    if found is None:
        return None
    families: dict[str, _Family] = {}
    for sample in found.samples:
        family = families.setdefault(sample.name, _Family())
        for label, value in sample.labels.items():
            family.labels.setdefault(label, set()).add(value)
    client = next((client for metric, client in CLIENTS.items() if metric in families), "")
    requests, latency = _requests(families, found.kinds), _latency(families, found.kinds)
    return Scrape(len(found.samples), client, _product(families), requests, latency)


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
        if (
            counts
            and _REQUESTS.search(base)
            and not _counts_others(name, suffix)
            and not name.startswith(_OF_THE_CLIENT)
        ):
            yield name


def _counts_others(name: str, suffix: str) -> bool:
    """Return whether a counter is about some requests only, or about their bytes or seconds.

    The count of a histogram or a summary counts each request, whatever is measured of it: only failures are left out.
    """
    measured = re.sub(r"_(bytes|bits|size|(milli)?seconds|ms|duration|latency|time)(?=_|$)", "", name)
    return bool(_OTHERS.search(measured if suffix == "count" else name))


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
