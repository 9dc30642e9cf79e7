"""`runtime: external`: the servers of somebody else, and what a manifest cannot say of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from stackctl.errors import InputError
from stackctl.manifest import load
from stackctl.model import External, Stack

HEAD = "version: 1\nname: shop\n"
BASE = "runtime: external\nexternal:\n  prometheus: http://p:9090\n"
SERVICES = 'services: {api: {targets: ["a:8000"]}}\n'
PEM = "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n"


def loaded(folder: Path, text: str, **environ: str) -> Stack:
    (folder / "stack.yml").write_text(HEAD + text)
    return load(folder / "stack.yml", environ)


def refused(folder: Path, text: str) -> list[str]:
    with pytest.raises(InputError) as error:
        loaded(folder, text)
    return [each.summary for each in error.value.problems]


def test_url_is_the_short_form(tmp_path: Path) -> None:
    (server,) = loaded(tmp_path, BASE + SERVICES).external
    assert (server.name, server.url, server.login, server.token) == ("prometheus", "http://p:9090", None, None)


def test_logins_and_files_are_read(tmp_path: Path) -> None:
    for name in ("ca.pem", "cert.pem", "key.pem"):
        (tmp_path / name).write_text(PEM)
    (tmp_path / "password").write_text("from-a-file\n")
    servers = """\
runtime: external
external:
  prometheus:
    url: https://p/prefix/
    basic_auth: {username: me, password_file: password}
    ca_file: ca.pem
    cert_file: cert.pem
    key_file: key.pem
  grafana: {url: "http://g", token: "${TOKEN}"}
"""
    prometheus, grafana = loaded(tmp_path, servers + SERVICES, TOKEN="of-a-variable").external
    assert prometheus.url == "https://p/prefix"
    assert prometheus.login
    assert prometheus.login.password.reveal() == "from-a-file"
    assert prometheus.ca == PEM
    assert prometheus.certificate == (str(tmp_path / "cert.pem"), str(tmp_path / "key.pem"))
    assert grafana.token
    assert grafana.token.reveal() == "of-a-variable"
    assert "of-a-variable" not in repr(grafana)


def test_missing_file_is_reported_at_its_line(tmp_path: Path) -> None:
    text = BASE.replace("http://p:9090", '{url: "http://p:9090", token_file: gone}')
    assert refused(tmp_path, text + SERVICES) == ["gone does not exist"]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("runtime: external\n", "the addresses of the servers are missing: there is no `external`"),
        ("external: {prometheus: 'http://p:9090'}\n", "servers of somebody else need the key `runtime`"),
        (BASE + "prometheus: {retention: {time: 1d}}\n", "so stackctl does not run it"),
        (BASE + "exporters: {node: {}}\n", "so stackctl does not run it"),
        (BASE + "containers: {proxy: {image: 'x:1'}}\n", "so stackctl does not run it"),
        (BASE + "  alertmanager: http://a\nalertmanager: {listen: 9000}\n", "so this setting has no effect"),
        (BASE + "  grafana: http://g\ngrafana: {plugins: [a-b-panel]}\n", "so this setting has no effect"),
        (BASE + "alertmanager: {}\n", "there is no server for it: `external` has no `alertmanager`"),
        (BASE + "grafana: {}\n", "there is no server for it: `external` has no `grafana`"),
    ],
)
def test_contradiction_is_refused(tmp_path: Path, text: str, wanted: str) -> None:
    (problem,) = refused(tmp_path, text + SERVICES)
    assert re.search(re.escape(wanted), problem), problem


def test_service_that_would_be_started_is_refused(tmp_path: Path) -> None:
    services = 'services: {api: {targets: ["a:8000"], run: {native: {command: [x]}}}}\n'
    assert refused(tmp_path, BASE + services) == [
        "services.api.run: the manifest has `runtime: external`, so stackctl runs nothing"
    ]


def test_without_it_nothing_is_external(tmp_path: Path) -> None:
    assert loaded(tmp_path, SERVICES).external == ()


def test_secrets_are_not_in_the_text_of_a_server(tmp_path: Path) -> None:
    text = BASE.replace("http://p:9090", '{url: "http://p:9090", token: very-secret}')
    (server,) = loaded(tmp_path, text + SERVICES).external
    assert isinstance(server, External)
    assert "very-secret" not in f"{server!r}{server}"


def test_retention_and_interval_of_somebody_else_refuse_nothing(tmp_path: Path) -> None:
    slo = "{good: {objective: 99.9, good: 'rate(a[$window])', total: 'rate(b[$window])', window: 90d}}"
    services = f'services: {{api: {{targets: ["a:8000"], scrape_timeout: 1m, slo: {slo}}}}}\n'
    assert loaded(tmp_path, BASE + services).external
