"""Grafana gets its settings by variables, and secrets by files."""

from __future__ import annotations

from stackctl.render import render
from stackctl.source import Secret
from stackctl.tree import Tree
from tests.unit.render.stacks import grafana, stack

OWN = {"GF_AUTH_DISABLE_LOGIN_FORM": "true", "GF_SMTP_PASSWORD": Secret("right-horse")}


def rendered(runtime: str) -> Tree:
    return render(stack(grafana=grafana(**OWN)), runtime)


def test_container_reads_passwords_from_files() -> None:
    tree = rendered("docker")
    environment = tree.yaml("compose.yaml")["services"]["grafana"]["environment"]
    secrets = "/etc/stackctl/current/secrets/grafana"
    assert environment["GF_SECURITY_ADMIN_PASSWORD__FILE"] == f"{secrets}/admin_password"
    assert environment["GF_SMTP_PASSWORD__FILE"] == f"{secrets}/GF_SMTP_PASSWORD"
    assert environment["GF_AUTH_DISABLE_LOGIN_FORM"] == "true"


def test_process_reads_passwords_from_files() -> None:
    tree = rendered("native")
    unit = tree.unit("grafana")
    assert unit
    assert unit.env["GF_SECURITY_ADMIN_PASSWORD"] == "$__file{{tree}/secrets/grafana/admin_password}"
    assert unit.env["GF_SMTP_PASSWORD"] == "$__file{{tree}/secrets/grafana/GF_SMTP_PASSWORD}"
    assert unit.env["GF_PATHS_DATA"] == "{data}"
    assert "right-horse" not in repr(unit)


def test_settings_of_the_user_win() -> None:
    tree = render(stack(grafana=grafana(GF_SECURITY_ADMIN_USER="boss")), "docker")
    assert tree.yaml("compose.yaml")["services"]["grafana"]["environment"]["GF_SECURITY_ADMIN_USER"] == "boss"
