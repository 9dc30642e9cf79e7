"""`stackctl simulate` over HTTP: who is answered what, who is refused, and what cannot be simulated."""

from __future__ import annotations

import json
import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from stackctl.cli.main import main
from stackctl.manifest import load
from stackctl.operations.simulation import _served, choose
from stackctl.simulate.service import SimulatedClock, SimulatedService
from tests.ports import free_port

MANIFEST = """\
version: 1
name: shop
services:
  api:
    targets: ["localhost:{port}"]
    metrics_path: /private/metrics
    health: {{live: /live, ready: /ready}}
    metrics: {{jobs_total: counter, queries: {{type: {kind}}}}}
    {more}
"""


def write(folder: Path, more: str = "", kind: str = "gauge") -> tuple[Path, int]:
    port = free_port()
    manifest = folder / "stack.yml"
    manifest.write_text(MANIFEST.format(port=port, more=more, kind=kind))
    return manifest, port


@contextmanager
def served(folder: Path, more: str = "", kind: str = "gauge") -> Iterator[tuple[str, str]]:
    """The address of the service and that of the control."""
    manifest, port = write(folder, more, kind)
    services = choose(load(manifest, environ={}), ())
    contract = services[0].contract
    assert contract
    simulated = {"api": SimulatedService("api", contract, 1, SimulatedClock.from_now(1), "normal")}
    with _served(services, simulated, ("127.0.0.1",), None, 0) as (_, control):
        yield f"http://127.0.0.1:{port}", f"http://{control}/-/scenario"


def ask(url: str, method: str = "GET", **headers: str) -> tuple[int, str, str]:
    """Status, Content-Type and body of an answer."""
    request = urllib.request.Request(url, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.headers["Content-Type"], answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers["Content-Type"], error.read().decode()


def test_control_shows_and_changes_the_scenario(tmp_path: Path) -> None:
    with served(tmp_path) as (api, control):
        assert json.loads(ask(control)[2])["services"] == {"api": "normal"}
        assert json.loads(ask(f"{control}?service=api&name=saturated", "POST")[2])["services"] == {"api": "saturated"}
        assert (ask(f"{api}/live")[0], ask(f"{api}/ready")[0]) == (200, 503)
        ask(f"{control}?name=down", "POST")
        with pytest.raises(urllib.error.URLError, match="refused"):
            ask(f"{api}/live")
        ask(f"{control}?name=recover", "POST")
        assert ask(f"{api}/ready")[0] == 200


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ("name=storm", 400, "there is no scenario `storm`: normal, idle"),
        ("", 400, "there is no scenario ``"),
        ("name=idle&service=nobody", 404, "there is no service `nobody`: api"),
    ],
)
def test_control_refuses_unknown_names(tmp_path: Path, query: str, status: int, words: str) -> None:
    with served(tmp_path) as (_, control):
        answer = ask(f"{control}?{query}", "POST")
    assert answer[0] == status
    assert words in answer[2]


def test_control_refuses_pages_in_a_browser(tmp_path: Path) -> None:
    with served(tmp_path) as (_, control):
        assert ask(f"{control}?name=down", "POST", Origin="http://evil.test")[0] == 403


def refused(capsys: pytest.CaptureFixture[str], manifest: Path, *arguments: str, code: int = 2) -> str:
    assert main(["-f", str(manifest), "simulate", *arguments]) == code
    return capsys.readouterr().err


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl to make a certificate with")
def test_serves_tls_with_the_named_certificate(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import ssl

    from stackctl.operations.simulation import _tls

    manifest, port = write(tmp_path, "scheme: https")
    assert "is scraped over TLS" in refused(capsys, manifest)
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    missing = ("--tls-cert", str(cert), "--tls-key", str(key))
    assert "--tls-cert, --tls-key: No such file" in refused(capsys, manifest, *missing)
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(cert)]
    subprocess.run(command, check=True, capture_output=True)
    services = choose(load(manifest, environ={}), ())
    contract = services[0].contract
    assert contract
    simulated = {"api": SimulatedService("api", contract, 1, SimulatedClock.from_now(1), "normal")}
    trusting = ssl.create_default_context(cafile=str(cert))
    with _served(services, simulated, ("127.0.0.1",), _tls(services, cert, key), 0):
        url = f"https://localhost:{port}/private/metrics"
        with urllib.request.urlopen(url, context=trusting, timeout=10) as answer:
            assert "jobs_total" in answer.read().decode()
