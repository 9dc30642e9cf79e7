"""The section of Prometheus, with the blocks in Prometheus' own words."""

from __future__ import annotations

from typing import Any

from tests.fuzz.manifests.containers import OF_A_COMPONENT
from tests.fuzz.manifests.shapes import Dice, Many, Named, Odd
from tests.fuzz.manifests.values import (
    AUTHENTICATION,
    BOOLEAN,
    CERTIFIED,
    COUNT,
    DURATION,
    HTTP_HEADERS,
    LABEL,
    LABELS,
    NAME,
    OWN_SCRAPE,
    PROXY,
    REGEX,
    TARGET,
    TEXT,
    TIMEOUT,
    TLS,
    URL,
)

SOURCE_LABELS = Many(Odd(("__address__", "__name__", "job"), ("", "a-b", "ü", "a b", "9x", LABEL)))
TARGET_LABEL = Odd(
    ("host", "zone", "__param_target"),
    ("${1}", "$1", "a-b", "ü", "", "9x", "__tmp", "a b", "service.name", "a${1}b", "$x", "{{ x }}", "__name__", "${"),
)
RELABEL = (
    {"source_labels": SOURCE_LABELS, "regex?": REGEX, "target_label": TARGET_LABEL, "replacement?": Odd(("$1",
     "${1}:80", "x"), (TEXT,))},
    {"source_labels": SOURCE_LABELS, "regex": REGEX, "action": Odd(("keep", "drop"), ("Keep", "DROP", ""))},
    {"regex": REGEX, "action": ("labeldrop", "labelkeep")},
    {"regex": Odd(("__meta_(.+)",), (REGEX,)), "action": "labelmap", "replacement?": Odd(("$1", "a_$1"), (TEXT, "a-$1",
     "", "x"))},
    {"source_labels": SOURCE_LABELS, "modulus": COUNT, "target_label": "shard", "action": "hashmod"},
    {"source_labels": SOURCE_LABELS, "target_label": Odd(("zone",), (TARGET_LABEL,)), "action": ("lowercase",
     "uppercase")},
    {"source_labels": SOURCE_LABELS, "target_label": "zone", "action": ("keepequal", "dropequal")},
    Odd(
        ({"target_label": "x", "replacement": "y"}, {"source_labels": ["a", "b"], "separator": Odd((";", "-", ""),
         (TEXT,)), "target_label": "c"}),
        ({}, {"action": "replace"}, {"source_labels": ["a"]}, {"action": "hashmod", "target_label": "x"},
         {"action": "labelmap"},
         {"action": "keep"}, {"action": "labeldrop"}, {"action": "labeldrop", "regex": "a", "source_labels": ["a"]},
         {"action": "keepequal", "target_label": "a", "source_labels": ["b"], "regex": "x"}, {"action": "lowercase",
          "source_labels": ["a"]},
         {"action": "dropequal", "source_labels": ["b"]}, {"action": "nope"}, {"regex": "a", "modulus": 5,
          "target_label": "b"},
         {"action": "labelkeep", "regex": "a", "target_label": "b"}, {"action": "uppercase", "target_label": "a",
          "source_labels": ["b"], "replacement": "x"},
         {"action": "labelmap", "regex": "a", "replacement": "${1}"}, {"target_label": "x"}, {"action": "hashmod",
          "source_labels": ["a"], "modulus": 0, "target_label": "b"}),
    ),
)  # fmt: skip
# Ways to log in that only remote writes have.
_CLOUD = Odd(
    ({},),
    ({"sigv4": {"region": "eu-1"}}, {"sigv4": {"access_key": "a"}}, {"sigv4": {"access_key": "a",
     "secret_key": "s3cret-8"}}, {"azuread": {}},
     {"azuread": {"cloud": "AzurePublic", "managed_identity": {"client_id": "00000000-0000-0000-0000-000000000000"}}},
      {"google_iam": {}}),
)  # fmt: skip
_CONNECTION = (AUTHENTICATION, PROXY, {"tls_config?": (TLS, CERTIFIED), "follow_redirects?": BOOLEAN,
    "enable_http2?": BOOLEAN,
               "http_headers?": HTTP_HEADERS})  # fmt: skip


def connected(dice: Dice, block: dict[str, Any]) -> dict[str, Any]:
    """A block with how its server is asked: login, proxy, TLS."""
    for each in _CONNECTION:
        block |= dice.make(each)
    return block


