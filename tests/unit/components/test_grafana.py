"""Grafana gets its settings by variables, and secrets by files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from stackctl.components.grafana import OwnDatasourceSettings, default_uid
from stackctl.manifest import load
from stackctl.model import Grafana
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


def environment(one: Grafana, runtime: str = "docker") -> dict[str, str]:
    tree = render(stack(grafana=one), runtime)
    unit = tree.unit("grafana")
    assert unit
    return dict(unit.env) or tree.yaml("compose.yaml")["services"]["grafana"]["environment"]


def test_plugins_are_installed_before_grafana_starts() -> None:
    one = replace(grafana(), plugins=("grafana-clock-panel", "b@2.1"))
    found = environment(one)
    assert found["GF_PLUGINS_PREINSTALL_SYNC"] == "grafana-clock-panel,b@2.1"
    assert found["GF_PLUGINS_PREINSTALL_DISABLED"] == "false"
    assert "GF_INSTALL_PLUGINS" not in found
    native = environment(one, "native")
    assert native["GF_PLUGINS_PREINSTALL"] == native["GF_PLUGINS_PREINSTALL_SYNC"] == "grafana-clock-panel,b@2.1"


def test_start_script_of_an_older_image_installs_plugins() -> None:
    found = environment(replace(grafana(), image="grafana/grafana:12.0.2", plugins=("a", "b@2.1")))
    assert found["GF_INSTALL_PLUGINS"] == "a,b 2.1"
    assert "GF_PLUGINS_PREINSTALL_SYNC" not in found


def test_plugins_of_the_users_variables_are_not_turned_off() -> None:
    assert environment(grafana(GF_INSTALL_PLUGINS="a"))["GF_PLUGINS_PREINSTALL_DISABLED"] == "false"
    assert environment(grafana())["GF_PLUGINS_PREINSTALL_DISABLED"] == "true"


def test_settings_of_grafana_ini_are_variables_and_secret_ones_files(tmp_path: Path) -> None:
    extra = "{smtp: {enabled: true, password: right-horse}, auth.generic_oauth: {client_id: a}, log: {level: info}}"
    text = f"grafana: {{extra: {extra}, extra_env: {{GF_LOG_LEVEL: warn}}, admin: {{password: wrong-horse}}}}"
    (tmp_path / "stack.yml").write_text(f"version: 1\nname: shop\nexporters: {{node: {{}}}}\n{text}\n")
    loaded = load(tmp_path / "stack.yml", environ={})
    tree = render(loaded, "docker")
    found = tree.yaml("compose.yaml")["services"]["grafana"]["environment"]
    assert found["GF_SMTP_ENABLED"] == "true"
    assert found["GF_AUTH_GENERIC_OAUTH_CLIENT_ID"] == "a"
    assert found["GF_LOG_LEVEL"] == "warn"
    assert found["GF_SMTP_PASSWORD__FILE"].endswith("/secrets/grafana/GF_SMTP_PASSWORD")
    assert [name for name, file in tree if b"right-horse" in file.content] == ["secrets/grafana/GF_SMTP_PASSWORD"]


@pytest.mark.parametrize(
    ("written", "uid"),
    [
        ({}, "prometheus"),
        ({"name": "Prometheus"}, "prometheus"),
        ({"uid": "main"}, "main"),
        ({"name": "Main"}, default_uid("Main")),
        ({"name": "Main", "uid": "prometheus"}, "prometheus"),
    ],
)
def test_uid_of_the_own_datasource_follows_its_name(written: dict[str, str], uid: str) -> None:
    assert OwnDatasourceSettings.model_validate(written).known_uid == uid
