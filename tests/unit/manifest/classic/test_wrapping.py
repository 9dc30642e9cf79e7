"""The classic model is taken out of what is around it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.manifest.classic.boards import exprs, panel, problems, read


@pytest.mark.parametrize("version", ["v0alpha1", "v1alpha1", "v1beta1", "v1"])
def test_takes_the_classic_model_out_of_a_resource(version: str) -> None:
    spec = {"title": "D", "panels": [panel("P")]}
    found = read({"apiVersion": f"dashboard.grafana.app/{version}", "metadata": {"name": "abc"}, "spec": spec})
    assert (found.title, found.uid, exprs(found)) == ("D", "abc", [("P", "up")])


@pytest.mark.parametrize(
    "definition",
    [
        {"apiVersion": "dashboard.grafana.app/v2beta1", "kind": "Dashboard", "spec": {"elements": {}}},
        {"apiVersion": "dashboard.grafana.app/v2", "kind": "Dashboard", "spec": {"elements": {}, "layout": {}}},
        {"elements": {}, "layout": {}},
        {"dashboard": {"elements": {}, "layout": {}}},
    ],
)
def test_refuses_schema_version_2_with_a_way_to_the_classic_model(definition: dict[str, Any]) -> None:
    (found,) = problems(definition)
    assert "schema version 2" in found.summary
    assert "/apis/dashboard.grafana.app/v1beta1/namespaces/default/dashboards/UID" in found.remedy
    assert found.position
    assert found.position.line > 0