DISCOVERY = Odd(
    (
        {"dns_sd_configs": [{"names": Many(Odd(("app.test", "_http._tcp.x"), ("", "a b"))), "type?": Odd(("A", "SRV",
         "AAAA"), ("a", "X", "NS", "MX")),
                             "port?": Odd((80, 9100), (0, -1, 99999, "x")), "refresh_interval?": DURATION}]},
        {"file_sd_configs": [{"files": Many(Odd(("targets.json",), ("missing.json", "*.json", "targets/*.yml",
         "x.txt"))), "refresh_interval?": DURATION}]},
        {"http_sd_configs": [{"url": URL, "refresh_interval?": DURATION}]},
        {"static_configs": [{"targets": Many(TARGET), "labels?": LABELS}]},
        {"consul_sd_configs": [{"server?": TARGET, "services?": Many(TEXT), "tags?": Many(TEXT), "token?": "s3cret-4",
         "datacenter?": TEXT,
                                "filter?": TEXT, "health_filter?": TEXT, "path_prefix?": TEXT,
                                 "allow_stale?": BOOLEAN}]},
        {"docker_sd_configs": [{"host": Odd(("unix:///var/run/docker.sock", "tcp://x:1"), ("x", URL)), "port?": COUNT,
         "filters?": [{"name": "a", "values": ["b"]}],
                                "host_networking_host?": TEXT, "match_first_network?": BOOLEAN}]},
        {"kubernetes_sd_configs": [{"role": Odd(("pod", "node", "service", "endpoints", "endpointslice", "ingress"),
         ("Pod", "x")),
                                    "api_server?": URL, "namespaces?": {"names?": Many(TEXT),
                                     "own_namespace?": BOOLEAN},
                                    "selectors?": [{"role": Odd(("pod", "node"), ("x",)), "label?": Odd(("a=b",),
                                     ("a=(", "=")), "field?": Odd(("metadata.name=x",), ("x",))}],
                                    "attach_metadata?": {"node": BOOLEAN}}]},
    ),
    (
        {}, {"dns_sd_configs": []}, {"dns_sd_configs": [{}]}, {"dns_sd_configs": [{"names": ["a"], "type": "A"}]},
         {"dns_sd_config": []},
        {"http_sd_configs": [{}]}, {"consul_sd_configs": [{}]}, {"nope_sd_configs": [{}]},
         {"kubernetes_sd_configs": [{}]},
        {"ec2_sd_configs": [{"region": "eu-1", "access_key": "a", "secret_key": "s3cret-5"}]},
         {"ec2_sd_configs": [{"filters": [{"name": "a"}]}]},
        {"gce_sd_configs": [{"project": "p", "zone": "z"}]}, {"gce_sd_configs": [{"project": "p"}]},
         {"hetzner_sd_configs": [{"role": "robot"}]},
        {"hetzner_sd_configs": [{"role": "x"}]}, {"openstack_sd_configs": [{"role": "instance", "region": "r"}]},
         {"openstack_sd_configs": [{}]},
        {"digitalocean_sd_configs": [{}]}, {"linode_sd_configs": [{}]}, {"scaleway_sd_configs": [{"role": "instance",
         "project_id": "p", "access_key": "SCWABCDEFGHIJKLMNOPQ", "secret_key": "s3cret-6"}]},
        {"eureka_sd_configs": [{"server": "http://x/"}]}, {"eureka_sd_configs": [{"server": "x"}]},
         {"nomad_sd_configs": [{"server": "http://x/"}]},
        {"puppetdb_sd_configs": [{"url": "http://x/", "query": "a"}]}, {"puppetdb_sd_configs": [{"url": "x"}]},
         {"triton_sd_configs": [{}]},
        {"marathon_sd_configs": [{"servers": ["http://x/"]}]}, {"marathon_sd_configs": [{}]},
         {"nerve_sd_configs": [{"servers": ["a"], "paths": ["/b"]}]},
        {"nerve_sd_configs": [{"servers": ["a"], "paths": ["b"]}]}, {"serverset_sd_configs": [{"servers": ["a"],
         "paths": ["/b"]}]},
        {"uyuni_sd_configs": [{"server": "http://x/", "username": "u", "password": "s3cret-7"}]},
         {"vultr_sd_configs": [{}]}, {"kuma_sd_configs": [{"server": "http://x/"}]},
        {"azure_sd_configs": [{"subscription_id": "x", "authentication_method": "ManagedIdentity"}]},
         {"azure_sd_configs": [{}]}, {"ionos_sd_configs": [{}]},
        {"dockerswarm_sd_configs": [{"host": "unix:///x", "role": "tasks"}]},
         {"dockerswarm_sd_configs": [{"role": "tasks"}]}, {"lightsail_sd_configs": [{"region": "x"}]},
        {"ovhcloud_sd_configs": [{"application_key": "a", "application_secret": "b", "consumer_key": "c",
         "service": "vps", "endpoint": "ovh-eu"}]},
        {"static_configs": [{"targets": "x"}]}, {"static_configs": [{"target": ["x:1"]}]},
         {"static_configs": [{"targets": ["x:1"], "labels": ["a"]}]}, {"static_configs": []},
        {"static_configs": [None]}, {"dns_sd_configs": None}, {"dns_sd_configs": "x"},
         {"stackit_sd_configs": [{"project": "x"}]}, {"aws_sd_configs": [{"role": "ec2", "region": "x"}]},
    ),
)  # fmt: skip


