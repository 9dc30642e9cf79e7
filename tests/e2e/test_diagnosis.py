"""What `verify` says of targets that fail, on a real Prometheus: the cause that only a look from both sides tells.

All that can fail side by side does so in one stack, which is looked at once.
"""

from __future__ import annotations

import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from stackctl import conventions as c
from stackctl.wait import wait_until
from tests.e2e.real_stack import BOTH, PASSWORD, PATIENCE_SECONDS, App, Stack, running_stack
from tests.ports import free_port

pytestmark = [pytest.mark.e2e, pytest.mark.long]

METRICS = b"# TYPE a gauge\na 1\n"
SERVICES = """\
  loopback: {{targets: ["localhost:{loopback}"]}}
  nothing: {{targets: ["localhost:1"]}}
  misnamed: {{targets: ["pushgatewai:9091"]}}
  path: {{targets: ["localhost:{app}"], metrics_path: /nowhere}}
  page: {{targets: ["localhost:{app}"], metrics_path: /page}}
  redirect: {{targets: ["localhost:{app}"], metrics_path: /old}}
  untyped: {{targets: ["localhost:{app}"], metrics_path: /untyped}}
  line: {{targets: ["localhost:{app}"], metrics_path: /line}}
  error: {{targets: ["localhost:{app}"], metrics_path: /error}}
  plain: {{targets: ["localhost:{app}"], scheme: https}}
  secured: {{targets: ["localhost:{secured}"]}}
  untrusted: {{targets: ["localhost:{secured}"], scheme: https}}
  login: {{targets: ["localhost:{app}"], metrics_path: /private}}
  refused-login:
    targets: ["localhost:{app}"]
    metrics_path: /private
    basic_auth: {{username: prometheus, password: "${{WRONG_PASSWORD}}"}}
  dropped:
    targets: ["localhost:{app}"]
    relabel:
      - {{source_labels: [job], target_label: kind, action: uppercase}}
      - {{source_labels: [kind], regex: DROPPED, action: drop}}
"""
CONTAINERS = """\
  restarting:
    targets: ["restarting:8000"]
    run:
      docker:
        image: "python:3.13-slim"
        restart: always
        command: [python3, -c, "print('no such database'); exit(3)"]
  hungry:
    targets: ["hungry:8000"]
    run:
      docker:
        image: "python:3.13-slim"
        mem_limit: 24m
        memswap_limit: 24m
        restart: "no"
        command: [python3, -c, "x = bytearray(300000000); x[::4096] = b'1' * len(x[::4096])"]
  paused:
    targets: ["paused:8000"]
    run: {docker: {image: "python:3.13-slim", command: [python3, -m, http.server, "8000"]}}
"""
PROCESSES = """\
  ended:
    targets: ["localhost:2"]
    run: {native: {command: [sh, -c, "echo no such database; exit 3"]}}
"""
ANSWERS: dict[str, tuple[int, str | None, bytes]] = {
    "/page": (200, "text/html", b"<title>Shop</title>"),
    "/untyped": (200, None, METRICS),
    "/line": (200, "text/plain; version=0.0.4", METRICS + b"b-c 1\n"),
    "/error": (500, "text/plain", b"the database is away"),
}
# Service -> where the answer to a second probe shows: another path, the other scheme, the certificate.
SECOND_PROBES = {
    "path": ("summary", "but there are metrics at"),
    "page": ("remedy", "`metrics_path: "),
    "plain": ("remedy", "`scheme: "),
    "secured": ("remedy", "`scheme: "),
    "untrusted": ("evidence", "its certificate: "),
}


@dataclass(frozen=True)
class Seen:
    """The failed targets of a stack, by service, and the ports of what they are."""

    runtime: str
    app: int
    loopback: int
    secured: int
    found: dict[str, dict[str, Any]]
    report: str

    def of(self, service: str) -> tuple[str, str, str]:
        finding = self.found[service]
        return finding["summary"], finding["remedy"], finding["evidence"]


