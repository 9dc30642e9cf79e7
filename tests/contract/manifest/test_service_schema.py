"""The options of a scrape are those of the pinned Prometheus, by its own sources and by promtool."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from stackctl import conventions as c
from stackctl.components import registry
from stackctl.manifest import load
from stackctl.manifest.service_schema import SCRAPE_OPTIONS, ServiceModel
from stackctl.render import render
from stackctl.render.write import write
from tests.e2e.real_stack import cannot_run
from tests.pinned import pinned
from tests.servers.secret_fields import module_version

MODULES = Path.home() / "go" / "pkg" / "mod" / "github.com" / "prometheus"
# Prometheus' keys that a service has under another name, or does not need.
ELSEWHERE = {
    *("job_name", "tls_config", "relabel_configs", "metric_relabel_configs"),
    # The same as `authorization`, in an old form; a file that the server writes.
    *("bearer_token", "bearer_token_file", "scrape_failure_log_file"),
}
OWN = {*("basic_auth", "authorization", "params", "honor_labels", "honor_timestamps"), "metrics_path", "scheme"}
OWN |= {"scrape_interval", "scrape_timeout"}
VALUES = {
    "track_timestamps_staleness": "true",
    "sample_limit": "5000",
    "target_limit": "5",
    "label_limit": "50",
    "label_name_length_limit": "100",
    "label_value_length_limit": "500",
    "body_size_limit": "10MB",
    "keep_dropped_targets": "10",
    "scrape_protocols": "[OpenMetricsText1.0.0, PrometheusText0.0.4]",
    "fallback_scrape_protocol": "PrometheusText0.0.4",
    "scrape_native_histograms": "true",
    "always_scrape_classic_histograms": "true",
    "convert_classic_histograms_to_nhcb": "false",
    "native_histogram_bucket_limit": "100",
    "native_histogram_min_bucket_factor": "1.1",
    "metric_name_validation_scheme": "utf8",
    "metric_name_escaping_scheme": "underscores",
    "extra_scrape_metrics": "true",
    "follow_redirects": "false",
    "enable_http2": "false",
    "enable_compression": "false",
    "proxy_url": "http://proxy.test:3128",
    "no_proxy": "a.test, proxy_url: 'http://proxy.test:3128'",
    "proxy_from_environment": "true",
    "proxy_connect_header": "{X-Team: [shop]}, proxy_url: 'http://proxy.test:3128'",
    "oauth2": "{client_id: a, client_secret: hidden-value, token_url: 'https://login.test/token'}",
    "http_headers": "{X-Team: {values: [shop]}}",
}


def struct(file: Path, name: str) -> set[str]:
    """The keys of a struct of Go, without those that it includes."""
    found = re.search(rf"^type {name} struct {{\n(.*?)^}}", file.read_text(), re.M | re.S)
    assert found
    return {key for key in re.findall(r'yaml:"([a-z0-9_]*)', found[1]) if key}


def test_options_are_those_of_the_sources() -> None:
    version = module_version(c.PROMETHEUS, registry.component(c.PROMETHEUS).version)
    root = MODULES / f"prometheus@{version}"
    if not root.is_dir():
        pytest.skip(f"the sources of Prometheus are not in {MODULES}")
    found = re.search(r"github.com/prometheus/common (v\S+)", (root / "go.mod").read_text())
    assert found
    client = MODULES / f"common@{found[1]}" / "config" / "http_config.go"
    keys = struct(root / "config" / "config.go", "ScrapeConfig")
    keys |= struct(client, "HTTPClientConfig") | struct(client, "ProxyConfig")
    assert keys - ELSEWHERE == {*SCRAPE_OPTIONS} | OWN
    assert {*SCRAPE_OPTIONS} | OWN <= ServiceModel.model_fields.keys()


@pytest.mark.parametrize("option", SCRAPE_OPTIONS)
def test_option_is_rendered_as_promtool_accepts_it(tmp_path: Path, option: str) -> None:
    promtool = pinned("promtool")
    if promtool is None:
        cannot_run("no promtool of the pinned version: run tests/servers/up")
    fields = f"targets: ['api:8000'], {option}: {VALUES[option]}"
    (tmp_path / "stack.yml").write_text(f"version: 1\nname: shop\nservices: {{api: {{{fields}}}}}\n")
    tree = render(load(tmp_path / "stack.yml", {}), c.DOCKER)
    jobs = tree.yaml(c.PROMETHEUS_FILE)["scrape_configs"]
    assert option in next(job for job in jobs if job["job_name"] == "api")
    assert not [path for path, file in tree if b"hidden-value" in file.content and not file.secret]
    write(tree, tmp_path / "tree")
    ran = subprocess.run(
        [promtool, "check", "config", str(tmp_path / "tree" / c.PROMETHEUS_FILE)], capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
