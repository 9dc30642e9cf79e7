"""A stack full of marked secrets on real servers: no command, file that others read, argument or log shows one."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.real_stack import need, stackctl
from tests.ports import free_port

pytestmark = [pytest.mark.e2e, pytest.mark.long]

MARK = "m4rked-"
MANIFEST = """version: 1
name: {name}
services:
  api:
    targets: ["localhost:{closed}"]
    basic_auth: {{username: u, password: m4rked-scrape}}
    params: {{token: [m4rked-param]}}
  other:
    targets: ["localhost:{closed}"]
    authorization: {{credentials: "${{FROM_ENV}}"}}
prometheus:
  listen: {prometheus}
  scrape_interval: 1s
  remote_write:
    - {{url: "http://me:m4rked-login@localhost:{closed}/w", headers: {{X-Auth: m4rked-header}}}}
alertmanager:
  listen: {alertmanager}
  receivers:
    team: {{webhook: {{url: "http://localhost:{closed}/hook?token=m4rked-hook"}}}}
  extra: {{global: {{smtp_smarthost: "localhost:25", smtp_from: a@b.test, smtp_auth_password: m4rked-smtp}}}}
"""


@pytest.mark.parametrize(
    "runtime", [pytest.param("native", marks=pytest.mark.native), pytest.param("docker", marks=pytest.mark.docker)]
)
def test_nothing_shows_a_secret(tmp_path: Path, runtime: str) -> None:
    need(runtime)
    ports = {name: free_port() for name in ("prometheus", "alertmanager", "closed")}
    name = f"stackctl-test-{ports['prometheus']}"
    (tmp_path / "stack.yml").write_text(MANIFEST.format(name=name, **ports))
    (tmp_path / ".env").write_text("FROM_ENV=m4rked-env\n")
    said: dict[str, str] = {}

    def run(*arguments: str) -> None:
        ran = stackctl("-f", str(tmp_path / "stack.yml"), *arguments)
        said[" ".join(arguments)] = ran.stdout + ran.stderr

    try:
        run("check")
        run("check", "-o", "json")
        run("render", "--out", str(tmp_path / "tree"), "--runtime", runtime)
        run("up", "--dry-run", "--runtime", runtime)
        run("up", "--runtime", runtime)
        assert "create" in said[f"up --runtime {runtime}"] or "started" in said[f"up --runtime {runtime}"], said
        run("verify", "-o", "json", "--report", str(tmp_path / "report.html"), "--timeout", "3s")
        assert any("target.up" in text for text in said.values())
        run("verify", "-o", "junit", "--only", "target,remote_write", "--timeout", "1s")
        run("status")
        run("logs")
        text = (tmp_path / "stack.yml").read_text()
        (tmp_path / "stack.yml").write_text(
            text.replace("m4rked-smtp", "m4rked-other").replace("m4rked-login", "m4rked-new")
        )
        run("render", "--out", str(tmp_path / "tree"), "--diff", "--runtime", runtime)
        run("reload", "--dry-run")
        run("reload")
        (tmp_path / "stack.yml").write_text(text.replace("smtp_from:", "smtp_frm:"))
        run("check")
        run("reload")
        said["arguments"] = arguments_of_all_processes()
        if runtime == "docker":
            said["inspect"] = inspected(name)
    finally:
        run("down", "--volumes")
    said |= {
        str(path.relative_to(tmp_path)): text
        for path, text in readable(tmp_path)
        if path.name not in ("stack.yml", ".env")
    }
    assert [where for where, text in said.items() if MARK in text] == []


def readable(folder: Path) -> Iterator[tuple[Path, str]]:
    """The files that others may read, were the folders above open to them."""
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink() and path.stat().st_mode & 0o007:
            yield path, path.read_text(errors="replace")


def arguments_of_all_processes() -> str:
    own = os.getpid()
    texts = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        if int(path.parent.name) != own:
            try:
                texts.append(path.read_text(errors="replace"))
            except OSError:
                continue
    return "\n".join(texts)


def inspected(name: str) -> str:
    command = ["docker", "inspect", f"{name}-prometheus-1", f"{name}-alertmanager-1"]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