@pytest.fixture(scope="module", params=BOTH)
def seen(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    folder = tmp_path_factory.mktemp(f"diagnosis-{request.param}")
    secured = _serve_tls(folder, "0.0.0.0" if request.param == "docker" else "127.0.0.1")
    loopback = App("127.0.0.1", free_port())
    loopback.start()
    patched = pytest.MonkeyPatch()
    patched.setenv("WRONG_PASSWORD", f"not-{PASSWORD}")
    try:
        with running_stack(request.param, folder) as stack:
            stack.app.answers.update(ANSWERS)
            ports = {"app": stack.app.port, "loopback": loopback.port, "secured": secured.server_address[1]}
            stack.write(services=SERVICES.format(**ports) + (CONTAINERS if stack.runtime == "docker" else PROCESSES))
            stack.ran("up")  # which may well complain of what ends at once
            if stack.runtime == "docker":
                _break(stack)
            report = stack.ran("verify", "--only", "target", "--timeout", "8s").stdout
            failed = wait_until(
                lambda: _failed(stack), lambda seen: not _unanswered(seen), 120,
                what="a verification in which every probe had the time for its answer", describe=_unanswered,
            )  # fmt: skip
            yield Seen(stack.runtime, found=failed, report=report, **ports)
            subprocess.run(["docker", "unpause", f"{stack.name}-paused-1"], capture_output=True, timeout=30)
    finally:
        patched.undo()
        loopback.stop()
        secured.shutdown()
        secured.server_close()


def _failed(stack: Stack) -> dict[str, dict[str, Any]]:
    """Return the failed targets by service."""
    findings = stack.verify("--only", "target", "--timeout", "5s")
    return {one["subject"].partition("/")[0]: one for one in findings if one["status"] == "fail"}


def _unanswered(failed: dict[str, dict[str, Any]]) -> str:
    """Return the services whose second probe had no time left, as happens on a busy machine."""
    return ", ".join(name for name, (field, words) in SECOND_PROBES.items() if words not in failed[name][field])


def _break(stack: Stack) -> None:
    """Pause one container, and wait until the others have failed in their ways."""
    container = f"{stack.name}-paused-1"
    subprocess.run(["docker", "pause", container], check=True, capture_output=True, timeout=30)
    states = {f"{stack.name}-hungry-1": "true exited", f"{stack.name}-restarting-1": "false restarting"}
    form = "{{.State.OOMKilled}} {{.State.Status}}"
    for name, state in states.items():
        command = ["docker", "inspect", "--format", form, name]

        def look(command: list[str] = command) -> str:
            return subprocess.run(command, capture_output=True, text=True, timeout=30).stdout.strip()

        wait_until(look, lambda seen, state=state: seen == state, PATIENCE_SECONDS, what=name)  # type: ignore[misc]


def _serve_tls(folder: Path, host: str) -> ThreadingHTTPServer:
    names = ("-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem"), "-days", "1", "-subj", "/CN=shop")
    request = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-addext", "subjectAltName=DNS:localhost")
    subprocess.run([*request, *names], check=True, capture_output=True, timeout=30)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")

    class Handler(BaseHTTPRequestHandler):
        def setup(self) -> None:
            self.request = context.wrap_socket(self.request, server_side=True)
            super().setup()

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(METRICS)

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:  # a plain request is no news
            pass

    server = Server((host, 0), Handler)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    return server


def docker_only(seen: Seen) -> None:
    if seen.runtime != c.DOCKER:
        pytest.skip("natively there are no containers")


def test_recognizes_an_app_on_loopback_by_both_answers(seen: Seen) -> None:
    if seen.runtime == c.NATIVE:
        assert "loopback" not in seen.found  # natively that is as it should be
        return
    summary, remedy, evidence = seen.of("loopback")
    assert summary.endswith(f":{seen.loopback}: it is bound to 127.0.0.1")
    assert "on 127.0.0.1 only" in remedy
    assert f"from Prometheus' container: GET http://host.docker.internal:{seen.loopback}/metrics: conn" in evidence
    assert f"from this machine: GET http://localhost:{seen.loopback}/metrics: 200, text/plain" in evidence


