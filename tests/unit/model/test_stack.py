"""A whole stack."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from stackctl.manifest import load
from tests.unit.render.stacks import alertmanager, grafana, stack


def test_components_are_in_the_order_in_which_they_are_shown() -> None:
    names = [server.name for server in stack(grafana=grafana(), alertmanager=alertmanager()).components]
    assert names == ["prometheus", "alertmanager", "grafana"]


def test_panels_know_the_interval_of_scrapes_unless_the_datasource_says_another() -> None:
    assert stack(grafana=grafana()).panel_interval == stack().panel_interval == "15s"
    assert stack(grafana=replace(grafana(), settings={"timeInterval": "1m"})).panel_interval == "1m"


def test_compose_services_are_those_of_services_containers_and_components(tmp_path: Path) -> None:
    manifest = tmp_path / "stack.yml"
    manifest.write_text(
        "version: 1\nname: shop\n"
        "services:\n  api: {targets: ['api:1'], run: {docker: {image: 'a:1'}}}\n  other: {targets: ['b:1']}\n"
        "containers: {loki: {image: 'l:1'}}\n"
        "prometheus: {docker: {extra_hosts: [x]}}\n"
    )
    found = load(manifest, {})
    assert {name: fields["image"] for name, fields in found.composed.items()} == {"api": "a:1", "loki": "l:1"}
    assert [set(fields) for fields in found.compose_fields] == [{"image"}, {"image"}, {"extra_hosts"}]
