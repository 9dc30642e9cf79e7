"""A Prometheus with a login and TLS, as a user runs it: commands get in, strangers do not, and no secret shows."""

from __future__ import annotations

import base64
import json
import os
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from stackctl.runtimes.native import process
from stackctl.wait import wait_until
from tests.contract.serving import CERTIFICATES
from tests.e2e.real_stack import BOTH, PATIENCE_SECONDS, need, stackctl
from tests.ports import free_port

pytestmark = pytest.mark.e2e

MANIFEST = """\
version: 1
name: {name}
prometheus:
  listen: 127.0.0.1:{prometheus}
  scrape_interval: 1s
  evaluation_interval: 1s
  auth:
    basic_auth: {{username: ops, password: "${{PROMETHEUS_PASSWORD}}"}}
    tls: {{cert_file: server.crt, key_file: server.key, ca_file: ca.crt}}
alertmanager: {{listen: 127.0.0.1:{alertmanager}, receivers: {{team: {{webhook: {{url: "http://127.0.0.1:1/"}}}}}}}}
services: {{itself: {{targets: ["{alerts}"]}}}}
rules: [{{file: rules.yml}}]
"""
# The switch spoils a rule file that was validated, as a disk may: Prometheus refuses what comes after the new login.
SPOILING = """
import sys
from stackctl.cli.main import main
from stackctl.state import State
switch, done = State.switch, []
def spoil(self, to):
    if not done:
        done.append(to)
        (to.path / "prometheus" / "rules" / "rules.yml").write_text("groups: [{name: g, rules: [{alert: A}]}]")
    switch(self, to)
State.switch = spoil
sys.exit(main(sys.argv[1:]))
"""


@dataclass
class Guarded:
    """A stack whose Prometheus wants a login over TLS. `said` is all that stackctl has printed."""

    folder: Path
    runtime: str
    ports: dict[str, int]
    password: str = ""
    passwords: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"stackctl-test-{self.ports['prometheus']}"

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.ports['prometheus']}"

    @property
    def web(self) -> Path:
        return self.folder / ".stackctl/live/current/secrets/prometheus/web"

    # -- the manifest -----------------------------------------------------------------------------------------

    def write(self, password: str, certificate: str = "server", rule: str = "up == 0") -> None:
        """What the manifest and the files that it names say from now on."""
        self.passwords.append(password)
        alerts = f"127.0.0.1:{self.ports['alertmanager']}" if self.runtime == "native" else "alertmanager:9093"
        (self.folder / "stack.yml").write_text(MANIFEST.format(name=self.name, alerts=alerts, **self.ports))
        (self.folder / ".env").write_text(f"PROMETHEUS_PASSWORD='{password}'\n")
        for name, source in (("server.crt", certificate), ("server.key", certificate)):
            (self.folder / name).write_text((CERTIFICATES / f"{source}{Path(name).suffix}").read_text())
        authority = "ca" if certificate == "server" else certificate
        (self.folder / "ca.crt").write_text((CERTIFICATES / f"{authority}.crt").read_text())
        (self.folder / "rules.yml").write_text(
            f"groups: [{{name: g, rules: [{{alert: Down, expr: '{rule}', for: 1m}}]}}]\n"
        )

    # -- commands ---------------------------------------------------------------------------------------------

    def run(self, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        return self._noted(stackctl("-f", str(self.folder / "stack.yml"), *arguments), code)

    def reload(self, password: str = "", certificate: str = "server") -> None:
        self.password = password or self.password
        self.write(self.password, certificate)
        self.run("--verbose", "reload")

    def sabotaged(self) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", SPOILING, "-f", str(self.folder / "stack.yml"), "reload", "--timeout", "10s"]
        return self._noted(subprocess.run(command, capture_output=True, text=True, timeout=60), 1)

    def _noted(self, ran: subprocess.CompletedProcess[str], code: int) -> subprocess.CompletedProcess[str]:
        self.said += [ran.stdout, ran.stderr]
        assert ran.returncode == code, ran.stdout + ran.stderr
        return ran

    def failures(self, *arguments: str) -> dict[str, dict[str, Any]]:
        ran = stackctl("-f", str(self.folder / "stack.yml"), "verify", "--output", "json", *arguments)
        self.said += [ran.stdout, ran.stderr]
        checks = json.loads(ran.stdout)["diagnostics"]
        return {f"{check['code']} {check['subject']}": check for check in checks if check["status"] == "fail"}

    # -- behind stackctl's back -------------------------------------------------------------------------------

    def status(self, password: str | None, path: str = "/api/v1/rules") -> int:
        return self.answer(password, path)[0]

    def answer(self, password: str | None, path: str) -> tuple[int, str]:
        """What Prometheus answers to a login, None for none, whatever its certificate."""
        request = urllib.request.Request(f"{self.url}{path}")
        if password is not None:
            request.add_header("Authorization", f"Basic {base64.b64encode(f'ops:{password}'.encode()).decode()}")
        try:
            anyone = ssl._create_unverified_context()
            with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS, context=anyone) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, ""

    def certificate(self) -> str:
        return ssl.get_server_certificate(("127.0.0.1", self.ports["prometheus"]), timeout=PATIENCE_SECONDS)

    def started(self) -> str:
        """When Prometheus was started, by its own account."""
        _, text = self.answer(self.password, "/api/v1/status/runtimeinfo")
        return str(json.loads(text)["data"]["startTime"])


