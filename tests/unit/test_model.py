"""What follows from the values of the model."""

from __future__ import annotations

import pytest

from stackctl.model import Listen, Metric, Target
from stackctl.source import Position
from tests.unit.render.stacks import alertmanager, grafana, stack

HERE = Position("stack.yml", 1, 1)


@pytest.mark.parametrize(
    ("host", "written", "url"),
    [
        ("127.0.0.1", "127.0.0.1:9090", "http://127.0.0.1:9090"),
        ("0.0.0.0", "0.0.0.0:9090", "http://127.0.0.1:9090"),
        ("::", "[::]:9090", "http://[::1]:9090"),
        ("fd00::1", "[fd00::1]:9090", "http://[fd00::1]:9090"),
    ],
)
def test_wildcard_address_is_reached_through_loopback(host: str, written: str, url: str) -> None:
    assert (str(Listen(host, 9090)), Listen(host, 9090).url) == (written, url)


@pytest.mark.parametrize(
    ("address", "host", "port"), [("api:8000", "api", 8000), ("[::1]:80", "::1", 80), ("10.0.0.1:1", "10.0.0.1", 1)]
)
def test_target_has_a_host_and_a_port(address: str, host: str, port: int) -> None:
    target = Target(address, {}, HERE)
    assert (target.host, target.port) == (host, port)


@pytest.mark.parametrize(
    ("kind", "more", "samples"),
    [
        ("counter", {}, ("x",)),
        ("histogram", {}, ("x_bucket", "x_sum", "x_count")),
        ("histogram", {"native": True}, ("x",)),
        ("histogram", {"native": True, "buckets": (1.0,)}, ("x_bucket", "x_sum", "x_count")),
        ("summary", {}, ("x", "x_sum", "x_count")),
    ],
)
def test_metric_knows_the_names_of_its_series(kind: str, more: dict[str, object], samples: tuple[str, ...]) -> None:
    assert Metric("x", kind, HERE, **more).samples == samples  # type: ignore[arg-type]


def test_components_are_in_the_order_in_which_they_are_shown() -> None:
    names = [server.name for server in stack(grafana=grafana(), alertmanager=alertmanager()).components]
    assert names == ["prometheus", "alertmanager", "grafana"]
