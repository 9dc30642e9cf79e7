"""The table of secrets: what it knows, for which versions, and what is no secret."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from stackctl import conventions as c
from stackctl import redaction, secret_keys
from stackctl.manifest import load
from stackctl.manifest.secret_places import is_secret
from stackctl.render import render
from stackctl.source import Secret

HEAD = 'version: 1\nname: shop\nservices: {api: {targets: ["localhost:8000"]}}\n'


def test_keys_without_twin_in_an_older_image_stay_in_clear(tmp_path: Path) -> None:
    (tmp_path / "stack.yml").write_text(
        f"{HEAD}alertmanager:\n  image: x/alertmanager:v0.25.0\n  extra: {{global: {{telegram_bot_token: hidden}}}}\n"
    )
    tree = render(load(tmp_path / "stack.yml", {}), "docker")
    assert tree.yaml(c.ALERTMANAGER_FILE)["global"] == {"telegram_bot_token": "hidden"}
    assert tree.files[c.ALERTMANAGER_FILE].secret


GRAFANA = """\
grafana:
  admin: {password: some-password}
  extra_env:
    GF_SMTP_PASSWORD: "${PW}"
    GF_AUTH_GENERIC_OAUTH_CLIENT_SECRET: hidden-client
    GF_DATABASE_URL: postgres://me:hidden-db@db/grafana
    GF_FEATURE: "${PLAIN}"
    GF_AUTH_TOKEN_ROTATION_INTERVAL_MINUTES: "10"
    GF_AUTH_GENERIC_OAUTH_TOKEN_URL: https://login.test/token
    AWS_SECRET_ACCESS_KEY: hidden-aws-key
