"""Services and their contracts, exporters, and what else a manifest has."""

from __future__ import annotations

from typing import Any

from tests.fuzz.manifests.containers import CONTAINER, OF_A_COMPONENT
from tests.fuzz.manifests.prometheus import DISCOVERY, RELABEL
from tests.fuzz.manifests.shapes import Dice, Many, Named, Odd
from tests.fuzz.manifests.values import (
    AUTHORIZATION,
    BOOLEAN,
    CERTIFIED,
    COUNT,
    DURATION,
    LABEL,
    LABELS,
    LOGIN,
    NAME,
    OWN_SCRAPE,
    TARGET,
    TEXT,
    TIMEOUT,
    TLS,
    URL,
)

METRIC_NAME = Odd(
    ("x_total", "d_seconds", "queue", "a:b"), ("a-b", "ü", "", "9x", "x_bucket", "a.b", "up", "x_created", "__name__")
)
METRIC = Odd(
    ("gauge", {"type": "gauge", "labels?": ["zone"], "unit?": Odd(("seconds", "bytes"), (TEXT,)), "help?": TEXT,
     "range?": [0, 100]},
     {"type": "gauge", "labels": {"code": Odd(([200, 500], {"values": ["a"]}, {"examples": ["x"]}), (None, [], ["a",
      "a"], [TEXT]))}}),
    ("counter", {"type": "nope"}, {"type": "histogram", "buckets": [1, 0.5]}, {"type": "gauge", "buckets": [1]},
     {"type": "gauge", "labels": Named(LABEL, None, 1)}, {"type": "summary", "quantiles": [5]},
     {"type": "gauge", "range": [5]}, {"type": "gauge", "native": True}, {}, None),
)  # fmt: skip
CONTRACT = Odd(
    (
        {"http_requests_total": {"type": "counter", "labels": ["method", "code"]},
         "http_request_duration_seconds": {"type": "histogram", "labels": ["method"], "buckets?": [0.1, 0.3, 1]},
         "work_queue_length": "gauge", "native_seconds": {"type": "histogram", "native": True},
          "s_seconds": {"type": "summary", "quantiles": [0.5, 0.9]},
         "state": {"type": "stateset", "states": ["good", "bad"]}, "build_info": {"type": "info",
          "labels": ["version"]}},
        {"file": "contract.yml", "with": {"app": "shop"}, "metrics?": {"more": "gauge"}},
        {"file": "plain.yml"},
        "plain.yml",
        Named(METRIC_NAME, METRIC),
    ),
    ({}, "missing.yml", "contract.yml", {"file": "rules.yml"}, {"with": {"a": "b"}}, {"file": "contract.yml",
     "with": {"nope": "x"}}),
)  # fmt: skip
SLO = Odd(
    (
        {"objective": Odd((99.9, 95), (100, 0, "99.9%", 99.99999)), "window?": Odd(("28d", "7d", "30d"), ("1h", "1d",
         "1y", "1d12h")),
         "good": Odd(('rate(http_requests_total{code!~"5.."}[$window])',), ("rate(x[5m])", "x", "rate(x[$window]",
          "sum(rate(x[$window])) > 1")), "total": "rate(http_requests_total[$window])"},
        {"objective": 99, "latency": {"histogram": Odd(("http_request_duration_seconds",), ("x_bucket",
         "native_seconds", METRIC_NAME)), "under": Odd((0.3,), (5, 0, -1, 1e300, 1e-9))}},
    ),
    ({}, {"objective": 99}, {"objective": 99, "good": "x"}),
)  # fmt: skip
RUN = Odd(
    ({"docker": CONTAINER}, {"docker": CONTAINER}, {"native": {"command": Many(TEXT), "env?": Named(Odd(("A", "B_C"),
     ("a-b", "", "A=B", "ü", "PATH")), TEXT, 2), "cwd?": Odd((".",), ("missing", "/", ""))}},
     {"docker": CONTAINER, "native": {"command": ["x"]}}),
    ({}, {"native": {"command": []}}, {"native": {"command": "x"}}, None, {"docker": None}, {"docker": {}}),
)  # fmt: skip
SERVICE = {
    "metrics_path?": Odd(
        ("/metrics", "/api/m"), ("m", "", "/m?x=1", "/ü", "/a b", "/{{ x }}", "/%zz", "/m#x", "//", "/$x")
    ),
    "scheme?": Odd(("http", "https"), ("HTTP", "ftp", "")),
    "scrape_interval?": Odd(("15s", "1m"), (DURATION,)),
    "scrape_timeout?": TIMEOUT,
    "labels?": LABELS,
    "tls?": (TLS, CERTIFIED),
    "params?": Named(
        Odd(("format", "q"), ("a-b", "", "ü", "a b", "match[]", TEXT)),
        Odd((["x"], ["a", "b"]), ([], [""], [TEXT], "x", [5])),
        2,
    ),
    "honor_labels?": BOOLEAN,
    "honor_timestamps?": BOOLEAN,
    "track_timestamps_staleness?": BOOLEAN,
    "sample_limit?": COUNT,
    "target_limit?": COUNT,
    "label_limit?": COUNT,
    "label_name_length_limit?": COUNT,
    "label_value_length_limit?": COUNT,
    "body_size_limit?": Odd(("10MB", "1GB"), ("10", "1.5MB", "x")),
    "keep_dropped_targets?": COUNT,
    "scrape_protocols?": Odd((["PrometheusText0.0.4"], ["PrometheusProto", "OpenMetricsText1.0.0"]), (["x"], [])),
    "fallback_scrape_protocol?": Odd(("PrometheusText0.0.4", "OpenMetricsText1.0.0", "PrometheusProto"), ("x", "")),
    "scrape_native_histograms?": BOOLEAN,
    "always_scrape_classic_histograms?": BOOLEAN,
    "convert_classic_histograms_to_nhcb?": BOOLEAN,
    "native_histogram_bucket_limit?": COUNT,
    "native_histogram_min_bucket_factor?": Odd((1.1,), (0, "x")),
    "metric_name_validation_scheme?": Odd(("utf8", "legacy"), ("x",)),
    "metric_name_escaping_scheme?": Odd(("underscores", "values"), ("x",)),
    "extra_scrape_metrics?": BOOLEAN,
    "follow_redirects?": BOOLEAN,
    "enable_http2?": BOOLEAN,
    "enable_compression?": BOOLEAN,
    "http_headers?": Odd(({"X-A": {"values": ["b"]}},), ({"X-A": "b"},)),
    "relabel?": Many(RELABEL),
    "metric_relabel?": Many(RELABEL),
    "health?": {"live?": Odd(("/live",), ("live", "/ü", "/a?b")), "ready?": "/ready"},
    "run?": RUN,
    "metrics?": CONTRACT,
}
_OAUTH2 = {"client_id": "a", "client_secret": "b-secret", "token_url": "http://x.test/"}
_PROXY = Odd(
    (
        {},
        {},
        {"proxy_url": "http://proxy.test:3128", "no_proxy?": "a.test", "proxy_connect_header?": {"X-A": ["b"]}},
        {"proxy_from_environment": True},
    ),
    ({"no_proxy": "a.test"}, {"proxy_url": "x"}),
)
PUSH = {"push": {"job?": TEXT, "grouping?": Named(LABEL, TEXT, 2)}, "metrics?": {"last_seconds": "gauge"}}
# How the metrics of any exporter are scraped, and how any that is started is run.
_SCRAPED = {
    "job?": Odd(("jobs-a", "jobs-b", "jobs-c", "jobs-d"), (NAME,)),
    "scrape_interval?": Odd(("30s",), (DURATION,)),
    "scrape_timeout?": TIMEOUT,
    "labels?": LABELS,
}
_SERVER = {
    **_SCRAPED,
    "listen?": Odd(("127.0.0.1:20001", 20002), ("x", 0, 9090)),
    "image?": Odd(("x/y:1",), ("A B", "", "x")),
    "resources?": {"memory?": "64m", "cpus?": 0.5},
    "docker?": OF_A_COMPONENT,
    "args?": Many(Odd(("--log.level=debug",), (TEXT, "", "-x", "--web.listen-address=:1"))),
}
_CUSTOM = {
    **_SERVER,
    "image": "x/y:1",
    "port": Odd((9400,), (COUNT, 0, 99999)),
    "command?": Many(TEXT),
    "env?": Named(Odd(("A", "B_C"), ("a-b", "", "A=B")), TEXT, 2),
    "program?": Odd(("own_exporter",), (TEXT,)),
    "metrics_path?": Odd(("/metrics",), ("m", "/m?x=1")),
}
EXPORTERS = {
    "node?": Odd(({}, None, {"kind?": "node", **_SERVER}), ({"x": 1},)),
    "cadvisor?": {"kind?": "cadvisor", **_SERVER, "listen": 18080},
    "blackbox?": {"kind?": "blackbox", **_SERVER, "listen?": 20003,
     "probes": Named(NAME, Odd(({"url": URL, "module?": Odd(("http_2xx",
     "http_post_2xx"), ("x",))}, {"url": TARGET, "module": "tcp_connect"}, {"url": "host", "module": "icmp"}),
                                                       ({"url": "x"}, {"url": TEXT, "module": "icmp"}, {"url": TEXT,
                                                        "module": "tcp_connect"})))},
    "postgres?": {"kind?": "postgres", **_SERVER, "listen?": 20004,
     "dsn": Odd(("postgresql://monitor:p4ssword@db:5432/shop?sslmode=disable",
     "postgresql://monitor@localhost/x"), ("x", "postgres://", "host=x user=y", "postgresql://u:p@h:x/d",
     "postgresql://ü@h/d", "postgresql://u@h/d?sslmode=odd"))},
    "redis?": {"kind?": "redis", **_SERVER, "listen?": 20005, "address": TARGET, "password?": TEXT},
    "redis-2?": {**_SERVER, "kind": Odd(("redis",), ("rediss", "", "prometheus")), "listen": 20015, "address": TARGET,
     "password?": TEXT},
    "pages?": {**_SERVER, "kind": "blackbox", "listen": 20016, "probes": Named(NAME, {"url": URL})},
    "queues?": {**_SCRAPED, "kind": "rabbitmq", "targets": Many(TARGET)},
    "kafka?": {"kind?": "kafka", **_SERVER, "listen?": 20006, "brokers": Many(TARGET)},
    "nginx?": {"kind?": "nginx", **_SERVER, "listen?": 20007, "url": URL},
    "memcached?": {"kind?": "memcached", **_SERVER, "listen?": 20008, "address": TARGET},
    "clickhouse?": {"kind?": "clickhouse", **_SCRAPED, "target": TARGET, "metrics_path?": "/m"},
    "mysql?": {"kind?": "mysql", **_SERVER, "listen?": 20012, "address": TARGET, "user?": TEXT, "password?": TEXT},
    "mongodb?": {
        "kind?": "mongodb", **_SERVER, "listen?": 20013,
        "address": TARGET, "user?": TEXT, "password?": TEXT, "auth_source?": TEXT,
    },
    "process?": {"kind?": "process", **_SERVER, "listen?": 20014},
    "rabbitmq?": {"kind?": "rabbitmq", **_SCRAPED, "targets": Many(TARGET), "metrics_path?": "/m"},
    "windows?": {"kind?": "windows", **_SCRAPED, "targets": Many(TARGET), "metrics_path?": "/m"},
    "stackctl?": {"kind?": "stackctl", **_SCRAPED, "targets?": Many(TARGET), "metrics_path?": "/m"},
    "haproxy?": {**_CUSTOM, "listen?": 20010},
    "own-exporter?": {**_CUSTOM, "port": 9401, "listen?": 20011},
}  # fmt: skip
GRAFANA = {
    "listen?": Odd((13000, "127.0.0.1:13000"), (9090, "x")),
    "image?": Odd(("grafana/grafana:13.2.3",), ("x",)),
    "resources?": {"memory?": "1g", "cpus?": 1},
    "docker?": OF_A_COMPONENT,
    "admin?": {"user?": TEXT, "password?": Odd(("p4ssword",), (TEXT, "", 5))},
    "extra_env?": Named(Odd(("GF_LOG_LEVEL", "GF_SMTP_PASSWORD"), ("A", "", "GF_SECURITY_ADMIN_PASSWORD", "gf_x", "A=B",
     "ü", "GF_A__FILE")), TEXT, 2),
    "labels?": LABELS,
    "scrape?": (OWN_SCRAPE, {"metrics_path": Odd(("/grafana/metrics",), ("m", ""))}),
    "extra?": {"smtp": {"enabled": True, "password?": "p4ssword"}, "auth.anonymous?": {"enabled": False}},
    "alerting?": Odd(([],), (["missing.yml"], "x")),
    "plugins?": Odd((["grafana-clock-panel"], ["grafana-clock-panel@2.1.5"]), (["a b"], "x")),
    "datasource?": {
        "name?": Odd(("Metrics",), ("", "Logs")),
        "uid?": Odd(("metrics",), ("a b", "logs", "")),
        "jsonData?": Odd(({"timeInterval": "1m", "httpMethod": "GET"}, {"exemplarTraceIdDestinations": [{"name": "id",
         "datasourceUid": "logs"}]}), ({"timeInterval": DURATION}, {"tlsSkipVerify": True}, {"token": TEXT}, [], "x")),
    },
    "datasources?": Many(
        {
            "name": Odd(("Logs", "Traces"), ("Prometheus", "")),
            "type": Odd(("loki", "tempo"), ("",)),
            "url?": "http://localhost:3100",
            "uid?": Odd(("logs",), ("a b", "prometheus")),
            "access?": Odd(("proxy", "direct"), ("x",)),
            "user?": TEXT,
            "database?": TEXT,
            "basicAuth?": True,
            "basicAuthUser?": TEXT,
            "withCredentials?": False,
            "isDefault?": True,
            "orgId?": 1,
            "editable?": True,
            "jsonData?": {"maxLines": 100},
            "secureJsonData?": {"basicAuthPassword": "p4ssword"},
            "correlations?": [{"targetUID": "x", "label": "x"}],
        },
        1,
        1,
    ),
}  # fmt: skip
IGNORE = Many(
    {
        "check": Odd(("target.up", "panel.data", "panel"), ("nope", "", "a b")),
        "reason": Odd(("known",), ("", TEXT)),
        "subject?": TEXT,
        "until?": Odd(("2999-01-31",), ("2020-01-01", "soon", "2026-13-01")),
    },
    1,
    2,
)


