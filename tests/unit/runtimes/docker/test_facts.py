"""Facts of the docker runtime: what both of its halves know."""

from __future__ import annotations

from stackctl.runtimes.docker.facts import data_volume


def test_volume_of_a_component_has_its_name() -> None:
    assert data_volume("prometheus") == "prometheus-data"