def test_reports_that_nothing_listens(seen: Seen) -> None:
    summary, remedy, _ = seen.of("nothing")
    assert summary.startswith("down: connection refused at ")
    assert "127.0.0.1 only" not in remedy


def test_a_misspelt_container_is_reported_with_the_one_that_exists(seen: Seen) -> None:
    summary, remedy, evidence = seen.of("misnamed")
    if seen.runtime == c.NATIVE:
        assert summary == "down: the name does not resolve"
        return
    assert summary == "down: the name does not resolve: `pushgatewai` may be `pushgateway`"
    assert remedy == "Write `pushgateway:9091` for `pushgatewai:9091`."
    assert "names that resolve there: alertmanager, " in evidence


EXPECTED = {
    "path": (
        "down: there is nothing at the metrics path /nowhere, but there are metrics at /metrics",
        "`metrics_path: /metr",
    ),
    "page": ("down: it answers with a web page (Shop), not with metrics", "`metrics_path: /metrics`"),
    "untyped": ("down: it serves metrics, but its Content-Type is not one for metrics: none", "fallback_scrape"),
    "line": ("down: line 3 of its metrics does not parse", "line 3 is not a sample"),
    "error": ("down: the service answers with a server error: the database is away", "own log"),
    "plain": ("down: it speaks plain HTTP, not TLS", "`scheme: http`"),
    "secured": ("down: it speaks TLS, not plain HTTP", "`scheme: https`"),
    "login": ("down: it requires a login, and the manifest has none", "`basic_auth`"),
    "refused-login": ("down: it requires a login, and rejects the one in the manifest", "Correct `basic_auth`"),
    "dropped": ("dropped by step 2 of `relabel` (drop)", "Correct that step, in line "),
}


@pytest.mark.parametrize("service", EXPECTED)
def test_names_what_a_wrong_answer_is(seen: Seen, service: str) -> None:
    summary, remedy, evidence = seen.of(service)
    assert (summary, EXPECTED[service][1] in remedy) == (EXPECTED[service][0], True)
    assert evidence


def test_shows_the_offending_line_and_the_certificate(seen: Seen) -> None:
    assert "line 3: b-c 1" in seen.of("line")[2]
    assert "[kind] is 'DROPPED', which matches 'DROPPED'" in seen.of("dropped")[2]
    assert "its certificate: `shop`, by itself, for localhost, until " in seen.of("untrusted")[2]


def test_no_password_is_in_any_word(seen: Seen) -> None:
    assert PASSWORD not in seen.report + str(seen.found)


def test_a_container_that_keeps_restarting_is_reported_with_its_last_line(seen: Seen) -> None:
    docker_only(seen)
    summary, _, evidence = seen.of("restarting")
    assert summary == "down: the container of `restarting` keeps restarting, exited with code 3"
    assert "restarting | no such database" in evidence


def test_a_container_out_of_memory_is_reported_as_such(seen: Seen) -> None:
    docker_only(seen)
    summary, remedy, _ = seen.of("hungry")
    assert summary == "down: the container of `hungry` ran out of memory (exited with code 137)"
    assert "Raise the memory limit of `hungry`" in remedy


def test_a_paused_container_is_reported_as_such(seen: Seen) -> None:
    docker_only(seen)
    assert seen.of("paused")[0] == "down: the container of `paused` is paused"


def test_a_process_that_has_ended_is_reported_with_its_last_line(seen: Seen) -> None:
    if seen.runtime != c.NATIVE:
        pytest.skip("under Docker there are no processes of the stack")
    summary, _, evidence = seen.of("ended")
    assert summary == "down: the process of `ended` exited"
    assert "ended | no such database" in evidence
