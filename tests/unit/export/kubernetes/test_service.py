"""Services of pods."""

from __future__ import annotations

from pathlib import Path

from stackctl.export.kubernetes.objects import Cluster, Objects
from stackctl.export.kubernetes.service import ports_of, service_object
from tests.unit.export.manifests import stack_in


def test_service_has_a_named_port_for_each_port_of_its_targets(tmp_path: Path) -> None:
    stack = stack_in(tmp_path)
    made = service_object(Objects(stack, Cluster()), "api-server", ports_of(stack.services[0].targets))
    assert made["spec"]["selector"] == {"app": "api-server"}
    assert [(port["name"], port["port"]) for port in made["spec"]["ports"]] == [("http", 8000), ("http-2", 8001)]
