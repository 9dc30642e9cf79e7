"""The files of a `tls` block: read where the manifest lies, and rendered as what is in them."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from stackctl.export.kubernetes import Cluster, export_kubernetes
from stackctl.manifest import load
from stackctl.model import Stack
from stackctl.render import render

CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
KEY = "-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----\n"
MANIFEST = """\
version: 1
name: shop
prometheus:
  remote_write: [{url: "https://store.test/write", tls_config: {ca_file: certs/ca.pem}}]
services:
  api:
    targets: ["localhost:8443"]
    scheme: https
    tls: {ca_file: certs/ca.pem, cert_file: certs/client.pem, key_file: certs/client.key, server_name: api}
"""


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    (tmp_path / "certs").mkdir()
    for name, text in {"ca.pem": CERTIFICATE, "client.pem": CERTIFICATE, "client.key": KEY}.items():
        (tmp_path / "certs" / name).write_text(text)
    (tmp_path / "stack.yml").write_text(MANIFEST)
    return load(tmp_path / "stack.yml", environ={})


@pytest.mark.parametrize("runtime", ["docker", "native"])
def test_prometheus_gets_the_tls_files_with_the_key_as_a_secret(stack: Stack, runtime: str) -> None:
    files = render(stack, runtime).files
    config = yaml.safe_load(files["prometheus/prometheus.yml"].content)
    tls = next(job for job in config["scrape_configs"] if job["job_name"] == "api")["tls_config"]
    # promtool refuses a key in a file next to a certificate in the configuration.
    certificate, key = (files[tls.pop(name).removeprefix("../")] for name in ("cert_file", "key_file"))
    assert tls == {"ca": CERTIFICATE, "server_name": "api"}
    assert certificate.content.decode() == CERTIFICATE
    assert key.content.decode() == KEY
    assert key.secret
    assert config["remote_write"][0]["tls_config"] == {"ca": CERTIFICATE}
    assert not [path for path, file in files.items() if b"hunter2" in file.content and not file.secret]


def test_a_cluster_gets_what_is_in_the_files_of_tls_from_its_secret(stack: Stack) -> None:
    files = export_kubernetes(stack, Cluster()).files
    endpoint = yaml.safe_load(files["api-servicemonitor.yaml"].content)["spec"]["endpoints"][0]
    assert endpoint["tlsConfig"] == {
        "ca": {"secret": {"name": "api-scrape", "key": "ca"}},
        "cert": {"secret": {"name": "api-scrape", "key": "cert"}},
        "keySecret": {"name": "api-scrape", "key": "key"},
        "serverName": "api",
    }
    data = yaml.safe_load(files["secrets/api.yaml"].content)["stringData"]
    assert data == {"ca": CERTIFICATE, "cert": CERTIFICATE, "key": KEY}
    assert not [path for path, file in files.items() if b"hunter2" in file.content and not file.secret]
