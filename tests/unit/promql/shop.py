"""A service whose metrics are of every kind, as its contract describes them."""

from __future__ import annotations

from math import inf

from stackctl.promql.catalogue import NATIVE, Catalogue, Record, promised

SCRAPE = {"job": (), "instance": ()}
INTERVAL_SECONDS = 15.0
# Name -> its type, its labels, and its buckets or quantiles.
METRICS: dict[str, tuple[str, dict[str, tuple[str, ...]], tuple[float, ...]]] = {
    "requests_total": ("counter", {"method": ("GET", "POST"), "status": ("200", "404", "500"), "path": ()}, ()),
    "errors_total": ("counter", {"kind": ()}, ()),
    "busy_cpu_seconds_total": ("counter", {}, ()),
    "sent_bytes_total": ("counter", {}, ()),
    "latency_seconds": ("histogram", {"method": ("GET", "POST")}, (0.1, 0.5, 1, 5, inf)),
    "rpc_milliseconds": ("histogram", {}, (10, 100, inf)),
    "size_bytes": ("histogram", {}, (1000, 1_000_000, inf)),
    "certificate_expiry_timestamp_seconds": ("gauge", {}, ()),
    "depth": ("gauge", {"queue": ("orders", "mails")}, ()),
    "workers": ("gauge", {"state": ("busy", "idle")}, ()),
    "memory_bytes": ("gauge", {}, ()),
    "limit_bytes": ("gauge", {}, ()),
    "hit_ratio": ("gauge", {}, ()),
    "used_percent": ("gauge", {}, ()),
    "wait_seconds": ("gauge", {}, ()),
    "timeout_milliseconds": ("gauge", {}, ()),
    "last_success_timestamp_seconds": ("gauge", {}, ()),
    "temperature_celsius": ("gauge", {}, ()),
    "pause_seconds": ("summary", {}, (0.5, 0.99)),
    "build_info": ("info", {"version": ()}, ()),
    "mode": ("state", {"mode": ("on", "off")}, ()),
    "native_seconds": (NATIVE, {}, ()),
}
RECORDS = {
    "job:requests:rate5m": (Record("sum by (job) (rate(requests_total[5m]))"),),
    "job:requests:sum": (Record("sum by (job) (requests_total)"),),
    "job:latency:p99": (Record("histogram_quantile(0.99, sum by (job, le) (rate(latency_seconds_bucket[5m])))"),),
    "team:depth:max": (Record("max(depth)", {"team": "shop"}),),
    "loop:a": (Record("loop:b"),),
    "loop:b": (Record("loop:a"),),
}
SHOP = Catalogue(
    dict(
        series
        for name, (kind, labels, bounds) in METRICS.items()
        for series in promised(name, kind, {**labels, **SCRAPE}, bounds, interval=INTERVAL_SECONDS)
    ),
    RECORDS,
    frozenset({"up", "ALERTS"}),
    ("process_", "node_"),
    complete=True,
    targets=frozenset(SCRAPE),
)
