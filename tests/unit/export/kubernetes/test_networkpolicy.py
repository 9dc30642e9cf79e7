"""NetworkPolicies: every connection that the stack needs is allowed, and others are not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stackctl.export.kubernetes import Cluster, export_kubernetes
from stackctl.manifest import load
from stackctl.source import Secret
from stackctl.tree import Tree

MANIFEST = """\
version: 1
name: shop
prometheus: {PROMETHEUS}
alertmanager: {receivers: {team: {webhook: {url: "http://x:1"}}}}
grafana: {}
pushgateway: {}
exporters: {node: {}, redis: {address: "redis:6379"}}
"""
PROMETHEUS = {"app.kubernetes.io/name": "prometheus", "app.kubernetes.io/instance": "shop"}
ALERTMANAGER = {"app.kubernetes.io/name": "alertmanager", "app.kubernetes.io/instance": "shop"}
GRAFANA, PUSHGATEWAY, REDIS = ({"app": f"shop-{name}"} for name in ("grafana", "pushgateway", "redis-exporter"))
QUERY = {"app": "shop-thanos-query"}
THANOS = "runtime: kubernetes\nkubernetes: {context: a, namespace: b}\nthanos: {}\n"
NODE, SOMEBODY = {"app": "shop-node"}, {"app": "somebody"}


def tree_in(folder: Path, prometheus: str = "{}", more: str = "") -> Tree:
    (folder / "stack.yml").write_text(MANIFEST.replace("{PROMETHEUS}", prometheus) + more)
    cluster = Cluster(has_servers=False, grafana_password=Secret("made-one"))
    return export_kubernetes(load(folder / "stack.yml", {}), cluster)


def is_allowed(tree: Tree, client: dict[str, str], server: dict[str, str], port: int) -> bool:
    """Return whether a pod reaches another of the namespace, by the rules of Kubernetes."""
    policies = [tree.yaml(path)["spec"] for path in tree.files if path.endswith("-networkpolicy.yaml")]
    of_server = [each for each in policies if each["podSelector"]["matchLabels"].items() <= server.items()]
    rules = [rule for each in of_server for rule in each["ingress"]]
    return not of_server or any(_lets(rule, client, port) for rule in rules)


def _lets(rule: dict[str, Any], client: dict[str, str], port: int) -> bool:
    selectors = [each["podSelector"].get("matchLabels", {}) for each in rule.get("from", ())]
    from_it = "from" not in rule or any(each.items() <= client.items() for each in selectors)
    return from_it and any(each["port"] == port for each in rule["ports"])


@pytest.mark.parametrize(
    ("client", "server", "port", "allowed"),
    [
        (PROMETHEUS, PROMETHEUS, 9090, True),
        (PROMETHEUS, ALERTMANAGER, 9093, True),
        (PROMETHEUS, GRAFANA, 3000, True),
        (PROMETHEUS, PUSHGATEWAY, 9091, True),
        (PROMETHEUS, REDIS, 9121, True),
        (PROMETHEUS, NODE, 9100, True),
        (GRAFANA, PROMETHEUS, 9090, True),
        (ALERTMANAGER, ALERTMANAGER, 9094, True),
        (SOMEBODY, GRAFANA, 3000, True),
        (SOMEBODY, PUSHGATEWAY, 9091, True),
        (SOMEBODY, PROMETHEUS, 9090, False),
        (SOMEBODY, ALERTMANAGER, 9093, False),
        (SOMEBODY, REDIS, 9121, False),
        (SOMEBODY, NODE, 9100, False),
        (PROMETHEUS, REDIS, 22, False),
    ],
)
def test_only_needed_connections_are_allowed(
    tmp_path: Path, client: dict[str, str], server: dict[str, str], port: int, allowed: bool
) -> None:
    assert is_allowed(tree_in(tmp_path), client, server, port) is allowed


@pytest.mark.parametrize("setting", ["remote_write_receiver: true", "otlp_receiver: true"])
def test_a_receiver_takes_samples_of_every_pod(tmp_path: Path, setting: str) -> None:
    assert is_allowed(tree_in(tmp_path, f"{{{setting}}}"), SOMEBODY, PROMETHEUS, 9090)


@pytest.mark.parametrize(
    ("client", "server", "port", "allowed"),
    [
        (QUERY, PROMETHEUS, 10901, True),
        (GRAFANA, QUERY, 10902, True),
        (GRAFANA, ALERTMANAGER, 9093, True),
        # It asks Query in the place of these.
        (GRAFANA, PROMETHEUS, 9090, False),
        (QUERY, PROMETHEUS, 9090, False),
        (SOMEBODY, QUERY, 10902, False),
        (SOMEBODY, PROMETHEUS, 10901, False),
    ],
)
def test_query_reaches_the_sidecars_and_grafana_reaches_query(
    tmp_path: Path, client: dict[str, str], server: dict[str, str], port: int, allowed: bool
) -> None:
    assert is_allowed(tree_in(tmp_path, more=THANOS), client, server, port) is allowed


def test_nobody_reaches_query_without_a_grafana(tmp_path: Path) -> None:
    (tmp_path / "stack.yml").write_text(f"version: 1\nname: shop\nservices: {{api: {{targets: ['api:1']}}}}\n{THANOS}")
    tree = export_kubernetes(load(tmp_path / "stack.yml", {}), Cluster(has_servers=False))
    assert not is_allowed(tree, SOMEBODY, QUERY, 10902)
