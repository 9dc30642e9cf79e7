"""Servers that the operator does not run: which there are, and what their objects are called."""

from __future__ import annotations

from pathlib import Path

from stackctl.export.kubernetes.server_pod import is_of_nodes, names_of, own_servers
from stackctl.manifest import load


def test_every_server_but_the_operators_is_one_of_them(tmp_path: Path) -> None:
    (tmp_path / "stack.yml").write_text(
        "version: 1\nname: shop\nalertmanager: {}\ngrafana: {}\npushgateway: {}\nexporters: {node: {}, blackbox: {}}\n"
    )
    stack = load(tmp_path / "stack.yml", {})
    servers = own_servers(stack)
    assert [each.name for each in servers] == ["grafana", "pushgateway", "node", "blackbox"]
    assert [each.name for each in servers if is_of_nodes(each)] == ["node"]
    assert names_of(stack)["pushgateway"] == "shop-pushgateway"
