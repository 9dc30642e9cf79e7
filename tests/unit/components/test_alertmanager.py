"""Alertmanager runs alone, and counts notifications by receiver where it can."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stackctl.render import render
from tests.unit.render.stacks import alertmanager, stack

FEATURE = "--enable-feature=receiver-name-in-metrics"


@pytest.mark.parametrize(
    ("image", "has_feature"),
    [("prom/alertmanager:v0.26.0", False), ("prom/alertmanager:v0.30.0", True), ("prom/alertmanager:latest", False)],
)
def test_names_receivers_in_metrics_if_the_version_can(image: str, has_feature: bool) -> None:
    tree = render(stack(alertmanager=replace(alertmanager(), image=image)), "docker")
    command = tree.yaml("compose.yaml")["services"]["alertmanager"]["command"]
    assert (FEATURE in command) is has_feature
    assert "--cluster.listen-address=" in command


def test_links_lead_to_the_external_url_or_to_where_it_listens() -> None:
    for url, flags in (
        ("", ["--web.external-url=http://localhost:9093"]),
        ("https://m.test/am", ["--web.external-url=https://m.test/am", "--web.route-prefix=/"]),
    ):
        tree = render(stack(alertmanager=replace(alertmanager(), external_url=url)), "docker")
        command = tree.yaml("compose.yaml")["services"]["alertmanager"]["command"]
        assert [flag for flag in command if "external-url" in flag or "route-prefix" in flag] == flags
