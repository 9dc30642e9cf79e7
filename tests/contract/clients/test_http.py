"""What servers answer becomes data, or one kind of error that says in a line what happened."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

import pytest

from stackctl.access import Access
from stackctl.clients.alertmanager import Alertmanager
from stackctl.clients.grafana import Grafana
from stackctl.clients.http import Http, NoAnswer
from stackctl.clients.prometheus import Prometheus
from tests.contract.serving import Reply, Server

CALLS: dict[str, Callable[[Http], Any]] = {
    "/api/v1/targets": lambda http: Prometheus(http).targets(),
    "/api/v1/rules": lambda http: Prometheus(http).rules(),
    "/api/v1/status/config": lambda http: Prometheus(http).config(),
    "/api/v1/status/runtimeinfo": lambda http: Prometheus(http).runtime_info(),
    "/api/v1/alertmanagers": lambda http: Prometheus(http).alertmanagers(),
    "/api/v2/status": lambda http: Alertmanager(http).config(),
    "/api/v2/receivers": lambda http: Alertmanager(http).receivers(),
    "/api/health": lambda http: Grafana(http).health(),
    "/api/user": lambda http: Grafana(http).user(),
    "/api/datasources/uid/prometheus": lambda http: Grafana(http).datasource("prometheus"),
    "/api/dashboards/uid/shop": lambda http: Grafana(http).dashboard("shop"),
}
every_call = pytest.mark.parametrize("path", CALLS)


def refusal(http: Http, path: str) -> NoAnswer:
    with pytest.raises(NoAnswer) as caught:
        CALLS[path](http)
    return caught.value


def test_a_login_is_sent(server: Server) -> None:
    server.login = ("admin", "s3cret: пароль ü")
    server.routes["/api/user"] = {"login": "admin"}
    assert Grafana(Http(Access(server.url, ("admin", "s3cret: пароль ü")))).user() == "admin"


@every_call
def test_a_server_that_is_gone_is_reported_as_refused(path: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, so that nobody else takes it, but not listening
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        assert refusal(Http(Access(url)), path).summary == f"{url}{path} does not answer: connection refused"


def test_a_server_that_hangs_is_reported_after_the_timeout(server: Server) -> None:
    server.hang = Event()
    error = refusal(Http(Access(server.url), timeout=0.1), "/api/v1/rules")
    assert error.summary == f"{server.url}/api/v1/rules does not answer: no response in time"


@every_call
def test_a_page_is_reported_as_no_json(server: Server, path: str) -> None:
    server.routes[path] = "<html>welcome</html>"
    assert refusal(Http(Access(server.url)), path).summary == f"{server.url}{path} returned something that is not JSON"


@every_call
@pytest.mark.parametrize("body", [[1], "null", '"text"', "7"])
def test_reports_json_of_another_shape(server: Server, path: str, body: Any) -> None:
    server.routes[path] = body
    error = refusal(Http(Access(server.url)), path)
    assert error.summary == f"{server.url}{path} returned an unexpected response: is it another server?"


@every_call
@pytest.mark.parametrize("status", [401, 404, 500])
def test_an_error_is_reported_with_its_status_and_the_servers_words(server: Server, path: str, status: int) -> None:
    server.routes[path] = Reply({"message": "No, thank you"}, status)
    error = refusal(Http(Access(server.url)), path)
    assert error.status == status
    assert error.summary == f"{server.url}{path} returns {status}: No, thank you"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"status": "error", "errorType": "bad_data", "error": "parse error"}, "parse error"),
        ('{\n  "database": "failing",\n  "version": "12.1.1"\n}', '{"database": "failing", "version": "12.1.1"}'),
        ("\n<h1>Bad Gateway</h1>\n<p>nginx</p>", "<h1>Bad Gateway</h1>"),
        ("", "(empty)"),
    ],
)
def test_finds_the_words_of_an_error_in_any_form(server: Server, body: Any, words: str) -> None:
    server.routes["/api/v1/rules"] = Reply(body, 502)
    assert refusal(Http(Access(server.url)), "/api/v1/rules").summary.endswith(f"returns 502: {words}")


def test_a_redirect_is_not_followed(server: Server) -> None:
    server.routes["/api/v1/rules"] = Reply("moved", 302)
    assert "returns 302" in refusal(Http(Access(server.url)), "/api/v1/rules").summary
    assert server.asked == ["/api/v1/rules"]


def test_a_proxy_of_the_environment_is_not_used(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    server.routes["/api/v2/receivers"] = []
    assert Alertmanager(Http(Access(server.url))).receivers() == ()


@contextmanager
def breaking(closes: bool) -> Iterator[tuple[str, list[str]]]:
    """A server that answers a GET and hears a POST without answering: its URL, and the methods that have come.

    Either way it promises to keep the connection; with `closes` it closes that after an answer all the same.
    """
    came: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            came.append("GET")
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")
            self.close_connection = closes

        def do_POST(self) -> None:
            came.append("POST")
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", came
        server.shutdown()


def test_a_connection_that_the_server_has_closed_is_opened_again() -> None:
    with breaking(closes=True) as (url, came):
        client = Prometheus(Http(Access(url)))
        assert [client.ready().text for _ in range(3)] == ["ok"] * 3
        assert came == ["GET"] * 3


def test_never_sends_a_changing_request_twice() -> None:
    with breaking(closes=False) as (url, came):
        client = Prometheus(Http(Access(url)))
        client.ready()
        with pytest.raises(NoAnswer, match="the connection was closed without a response"):
            client.reload()
        assert came == ["GET", "POST"]