@pytest.fixture(scope="module", params=BOTH)
def guarded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    need(request.param)
    ports = {name: free_port() for name in ("prometheus", "alertmanager")}
    stack = Guarded(tmp_path_factory.mktemp("guarded"), request.param, ports)
    stack.password = "first: $ecret"
    stack.write(stack.password)
    try:
        stack.run("up", "--runtime", request.param)
        yield stack
    finally:
        stack.run("down", "--volumes")


def test_everything_works_for_stackctl_and_nothing_for_strangers(guarded: Guarded) -> None:
    assert guarded.failures() == {}
    assert [guarded.status(None), guarded.status("guessed"), guarded.status(guarded.password)] == [401, 401, 200]
    assert guarded.url in guarded.run("up").stdout
    assert f"{guarded.url}   yes" in guarded.run("status").stdout
    assert f"ready at {guarded.url}" in guarded.run("verify", "--only", "component").stdout


def test_a_rule_is_reloaded(guarded: Guarded) -> None:
    guarded.write(guarded.password, rule="up == 1")
    guarded.run("reload")
    assert "up == 1" in guarded.answer(guarded.password, "/api/v1/rules")[1]
    assert guarded.failures("--only", "rule,prometheus") == {}


def test_another_password_is_in_force_without_a_restart(guarded: Guarded) -> None:
    before, old = guarded.started(), guarded.password
    guarded.reload("second-secret")
    assert [guarded.status(old), guarded.status("second-secret")] == [401, 200]
    # Prometheus' own scrape logs in too, and keeps a password that it has read.
    assert guarded.failures("--only", "target,component") == {}
    assert guarded.started() == before


def test_another_certificate_is_shown_without_a_restart(guarded: Guarded) -> None:
    before = guarded.started()
    guarded.reload(certificate="renewed")
    assert guarded.certificate().strip() == (CERTIFICATES / "renewed.crt").read_text().strip()
    assert guarded.failures("--only", "target,component") == {}
    guarded.reload()
    assert guarded.certificate().strip() == (CERTIFICATES / "server.crt").read_text().strip()
    assert guarded.started() == before


def test_a_bad_reload_leaves_the_old_password_in_force(guarded: Guarded) -> None:
    guarded.write("never-secret", certificate="renewed")
    ran = guarded.sabotaged()
    assert "failed: prometheus did not reload: HTTP 500" in ran.stderr
    assert "is active again, confirmed" in ran.stderr
    assert [guarded.status("never-secret"), guarded.status(guarded.password)] == [401, 200]
    assert guarded.certificate().strip() == (CERTIFICATES / "server.crt").read_text().strip()
    guarded.write(guarded.password)
    assert guarded.failures("--only", "component,stack,target") == {}


def test_commands_use_the_login_of_what_runs(guarded: Guarded) -> None:
    guarded.write("not-yet-secret", certificate="renewed")
    assert f"{guarded.url}   yes" in guarded.run("status").stdout
    assert guarded.failures("--only", "component,stack").keys() == {f"stack.generation {guarded.name}"}
    (guarded.folder / "stack.yml").write_text("version: 1\n")
    running = guarded.run("status").stdout
    assert f"{guarded.url}   yes" in running
    guarded.run("backup", str(guarded.folder / "backup.tar.gz"))
    guarded.write(guarded.password)


