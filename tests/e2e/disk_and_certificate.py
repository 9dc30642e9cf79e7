"""A small disk that fills up or turns read-only, and a server whose certificate expires."""

from __future__ import annotations

import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

LIMIT_SECONDS = 20
DISK_BYTES = 16 * 2**20
AUTHORITY_DAYS = 365
_ISSUE = ("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
_OF_A_SERVER = ("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost")


@dataclass(frozen=True)
class Disk:
    folder: Path

    def fill(self) -> None:
        """Leave a tenth of it."""
        (self.folder / "full").write_bytes(bytes(DISK_BYTES * 9 // 10))

    def empty(self) -> None:
        (self.folder / "full").unlink()

    def remount(self, access: str) -> None:
        """Let it be `ro` or `rw`. The node exporter 1.11 sees that only where there is no other option."""
        _run("mount", "-o", f"remount,{access},strictatime", str(self.folder))


@contextmanager
def small_disk(folder: Path) -> Iterator[Disk]:
    """A disk of its own at `folder`, which takes root to mount."""
    folder.mkdir()
    _run("mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES},strictatime", "stackctl-test", str(folder))
    try:
        yield Disk(folder)
    finally:
        _run("umount", str(folder))


@dataclass(frozen=True)
class SecureServer:
    """A server at localhost that speaks TLS, and answers."""

    folder: Path
    context: ssl.SSLContext

    @property
    def authority(self) -> Path:
        """The certificate of who has signed the server's."""
        return self.folder / "authority.pem"

    def certify(self, days: int) -> None:
        """Show a new certificate that is valid for so long."""
        by = ("-CA", str(self.authority), "-CAkey", str(self.folder / "authority.key"))
        self.context.load_cert_chain(*_issue(self.folder, "server", days, *_OF_A_SERVER, *by))


@contextmanager
def secure_server(folder: Path, port: int, days: int) -> Iterator[SecureServer]:
    """With a certificate that is valid for `days`."""
    folder.mkdir()
    _issue(folder, "authority", AUTHORITY_DAYS, "-subj", "/CN=stackctl tests")
    secure = SecureServer(folder, ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
    secure.certify(days)
    server = ThreadingHTTPServer(("127.0.0.1", port), _Answers)
    server.socket = secure.context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield secure
    finally:
        server.shutdown()
        server.server_close()


class _Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


def _issue(folder: Path, name: str, days: int, *options: str) -> tuple[Path, Path]:
    """A certificate and its key."""
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    _run(*_ISSUE, *options, "-days", str(days), "-out", str(certificate), "-keyout", str(key))
    return certificate, key


def _run(*command: str) -> None:
    ran = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_SECONDS)
    assert ran.returncode == 0, ran.stderr