def remote_write(dice: Dice) -> dict[str, Any]:
    """A block of `remote_write`."""
    return connected(dice, dice.make(_REMOTE_WRITE) | dice.make(_CLOUD))


_REMOTE_WRITE = {
    "url": URL,
    "name?": Odd(("far",), (NAME,)),
    "remote_timeout?": DURATION,
    "headers?": Named(Odd(("X-Scope-OrgID", "X-A"), ("Authorization", "x y", "Content-Type", "", "Host",
     "authorization")), TEXT, 2),
    "write_relabel_configs?": Many(RELABEL),
    "send_exemplars?": BOOLEAN,
    "send_native_histograms?": BOOLEAN,
    "protobuf_message?": Odd(("prometheus.WriteRequest", "io.prometheus.write.v2.Request"), ("x", "")),
    "queue_config?": {"capacity?": COUNT, "max_shards?": COUNT, "min_shards?": Odd((1,), (COUNT,)),
     "max_samples_per_send?": COUNT, "batch_send_deadline?": DURATION,
                      "min_backoff?": Odd(("30ms",), (DURATION,)), "max_backoff?": DURATION,
                       "retry_on_http_429?": BOOLEAN, "sample_age_limit?": DURATION},
    "metadata_config?": {"send?": BOOLEAN, "send_interval?": DURATION, "max_samples_per_send?": COUNT},
}  # fmt: skip
_SCRAPE = {
    "job_name": Odd(("by-hand", "other"), (NAME, TEXT)),
    "static_configs": [{"targets": Many(TARGET), "labels?": LABELS}],
    "metrics_path?": Odd(("/m",), (TEXT, "m", "/m?a=b")),
    "scheme?": Odd(("https", "http"), ("HTTP", "ftp", "")),
    "scrape_interval?": DURATION,
    "scrape_timeout?": TIMEOUT,
    "scrape_protocols?": Odd((["PrometheusText0.0.4"],), ([], ["x"], ["PrometheusProto", "PrometheusProto"], None)),
    "sample_limit?": COUNT,
    "label_limit?": COUNT,
    "label_name_length_limit?": COUNT,
    "target_limit?": COUNT,
    "keep_dropped_targets?": COUNT,
    "body_size_limit?": Odd(("10MB", "1GiB"), ("10", "x", 0, "10 MB", "-1MB")),
    "native_histogram_bucket_limit?": COUNT,
    "native_histogram_min_bucket_factor?": Odd((1.1,), ("x", 0, -1)),
    "always_scrape_classic_histograms?": BOOLEAN,
    "convert_classic_histograms_to_nhcb?": BOOLEAN,
    "metric_name_validation_scheme?": Odd(("utf8", "legacy"), ("x", "")),
    "metric_name_escaping_scheme?": Odd(("allow-utf-8", "underscores", "dots", "values"), ("x",)),
    "enable_compression?": BOOLEAN,
    "track_timestamps_staleness?": BOOLEAN,
    "honor_labels?": BOOLEAN,
    "honor_timestamps?": BOOLEAN,
    "fallback_scrape_protocol?": Odd(("PrometheusText1.0.0",), ("x", "", None)),
    "params?": Named(LABEL, Odd((["x"],), ("x", [], [5], None)), 2),
    "relabel_configs?": Many(RELABEL),
    "metric_relabel_configs?": Many(RELABEL),
}
EXTRA = {
    "global?": {
        "scrape_timeout?": TIMEOUT,
        "rule_query_offset?": DURATION,
        "query_log_file?": Odd(("",), ("q.log", "/x", 5)),
        "scrape_protocols?": Odd((["OpenMetricsText1.0.0", "PrometheusText0.0.4"],), ([], ["x"])),
        "body_size_limit?": Odd(("10MB",), ("x",)),
        "sample_limit?": COUNT,
        "label_limit?": COUNT,
        "label_value_length_limit?": COUNT,
        "keep_dropped_targets?": COUNT,
        "metric_name_validation_scheme?": Odd(("utf8", "legacy"), ("x",)),
        "scrape_interval?": Odd(("30s",), (DURATION,)),
        "external_labels?": LABELS,
    },
    "runtime?": Odd(({"gogc": 50},), ({"gogc": -5}, {"gogc": 0}, {"x": 1})),
    "scrape_configs?": Many(_SCRAPE, 1, 2),
    "alerting?": Odd(
        ({"alert_relabel_configs": Many(RELABEL)}, {"alertmanagers": [{"static_configs": [{"targets": Many(TARGET)}],
         "api_version?": Odd(("v2",), ("v1", "v3")),
                                                                   "path_prefix?": TEXT, "timeout?": DURATION,
                                                                    "scheme?": "https"}]}),
        ({"alertmanagers": [{}]}, {"alertmanagers": {}}, {"alertmanager": []},
         {"alertmanagers": [{"static_configs": [{"targets": ["http://x:1"]}]}]}),
    ),
    "rule_files?": Odd((["rules.yml"],), (["missing.yml"], "rules.yml", [], ["*.yml"], ["overview.json"])),
    "scrape_config_files?": Odd((["scrapes.yml"],), (["missing.yml"], ["rules.yml"])),
    "remote_read?": Many({"url": URL, "name?": NAME, "read_recent?": BOOLEAN, "required_matchers?": LABELS,
     "remote_timeout?": DURATION,
                          "filter_external_labels?": BOOLEAN}, 1, 2),
    "storage?": Odd(({"tsdb": {"out_of_order_time_window": DURATION}}, {"exemplars": {"max_exemplars": COUNT}}),
     ({"tsdb": {"retention": {"time": "5d"}}}, {"tsdb": 5}, {"x": {}})),
    "tracing?": Odd(({"endpoint": TARGET, "sampling_fraction": 0.5},), ({}, {"endpoint": "x", "client_type": "x"},
     {"endpoint": "x:1", "insecure": True, "headers": {"authorization": "x"}})),
    "otlp?": Odd(({"promote_resource_attributes": ["a"]},
     {"translation_strategy": Odd(("UnderscoreEscapingWithSuffixes", "NoUTF8EscapingWithSuffixes"), ("x",))}),
                 ({"promote_resource_attributes": ["a", "a"]}, {"keep_identifying_resource_attributes": "x"},
                  {"promote_resource_attributes": [""]})),
}  # fmt: skip
PROMETHEUS = {
    "image?": Odd(("prom/prometheus:v3.13.5",), ("prom/prometheus:v2.55.0", "prom/prometheus:v3.5.0", "x",
     "prom/prometheus:latest", "A B", "", "x@sha256:0")),
    "listen?": Odd((19090, "127.0.0.1:19090", "0.0.0.0:9090"), ("x", 0, 99999, "9093", ":1", "[::1]:1",
     "localhost:9090", "a b:1", "ü:1", "1.2.3.4:70000", "host.docker.internal:1")),
    "resources?": {"memory?": Odd(("512m", "2g"), ("1.5g", "5", "x", "0", "1Gi", "2G", "1kb", "-1m", "99999999999g",
     "1b", " 1g")),
                   "cpus?": Odd((0.5, 2), (0, "x", 1e9, 0.0001, "1/2", 1e-9))},
    "docker?": OF_A_COMPONENT,
    "scrape_interval?": Odd(("15s", "30s", "1m"), (DURATION,)),
    "evaluation_interval?": DURATION,
    "retention?": {"time?": Odd(("40d", "30d"), (DURATION, "1y", "1d12h")), "size?": Odd(("10GB", "512MB"), ("10",
     "1.5GB", "0", "10gb", "1EB", "9999999EB", "1 GB", "1GiB", "5B"))},
    "external_labels?": LABELS,
    "labels?": LABELS,
    "scrape?": OWN_SCRAPE,
    "external_url?": Odd(("https://prometheus.test", "http://localhost:9090/p"), ("x", "ftp://x", "")),
    "enable_features?": Odd((["exemplar-storage"],), (["a,b"], [""], "x")),
    "out_of_order_time_window?": Odd(("30m",), (DURATION,)),
    "query?": {
        "timeout?": Odd(("1m",), (DURATION,)),
        "max_samples?": COUNT,
        "max_concurrency?": COUNT,
        "lookback_delta?": Odd(("10m",), (DURATION,)),
    },
    "data?": Odd(({"from": "shop_prometheus"}, "./old-data"), ("", {}, {"from": ""}, {"from": 5})),
    "remote_write_receiver?": BOOLEAN,
    "otlp_receiver?": BOOLEAN,
    "auth?": Odd(
        ({"basic_auth": {"username": "ops", "password": "p4ssword"}}, {"tls": {"cert_file": "server.crt",
         "key_file": "server.key", "ca_file": "ca.crt"}},
         {"basic_auth": {"username": "ops", "password": "p4ssword"}, "tls": {"cert_file": "server.crt",
          "key_file": "server.key", "ca_file": "ca.crt"}}),
        ({}, {"basic_auth": {"username": TEXT, "password": "p4ssword"}}, {"tls": {"cert_file": "ca.crt",
         "key_file": "server.key"}},
         {"tls": {"cert_file": "garbage.pem", "key_file": "server.key"}}, {"basic_auth": {"username": "ops",
          "password": TEXT}}),
    ),
}  # fmt: skip
