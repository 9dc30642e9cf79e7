"""The Alertmanager object and its configuration."""

from __future__ import annotations

from pathlib import Path

import yaml

from stackctl.export.kubernetes import Cluster, export_kubernetes
from stackctl.export.kubernetes.alertmanager import without_field
from stackctl.manifest import load
from stackctl.tree import Tree

MANIFEST = """\
version: 1
name: shop
alertmanager:
  image: prom/alertmanager:v0.33.1
  resources: {cpus: 0.5}
  receivers: {team: {webhook: {url: "http://localhost:5001/x"}, slack: {channel: "#a", api_url: "https://hooks.slack.test/s3cret-1"}}}
services: {api: {targets: ["api:1"]}}
"""


def tree_in(folder: Path) -> Tree:
    (folder / "stack.yml").write_text(MANIFEST)
    return export_kubernetes(load(folder / "stack.yml", {}), Cluster(has_servers=False))


def test_object_names_its_configuration_and_has_no_token(tmp_path: Path) -> None:
    tree = tree_in(tmp_path)
    spec = tree.yaml("servers/alertmanager.yaml")["spec"]
    assert (spec["image"], spec["version"]) == ("prom/alertmanager:v0.33.1", "v0.33.1")
    assert spec["configSecret"] == tree.yaml("secrets/alertmanager_config.yaml")["metadata"]["name"]
    assert spec["automountServiceAccountToken"] is False
    assert spec["resources"] == {"limits": {"cpu": "500m"}}


def test_configuration_names_files_where_the_operator_mounts_them(tmp_path: Path) -> None:
    data = tree_in(tmp_path).yaml("secrets/alertmanager_config.yaml")["stringData"]
    config = yaml.safe_load(data["alertmanager.yaml"])
    (team,) = [each for each in config["receivers"] if each["name"] == "team"]
    key = team["slack_configs"][0]["api_url_file"].removeprefix("/etc/alertmanager/config/")
    assert data[key] == "https://hooks.slack.test/s3cret-1"
    assert config["templates"] == ["/etc/alertmanager/config/templates-stackctl.tmpl"]
    assert "templates-stackctl.tmpl" in data


def test_secrets_are_in_secret_files_alone(tmp_path: Path) -> None:
    holders = [path for path, file in tree_in(tmp_path) if b"s3cret-1" in file.content]
    assert holders == ["secrets/alertmanager_config.yaml"]


def test_fields_of_its_container_are_named(tmp_path: Path) -> None:
    (tmp_path / "stack.yml").write_text(MANIFEST.replace("resources:", "docker: {labels: {a: b}}\n  resources:"))
    alertmanager = load(tmp_path / "stack.yml", {}).alertmanager
    assert alertmanager is not None
    assert without_field(alertmanager) == ["docker"]