"""


@pytest.mark.parametrize("runtime", ["docker", "native"])
def test_secret_variables_of_grafana_become_files(tmp_path: Path, runtime: str) -> None:
    (tmp_path / "stack.yml").write_text(HEAD + GRAFANA)
    tree = render(load(tmp_path / "stack.yml", {"PW": "hidden-smtp", "PLAIN": "hidden-plain"}), runtime)
    assert not [path for path, file in tree if b"hidden-" in file.content and not file.secret]
    assert tree.files["secrets/grafana/GF_SMTP_PASSWORD"].content == b"hidden-smtp"
    if runtime == "docker":
        env = yaml.safe_load(tree.files["compose.yaml"].content)["services"]["grafana"]["environment"]
        assert env["GF_SMTP_PASSWORD__FILE"] == "/etc/stackctl/current/secrets/grafana/GF_SMTP_PASSWORD"
    else:
        (unit,) = [unit for unit in tree.units if unit.name == "grafana"]
        env = dict(unit.env)
        assert env["GF_SMTP_PASSWORD"] == "$__file{{tree}/secrets/grafana/GF_SMTP_PASSWORD}"
        assert unit.env_file == "secrets/grafana/env"
        assert b"hidden-aws-key" in tree.files[unit.env_file].content
    assert env["GF_AUTH_TOKEN_ROTATION_INTERVAL_MINUTES"] == "10"
    assert env["GF_AUTH_GENERIC_OAUTH_TOKEN_URL"] == "https://login.test/token"
    assert not {"GF_AUTH_GENERIC_OAUTH_CLIENT_SECRET", "GF_SMTP_PASSWORD"} & {*env} or runtime == "native"


WRITE = "prometheus: {remote_write: [{%s}]}"
JOB = "prometheus: {extra: {scrape_configs: [{job_name: j, %s}]}}"
CLEAR = {
    "login": (JOB % 'http_sd_configs: [{url: "https://me:hidden-value@x.test/w"}]', c.PROMETHEUS_FILE),
    "header": (WRITE % "url: https://x.test, headers: {X-Auth: hidden-value}", c.PROMETHEUS_FILE),
    "param": (JOB % "params: {token: [hidden-value]}", c.PROMETHEUS_FILE),
    "repeated": ("grafana: {admin: {password: hidden-value}, image: 'x:hidden-value'}", c.COMPOSE_FILE),
}


@pytest.mark.parametrize("case", CLEAR)
def test_a_file_that_holds_a_secret_in_clear_is_secret_as_a_whole(tmp_path: Path, case: str) -> None:
    lines, path = CLEAR[case]
    (tmp_path / "stack.yml").write_text(f"{HEAD}{lines}\n")
    tree = render(load(tmp_path / "stack.yml", {}), "docker", {c.GRAFANA_ADMIN_PASSWORD: Secret("generated-one")})
    assert tree.files[path].secret
    assert f"/{path}\n" in tree.files[".gitignore"].content.decode()
    assert not [name for name, file in tree if b"hidden-value" in file.content and not file.secret]


@pytest.mark.parametrize(
    "block", ["remote_write: [{0}]", "extra: {{remote_write: [{0}]}}", "extra: {{remote_read: [{0}]}}"]
)
def test_the_login_of_a_remote_url_is_given_by_a_file(tmp_path: Path, block: str) -> None:
    lines = "prometheus: {" + block.format('{url: "https://me:hidden%40value@x.test/w?a=b"}') + "}"
    (tmp_path / "stack.yml").write_text(f"{HEAD}{lines}\n")
    tree = render(load(tmp_path / "stack.yml", {}), "docker")
    config = tree.yaml(c.PROMETHEUS_FILE)
    (remote,) = config.get("remote_write") or config["remote_read"]
    assert (remote["url"], remote["basic_auth"]["username"]) == ("https://x.test/w?a=b", "me")
    name = remote["basic_auth"]["password_file"].removeprefix("../")
    assert tree.files[name].content == b"hidden@value"
    assert not tree.files[c.PROMETHEUS_FILE].secret


def test_a_secret_in_a_services_own_container_closes_compose(tmp_path: Path) -> None:
    (tmp_path / "stack.yml").write_text(
        "version: 1\nname: shop\nservices:\n  db:\n    targets: ['db:1']\n"
        "    run: {docker: {image: x, environment: {POSTGRES_PASSWORD: hidden-value, A: '${KEPT:-hidden-default}'}}}\n"
    )
    one, other = (render(load(tmp_path / "stack.yml", {}), "docker", salt=salt) for salt in (b"a", b"b"))
    assert one.files[c.COMPOSE_FILE].secret
    assert not [name for name, file in one if b"hidden-value" in file.content and not file.secret]
    # Its hash is a label that others can read: without the salt nobody can try passwords with it.
    assert {unit.spec for unit in one.units if unit.name == "db"} != {
        unit.spec for unit in other.units if unit.name == "db"
    }


@pytest.mark.parametrize(
    "path",
    [
        ("services", "api", "labels", "token"),
        ("services", "tokens", "targets"),
        ("services", "api", "metrics", "auth_failures_total", "type"),
        ("alertmanager", "receivers", "a", "opsgenie", "api_url"),
        ("alertmanager", "receivers", "a", "victorops", "routing_key"),
        ("alertmanager", "receivers", "a", "email", "headers", "X-Team"),
        ("prometheus", "auth", "tls", "key_file"),
        ("services", "api", "authorization", "credentials_file"),
        ("services", "api", "params", "module"),
        ("services", "api", "honor_labels"),
    ],
)
def test_public_places_are_not_taken_for_secret(path: tuple[str, ...]) -> None:
    assert not is_secret(path, "some text")


@pytest.mark.parametrize(
    "text", ["rate(x[5m] @ end())", "a:b@1609746000", "a:b:c@start()", "me@example.org", "12:30@x"[:5]]
)
def test_what_has_no_login_is_left_alone(text: str) -> None:
    assert redaction.shown(text) == text


def test_oldest_version_decides_natively() -> None:
    assert secret_keys.has_file(c.ALERTMANAGER, "wechat_configs", "api_secret", (), runs_image=True)
    assert not secret_keys.has_file(c.ALERTMANAGER, "wechat_configs", "api_secret", (), runs_image=False)
    assert not secret_keys.has_file(c.ALERTMANAGER, "wechat_configs", "api_secret", (0, 28, 1), runs_image=True)
    # Who has this key has its twin, however old: `mattermost_configs` came with both.
    assert secret_keys.has_file(c.ALERTMANAGER, "mattermost_configs", "webhook_url", (), runs_image=False)


def test_secret_in_a_container_closes_compose(tmp_path: Path) -> None:
    (tmp_path / "stack.yml").write_text(
        "version: 1\nname: shop\nexporters: {node: {}}\n"
        "containers: {db: {image: x, environment: {POSTGRES_PASSWORD: hidden-value, A: '${KEPT:-hidden-default}'}}}\n"
    )
    one, other = (render(load(tmp_path / "stack.yml", {}), "docker", salt=salt) for salt in (b"a", b"b"))
    assert one.files[c.COMPOSE_FILE].secret
    assert not [name for name, file in one if b"hidden-value" in file.content and not file.secret]
    assert one.unit("db") != other.unit("db")
