"""Flags of Prometheus: retention is a flag until it is a part of the configuration."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from stackctl.model import Listen, QueryLimits, Retention
from stackctl.render import render
from tests.unit.render.stacks import prometheus, stack
from tests.unit.render.test_prometheus import config_of


def command_of(runtime: str = "native", **fields: Any) -> tuple[str, ...]:
    return render(stack(**fields), runtime).units[0].command


def test_retention_is_flags_before_3_11() -> None:
    server = prometheus("prom/prometheus:v3.10.2", retention=Retention("7d", "1GB"))
    assert {"--storage.tsdb.retention.time=7d", "--storage.tsdb.retention.size=1GB"} <= set(
        command_of(prometheus=server)
    )
    assert "storage" not in config_of(prometheus=server)


def test_retention_is_in_the_configuration_from_3_11() -> None:
    server = prometheus("prom/prometheus:v3.11.0", retention=Retention("7d", "1GB"))
    config, command = (of("docker", prometheus=server) for of in (config_of, command_of))
    assert config["storage"]["tsdb"]["retention"] == {"time": "7d", "size": "1GB"}
    assert not [flag for flag in command if "retention" in flag]


def test_native_retention_is_in_flags_because_the_binary_may_be_older() -> None:
    server = prometheus("prom/prometheus:v3.13.5", retention=Retention("7d", ""))
    assert "--storage.tsdb.retention.time=7d" in command_of(prometheus=server)
    assert "storage" not in config_of(prometheus=server)


@pytest.mark.parametrize("image", ["prom/prometheus", "prom/prometheus:latest", "host:5000/prometheus@sha256:0123"])
def test_retention_is_flags_if_the_tag_has_no_version(image: str) -> None:
    assert "--storage.tsdb.retention.time=15d" in command_of(prometheus=prometheus(image))


@pytest.mark.parametrize(
    ("host", "opened"),
    [
        ("127.0.0.1", "http://localhost:9090"),
        ("0.0.0.0", "http://localhost:9090"),
        ("10.0.0.5", "http://10.0.0.5:9090"),
        ("::1", "http://localhost:9090"),
    ],
)
@pytest.mark.parametrize("runtime", ["native", "docker"])
def test_links_lead_to_where_it_listens(runtime: str, host: str, opened: str) -> None:
    tree = render(stack(prometheus=replace(prometheus(), listen=Listen(host, 9090))), runtime)
    command = tree.units[0].command or tree.yaml("compose.yaml")["services"]["prometheus"]["command"]
    assert f"--web.external-url={opened}" in command


def test_links_lead_to_the_external_url_whose_path_a_proxy_takes_off() -> None:
    command = command_of(prometheus=prometheus(external_url="https://m.test/prometheus"))
    assert {"--web.external-url=https://m.test/prometheus", "--web.route-prefix=/"} <= set(command)
    plain = command_of(prometheus=prometheus(external_url="https://m.test"))
    assert not [flag for flag in plain if "route-prefix" in flag]


def test_features_limits_and_receivers_are_flags() -> None:
    server = prometheus(
        features=("exemplar-storage", "native-histograms"),
        query=QueryLimits(timeout="1m", max_samples=5, lookback_delta="10m"),
        remote_write_receiver=True,
        otlp_receiver=True,
    )
    assert {
        "--enable-feature=exemplar-storage,native-histograms",
        "--query.timeout=1m",
        "--query.max-samples=5",
        "--query.lookback-delta=10m",
        "--web.enable-remote-write-receiver",
        "--web.enable-otlp-receiver",
    } <= set(command_of(prometheus=server))
    assert not [flag for flag in command_of() if flag.startswith(("--query.", "--enable-feature"))]


def test_window_of_late_samples_is_in_the_configuration_next_to_the_retention() -> None:
    server = prometheus("prom/prometheus:v3.13.5", out_of_order_time_window="30m")
    assert config_of("native", prometheus=server)["storage"] == {"tsdb": {"out_of_order_time_window": "30m"}}
    storage = config_of("docker", prometheus=server)["storage"]["tsdb"]
    assert storage == {"out_of_order_time_window": "30m", "retention": {"time": "15d"}}
