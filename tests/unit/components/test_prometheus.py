"""Flags of Prometheus: retention is a flag until it is a part of the configuration."""

from __future__ import annotations

from typing import Any

import pytest

from stackctl.model import Retention
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