def test_a_login_changed_by_hand_is_reported_and_repaired_by_a_reload(guarded: Guarded) -> None:
    web = guarded.web / "web.yml"
    web.chmod(0o640)
    web.write_text(web.read_text().replace("ops:", "stranger:"))
    row = guarded.failures("--only", "component", "--timeout", "1s")["component.ready prometheus"]
    assert row["summary"].endswith("/-/ready returns 401: it rejects the configured login")
    assert "running, not ready: HTTP 401" in guarded.run("status").stdout
    assert row["remedy"].startswith("Run `stackctl reload`")
    guarded.run("reload")
    assert guarded.failures("--only", "component,stack") == {}


def test_a_certificate_changed_by_hand_is_reported_and_repaired_by_a_reload(guarded: Guarded) -> None:
    for name in ("tls.crt", "tls.key"):
        (guarded.web / name).write_text((CERTIFICATES / f"renewed{Path(name).suffix}").read_text())
    row = guarded.failures("--only", "component", "--timeout", "1s")["component.ready prometheus"]
    assert "its certificate cannot be verified: self-signed certificate" in row["summary"]
    assert row["remedy"].startswith("Run `stackctl reload`")
    guarded.run("reload")
    assert guarded.failures("--only", "component,stack") == {}


def test_turning_tls_off_requires_up(guarded: Guarded) -> None:
    text = (guarded.folder / "stack.yml").read_text()
    without = "\n".join(line for line in text.splitlines() if "tls:" not in line)
    (guarded.folder / "stack.yml").write_text(without)
    assert "a reload cannot apply this: replace prometheus: " in guarded.run("reload", code=1).stderr
    (guarded.folder / "stack.yml").write_text(text)


def test_an_alert_is_drilled(guarded: Guarded) -> None:
    assert "at team/webhook" in guarded.run("drill", "Down").stdout
    assert guarded.failures("--only", "component,stack") == {}


def test_no_secret_shows_anywhere(guarded: Guarded) -> None:
    """Runs last: it looks at all that the tests before have left behind."""
    key = (CERTIFICATES / "server.key").read_text().splitlines()[1]
    hashed = "$2b$"
    secrets = [*guarded.passwords, key]
    texts = {"output": "\n".join(guarded.said), "logs": guarded.run("logs").stdout}
    if guarded.runtime == "docker":
        inspect = ["docker", "inspect", f"{guarded.name}-prometheus-1", f"{guarded.name}-alertmanager-1"]
        texts["inspect"] = subprocess.run(inspect, capture_output=True, text=True, timeout=20, check=True).stdout
    else:
        entry = process.read(guarded.folder / ".stackctl/pids/prometheus.pid")
        assert entry
        for part in ("cmdline", "environ"):
            texts[part] = Path(f"/proc/{entry.pid}/{part}").read_bytes().decode(errors="replace")
    live = guarded.folder / ".stackctl" / "live"
    readable = [path for path in live.rglob("*") if path.is_file() and path.stat().st_mode & 0o004]
    assert any(path.name == "stackctl.json" for path in readable)
    texts |= {str(path): path.read_text(errors="replace") for path in readable}
    assert not [(where, secret) for where, text in texts.items() for secret in (*secrets, hashed) if secret in text]


@pytest.mark.docker
def test_a_rendered_tree_gets_healthy_by_compose_alone(tmp_path: Path) -> None:
    need("docker")
    stack = Guarded(tmp_path, "docker", {name: free_port() for name in ("prometheus", "alertmanager")})
    stack.write("plain-secret")
    stack.run("render", "--out", str(tmp_path / "tree"))
    compose = ["docker", "compose", "-f", str(tmp_path / "tree" / "compose.yaml")]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("STACKCTL_")}
    if os.geteuid() != 0:
        environment["STACKCTL_GID"] = str(os.getegid())
    options: dict[str, Any] = {"cwd": "/", "env": environment, "capture_output": True, "timeout": 90}
    try:
        subprocess.run([*compose, "up", "-d", "--wait"], check=True, **options)
        assert [stack.status(None), stack.status("plain-secret")] == [401, 200]
        itself = '/api/v1/query?query=up{job="prometheus"}==1'
        wait_until(
            lambda: json.loads(stack.answer("plain-secret", itself)[1])["data"]["result"], bool, PATIENCE_SECONDS,
            what="Prometheus' scrape of itself",
        )  # fmt: skip
    finally:
        subprocess.run([*compose, "down", "--volumes"], check=False, **options)
