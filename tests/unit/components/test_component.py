"""What follows from the facts of a component."""

from __future__ import annotations

import pytest

from stackctl.components import registry
from stackctl.components.component import Works


def test_selects_the_series_that_shows_that_it_works() -> None:
    assert Works("pg_up", "== 1").selector("postgres") == 'pg_up{job="postgres"}'
    assert Works("x", matcher='a="b"').selector("j") == 'x{job="j", a="b"}'


@pytest.mark.parametrize(
    ("name", "runs", "exporter", "secrets"),
    [
        ("redis", True, True, True),
        ("node", True, True, False),
        ("rabbitmq", False, True, False),
    ],
)
def test_image_and_section_say_what_it_is(name: str, runs: bool, exporter: bool, secrets: bool) -> None:
    component = registry.component(name)
    assert (component.runs, component.is_exporter, component.holds_secrets) == (runs, exporter, secrets)


def test_exporter_and_its_server_have_separate_service_names() -> None:
    assert registry.component("redis").service == "redis-exporter"
    assert registry.component("node").service == "node"


def test_native_version_is_that_of_the_image() -> None:
    node = registry.component("node")
    assert node.image.endswith(f":v{node.version}")
    assert node.tool == "node_exporter"
