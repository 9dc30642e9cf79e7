"""Looking for metrics, on a real HTTP server of the test's own."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from stackctl.listeners import Listener
from stackctl.starter import probe
from stackctl.starter.fetch import fetch
from stackctl.starter.names import MetricsUrl, parse_url
from stackctl.starter.probe import Port, find_local, listening_ports, look_at

METRICS = '# TYPE http_requests_total counter\nhttp_requests_total{status="200"} 1\npython_info 1\n'
PLAIN = "text/plain; version=0.0.4"
Pages = dict[str, tuple[int, str, str]]


@contextmanager
def serving(pages: Pages, otherwise: tuple[int, str, str] = (404, "text/html", "no")) -> Iterator[int]:
    """A server with `pages`: path -> status, content type, body. Gives its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, kind, body = pages.get(self.path, otherwise)
            self.send_response(status)
            if kind:
                self.send_header("Content-Type", kind)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_bare_address_is_tried_on_the_usual_paths() -> None:
    with serving({"/actuator/prometheus": (200, PLAIN, METRICS)}) as port:
        found = look_at(parse_url(f"localhost:{port}"))
    assert found.url.path == "/actuator/prometheus"
    assert str(found) == (
        f"http://localhost:{port}/actuator/prometheus: 2 series, by Python's prometheus_client, "
        "HTTP requests in http_requests_total"
    )


def test_a_given_path_is_the_only_one_that_is_tried() -> None:
    with serving({"/metrics": (200, PLAIN, METRICS)}) as port:
        found = look_at(parse_url(f"localhost:{port}/other"))
    assert (found.scrape, found.problem) == (None, "it returns 404")


def test_finds_health_paths() -> None:
    pages = {"/metrics": (200, PLAIN, METRICS), "/healthz": (200, "", "ok"), "/readyz": (200, "", "ok")}
    with serving(pages) as port:
        found = look_at(parse_url(f"localhost:{port}"))
    assert (found.live, found.ready) == ("/healthz", "/readyz")


def test_a_server_that_answers_everything_does_not_have_health_paths() -> None:
    with serving({"/metrics": (200, PLAIN, METRICS)}, otherwise=(200, "text/html", "<html>")) as port:
        found = look_at(parse_url(f"localhost:{port}"))
    assert (found.live, found.ready) == ("", "")


def test_a_health_path_that_is_not_well_now_is_not_written() -> None:
    pages = {"/metrics": (200, PLAIN, METRICS), "/ready": (503, "", "no"), "/health": (200, "", "ok")}
    with serving(pages) as port:
        found = look_at(parse_url(f"localhost:{port}"))
    assert (found.live, found.ready) == ("/health", "")


@pytest.mark.parametrize(("kind", "needs"), [(PLAIN, False), ("", True), ("text/html", True)])
def test_a_content_type_that_prometheus_refuses_is_noticed(kind: str, needs: bool) -> None:
    with serving({"/metrics": (200, kind, METRICS)}) as port:
        assert look_at(parse_url(f"localhost:{port}")).needs_protocol is needs


@pytest.mark.parametrize(
    ("page", "problem"),
    [
        ((200, "text/html", "<html>"), "it returns text/html, which is not in Prometheus' format"),
        ((500, PLAIN, "x"), "it returns 500"),
    ],
)
def test_reports_what_is_wrong(page: tuple[int, str, str], problem: str) -> None:
    with serving({"/metrics": page}) as port:
        assert look_at(parse_url(f"localhost:{port}")).problem == problem


def test_a_closed_port_is_said() -> None:
    with socket.socket() as probe_socket:
        probe_socket.bind(("127.0.0.1", 0))
        port = probe_socket.getsockname()[1]
    assert look_at(parse_url(f"127.0.0.1:{port}")).problem == "connection refused"


def test_reports_plain_http_where_tls_was_asked() -> None:
    with serving({}) as port:
        assert look_at(parse_url(f"https://127.0.0.1:{port}")).problem == "it does not speak TLS"


def test_silent_server_does_not_delay_the_search() -> None:
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        assert fetch(f"http://127.0.0.1:{mute.getsockname()[1]}/", 0.1).reason == "no response in time"


def test_an_answer_without_an_end_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stackctl.starter.fetch.SIZE_LIMIT", 10)
    with serving({"/metrics": (200, PLAIN, METRICS)}) as port:
        assert fetch(f"http://127.0.0.1:{port}/metrics", 1).reason == "its response does not end"


def test_reports_what_is_not_http() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()

        def greet() -> None:
            connection, _ = other.accept()
            connection.sendall(b"220 mail.example.org ESMTP\r\n")
            connection.close()

        thread = threading.Thread(target=greet)
        thread.start()
        reason = fetch(f"http://127.0.0.1:{other.getsockname()[1]}/", 1).reason
        thread.join()
    assert reason in {"it does not speak HTTP", "connection reset by peer"}


def test_finds_what_serves_metrics_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    own = METRICS + "alertmanager_build_info 1\n"
    with (
        serving({"/metrics": (200, PLAIN, METRICS)}) as app,
        serving({"/metrics": (200, PLAIN, own)}) as component,
        serving({}) as other,
    ):
        ports = [port for port in listening_ports() if port.number in {app, component, other}]
        assert ports == [Port(number, True) for number in sorted({app, component, other})]
        monkeypatch.setattr(probe, "listening_ports", lambda: ports)
        (found,) = find_local()
    assert found.url == MetricsUrl("http", "localhost", app, "/metrics")
    assert found.loopback_only


def test_a_port_is_of_loopback_when_all_who_listen_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    hosts = {
        8000: ["127.0.0.1"],
        8001: ["0.0.0.0"],
        8003: ["127.0.0.1", "::"],
        8004: ["::1"],
        8005: ["::ffff:127.0.0.1"],
    }
    monkeypatch.setattr(
        probe, "listeners", lambda: [Listener(host, port) for port, each in hosts.items() for host in each]
    )
    shown = [Port(8000, True), Port(8001, False), Port(8003, False), Port(8004, True), Port(8005, True)]
    assert listening_ports() == shown