def service(dice: Dice) -> dict[str, Any]:
    """A service that is scraped, or at times one that pushes."""
    target = Odd(
        (TARGET, TARGET, {"address": TARGET, "labels?": LABELS}),
        ("http://x.test/m", "https://x.test", {"address": TARGET, "x": 1}, {}),
    )
    if dice.random.random() < 0.08:
        return dict(dice.make(PUSH))
    found: dict[str, Any] = dice.make(SERVICE)
    found |= (
        {"discovery": dice.make(DISCOVERY)}
        if dice.random.random() < 0.15
        else {"targets": _unlike(dice.make(Many(target, 1, 2)))}
    )
    found |= dice.make(
        Odd(
            ({}, {}, {"basic_auth": LOGIN}, {"authorization": AUTHORIZATION}, {"oauth2": _OAUTH2}),
            ({"basic_auth": LOGIN, "authorization": AUTHORIZATION},),
        )
    )
    found |= dice.make(_PROXY)
    if found.get("run"):
        found |= dice.make({"profiles?": Many(NAME)})
        if isinstance(found["run"].get("docker"), dict):
            found["run"]["docker"] = {"image": "x:1", **found["run"]["docker"]}
    if isinstance(found.get("metrics"), dict) and "http_requests_total" in found["metrics"]:
        found |= {"slo": dice.make(Named(NAME, SLO, 2))} if dice.random.random() < 0.5 else {}
    return found


def _unlike(targets: list[Any]) -> list[Any]:
    """Targets without those of an address that is there already."""
    return list(
        {
            each["address"] if isinstance(each, dict) and "address" in each else str(each): each for each in targets
        }.values()
    )
