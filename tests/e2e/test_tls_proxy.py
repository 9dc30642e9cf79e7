"""Metrics behind a real reverse proxy: TLS of one's own authority, and a login, as the example has it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from stackctl.runtimes.select import reopen_runtime
from stackctl.wait import wait_until
from tests.e2e.examples import adapt, copied, moved, simulated, sink
from tests.e2e.real_stack import BOTH, cannot_run, listens, need, neighbour, stackctl

pytestmark = pytest.mark.e2e

PATIENCE_SECONDS = 20
PASSWORD = "change-me"  # the example's own default


@contextmanager
def proxy(folder: Path, port: int, bind: str) -> Iterator[None]:
    """Caddy with the example's configuration, on a certificate made by its script."""
    caddy = neighbour("caddy")
    hashed = subprocess.run(
        [caddy, "hash-password", "--bcrypt-cost", "4", "--plaintext", PASSWORD],
        capture_output=True,
        text=True,
        check=True,
        timeout=20,
    )
    environment = {
        **os.environ,
        "MOJO_SCRAPE_HASH": hashed.stdout.strip(),
        "MOJO_PROXY_BIND": bind,
        "HOME": str(folder),
        "XDG_DATA_HOME": str(folder / "caddy"),
    }
    with (folder / "caddy.log").open("w") as log:
        running = subprocess.Popen([caddy, "run"], cwd=folder, env=environment, stdout=log, stderr=log)
    try:
        wait_until(lambda: listens(port), bool, PATIENCE_SECONDS, what="the proxy")
        yield
    finally:
        running.terminate()
        running.wait(PATIENCE_SECONDS)


def make_certificates(folder: Path) -> None:
    made = subprocess.run(["sh", "certificates.sh"], cwd=folder, capture_output=True, text=True, timeout=20)
    assert made.returncode == 0, made.stderr


def red(manifest: Path) -> dict[str, dict[str, Any]]:
    ran = stackctl("-f", str(manifest), "verify", "--output", "json", "--timeout", "10s")
    return {check["code"]: check for check in json.loads(ran.stdout)["diagnostics"] if check["status"] == "fail"}


@pytest.mark.parametrize("runtime", BOTH)
def test_verifies_metrics_behind_tls_and_refuses_another_ca(runtime: str, tmp_path: Path) -> None:
    need(runtime)
    if subprocess.run(["openssl", "version"], capture_output=True).returncode:
        cannot_run("no openssl")
    folder, ports = tmp_path / "example", dict[str, int]()
    with sink() as receiver:
        plain = copied("mojo-compute", folder, receiver.port, ports)
        manifest = folder / "tls.yml"
        adapt(manifest, receiver.port, ports)
        caddyfile = moved((folder / "Caddyfile").read_text(), ports).replace(":9443", f":{ports['9443']}")
        (folder / "Caddyfile").write_text(caddyfile)
        make_certificates(folder)
        bind = (
            f"127.0.0.1 {reopen_runtime(runtime, '', tmp_path).callback()[0]}" if runtime == "docker" else "127.0.0.1"
        )
        with simulated(plain), proxy(folder, ports["9443"], bind):
            try:
                up = stackctl("-f", str(manifest), "up", "--allow-missing", "--runtime", runtime)
                assert up.returncode == 0, up.stderr
                verified = stackctl("-f", str(manifest), "verify")
                assert verified.returncode == 0, verified.stdout
                # Another authority of the same name. The proxy keeps showing what the first has signed.
                make_certificates(folder)
                reloaded = stackctl("-f", str(manifest), "reload")
                assert reloaded.returncode == 0, reloaded.stderr
                target = red(manifest)["target.up"]
                assert "the certificate is not trusted" in target["summary"]
                assert "ca_file" in target["remedy"]
            finally:
                stackctl("-f", str(manifest), "down", "--volumes")
