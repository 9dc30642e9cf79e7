"""What Prometheus sends on: a real store has it, behind a login by token, as the example has it."""

from __future__ import annotations

import json
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from stackctl.runtimes.select import reopen_runtime
from stackctl.wait import wait_until
from tests.answers import samples
from tests.e2e.examples import adapt, copied, simulated, sink
from tests.e2e.real_stack import BOTH, listens, need, neighbour, stackctl
from tests.ports import free_port

pytestmark = pytest.mark.e2e

PATIENCE_SECONDS = 30
TOKEN = "right-horse-token"


@contextmanager
def store(folder: Path, host: str) -> Iterator[tuple[int, int]]:
    """VictoriaMetrics, and before it vmauth, which asks for the token: the ports of vmauth and of the store itself."""
    asks, holds = free_port(), free_port()
    (folder / "auth.yml").write_text(
        json.dumps({"users": [{"bearer_token": TOKEN, "url_prefix": f"http://127.0.0.1:{holds}"}]})
    )
    data = f"-storageDataPath={folder / 'store'}"
    commands = (
        [neighbour("victoria-metrics"), f"-httpListenAddr=127.0.0.1:{holds}", data, "-search.latencyOffset=0s"],
        [neighbour("vmauth"), f"-httpListenAddr={host}:{asks}", f"-auth.config={folder / 'auth.yml'}"],
    )
    with (folder / "store.log").open("w") as log:
        running = [subprocess.Popen(command, cwd=folder, stdout=log, stderr=log) for command in commands]
    try:
        wait_until(lambda: listens(holds) and listens(asks), bool, PATIENCE_SECONDS, what="the store")
        yield asks, holds
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(PATIENCE_SECONDS)


def readable(folder: Path, text: str) -> list[Path]:
    """The files of the live generation that hold `text` and are no secrets."""
    files = [path for path in (folder / ".stackctl" / "live" / "current").resolve().rglob("*") if path.is_file()]
    return [path for path in files if "secrets" not in path.parts and text in path.read_text(errors="replace")]


@pytest.mark.parametrize("runtime", BOTH)
def test_samples_sent_by_remote_write_are_in_the_store(
    runtime: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    need(runtime)
    folder, ports = tmp_path / "example", dict[str, int]()
    gateway = reopen_runtime(runtime, "", tmp_path).callback()[0]
    with sink() as receiver, store(tmp_path, "0.0.0.0" if runtime == "docker" else "127.0.0.1") as (asks, holds):
        monkeypatch.setenv("REMOTE_WRITE_TOKEN", TOKEN)
        copied("pybase", folder, receiver.port, ports)
        ports["8428"] = asks
        adapt(folder / "remote.yml", receiver.port, ports)
        manifest = folder / "remote.yml"
        with simulated(manifest, "--listen-host", gateway):
            try:
                up = stackctl("-f", str(manifest), "up", "--runtime", runtime)
                assert up.returncode == 0, up.stderr
                expr = 'up{job="pybase-api", system="pybase"} == 1'
                wait_until(lambda: samples(holds, expr), bool, PATIENCE_SECONDS, what="the series in the store")
                assert samples(holds, 'count({__name__=~"api_.+", system="pybase"})')
                verified = stackctl("-f", str(manifest), "verify")
                assert verified.returncode == 0, verified.stdout
                assert readable(folder, TOKEN) == []
                with pytest.raises(urllib.error.HTTPError, match="401"):
                    samples(asks, "up")
            finally:
                stackctl("-f", str(manifest), "down", "--volumes")


@pytest.mark.native
def test_what_others_write_is_accepted_or_red(tmp_path: Path) -> None:
    need("native")
    port = free_port()
    server = {"listen": f"127.0.0.1:{port}", "scrape_interval": "1s", "remote_write_receiver": True}
    (tmp_path / "stack.yml").write_text(json.dumps({"version": 1, "name": f"taker-{port}", "prometheus": server}))
    manifest = str(tmp_path / "stack.yml")

    def status(body: bytes) -> str:
        """The row of the receiver, after it was sent something more."""
        form = {"Content-Type": "application/x-protobuf", "Content-Encoding": "snappy"}
        request = urllib.request.Request(f"http://127.0.0.1:{port}/api/v1/write", body, form)
        with suppress(urllib.error.HTTPError):
            urllib.request.urlopen(request, timeout=5).close()
        verified = stackctl("-f", manifest, "verify", "--only", "remote_write", "--output", "json")
        (row,) = json.loads(verified.stdout)["diagnostics"]
        assert (row["code"], row["subject"]) == ("remote_write.received", "/api/v1/write")
        return str(row["status"])

    try:
        up = stackctl("-f", manifest, "up", "--runtime", "native")
        assert up.returncode == 0, up.stderr
        wait_until(lambda: status(b"\0"), "pass".__eq__, PATIENCE_SECONDS, what="an accepted request")
        wait_until(lambda: status(b"{"), "fail".__eq__, PATIENCE_SECONDS, what="a refused request")
    finally:
        stackctl("-f", manifest, "down", "--volumes")
