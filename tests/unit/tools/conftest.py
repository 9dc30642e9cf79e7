"""A cache and a PATH of the test's own, programs that say a version, and a server of release archives."""

from __future__ import annotations

import hashlib
import io
import tarfile
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from stackctl.components.release import Release
from stackctl.tools import archive


@pytest.fixture(autouse=True)
def cache_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache. The machine's own tools are out of sight, but its shell is not."""
    chosen = tmp_path / "cache"
    monkeypatch.setenv("STACKCTL_CACHE_DIR", str(chosen))
    monkeypatch.delenv("STACKCTL_TOOLS_DIR", raising=False)
    monkeypatch.delenv("STACKCTL_TOOLS_BASE_URL", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    # The archives that tests make are for this machine, whichever it is.
    monkeypatch.setattr("platform.system", lambda: "Linux")
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    return chosen


def script(name: str, version: str) -> bytes:
    """A program that answers `--version` as the Prometheus projects do."""
    return f'#!/bin/sh\necho "{name}, version {version} (branch: HEAD)"\n'.encode()


@pytest.fixture
def program() -> Callable[..., Path]:
    """Write a program into a folder."""

    def write(folder: Path, name: str, version: str = "3.5.0") -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / name
        path.write_bytes(script(name, version))
        path.chmod(0o755)
        return path

    return write


class Mirror:
    """A local HTTP server that answers with the bytes in `files`, by path, and notes what was asked for."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.files: dict[str, bytes] = {}
        self.cut: set[str] = set()
        self.asked: list[str] = []

    def publish(self, release: Release, members: dict[str, bytes] | None = None) -> str:
        """Put an archive of `release` and its checksums in their places, and return the archive's path."""
        name = archive.archive_name(release)
        top = name.removesuffix(".tar.gz")
        programs = {f"{top}/{each.name}": script(each.name, release.version) for each in release.programs}
        packed = pack(programs if members is None else members)
        downloads = f"/{release.project}/releases/download/v{release.version}"
        self.files[f"{downloads}/{name}"] = packed
        self.files[f"{downloads}/sha256sums.txt"] = f"{hashlib.sha256(packed).hexdigest()}  {name}\n".encode()
        return f"{downloads}/{name}"


def pack(members: dict[str, bytes]) -> bytes:
    """A .tar.gz of files by their member names, which may be ones that a good archive does not have."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return packed.getvalue()


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.asked.append(self.path)
            content = state.files.get(self.path)
            if content is None:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: len(content) // 2] if self.path in state.cut else content)

        def log_message(self, format: str, *args: object) -> None:
            """Stay quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state = Mirror(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield state
    server.shutdown()
    server.server_close()
    thread.join()
