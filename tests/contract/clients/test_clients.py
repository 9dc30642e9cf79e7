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
from stackctl.clients.grafana import FoundDashboard, Grafana
from stackctl.clients.http import Http, NoAnswer
from stackctl.clients.prometheus import ActiveTarget, LoadedRule, Prometheus, RuntimeInfo
from tests.contract.serving import Asked, Posted, Reply, Server

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


def data(value: Any) -> dict[str, Any]:
    return {"status": "success", "data": value}


def test_pools_must_hold_what_was_discovered_dropped_or_not(server: Server) -> None:
    active = {"scrapePool": "api", "discoveredLabels": {"__address__": "a:1", "job": "other"}}
    dropped = {"discoveredLabels": {"__address__": "b:1", "job": "api"}}
    server.routes["/api/v1/targets"] = data({"activeTargets": [active], "droppedTargets": [dropped]})
    assert Prometheus(Http(Access(server.url))).pools() == {("api", "a:1"), ("api", "b:1")}


def test_the_hash_of_the_loaded_configuration_must_be_read_from_the_metrics(server: Server) -> None:
    server.routes["/metrics"] = "# TYPE alertmanager_config_hash gauge\nalertmanager_config_hash 5.720328237546e+13\n"
    assert Alertmanager(Http(Access(server.url))).config_hash() == 57203282375460
    server.routes["/metrics"] = "other 1\n"
    with pytest.raises(NoAnswer, match="does not report which configuration is loaded"):
        Alertmanager(Http(Access(server.url))).config_hash()


def test_dashboards_must_be_read_again_by_a_post(server: Server) -> None:
    server.routes["/api/admin/provisioning/dashboards/reload"] = {"message": "Dashboards config reloaded"}
    assert Grafana(Http(Access(server.url))).reload_dashboards().ok


def test_targets_must_be_read_with_their_last_scrape_in_unix_time(server: Server) -> None:
    target = {
        "labels": {"instance": "localhost:8000", "job": "renamed"},
        "discoveredLabels": {"__address__": "localhost:8000"},
        "scrapePool": "api",
        "scrapeUrl": "http://localhost:8000/metrics",
        "lastError": "",
        "lastScrape": "2026-01-02T03:04:05.123456789+01:00",
        "health": "up",
    }
    never = {**target, "labels": {}, "health": "unknown", "lastScrape": "0001-01-01T00:00:00Z"}
    server.routes["/api/v1/targets"] = data({"activeTargets": [target, never]})
    url = "http://localhost:8000/metrics"
    labels = {"instance": "localhost:8000", "job": "renamed"}
    found = {"__address__": "localhost:8000"}
    assert Prometheus(Http(Access(server.url))).targets() == (
        ActiveTarget("api", labels, url, "up", "", 1767319445.123456, found),
        ActiveTarget("api", {}, url, "unknown", "", 0.0, found),
    )


def test_rules_must_be_read_with_their_group_and_file(server: Server) -> None:
    rule = {
        "type": "alerting",
        "name": "Down",
        "query": "up == 0",
        "health": "ok",
        "lastEvaluation": "1970-01-01T00:00:01Z",
    }
    record = {**rule, "type": "recording", "name": "a:b", "health": "err", "lastError": "many-to-many"}
    server.routes["/api/v1/rules"] = data({"groups": [{"name": "g", "file": "/r.yml", "rules": [rule, record]}]})
    assert Prometheus(Http(Access(server.url))).rules() == (
        LoadedRule("alert", "Down", "up == 0", "g", "/r.yml", "ok", "", 1.0),
        LoadedRule("record", "a:b", "up == 0", "g", "/r.yml", "err", "many-to-many", 1.0, position=1),
    )


def test_the_state_of_prometheus_must_be_read(server: Server) -> None:
    info = {"startTime": "1970-01-01T00:00:01Z", "lastConfigTime": "1970-01-01T00:00:02Z", "reloadConfigSuccess": False}
    server.routes["/api/v1/status/runtimeinfo"] = data({**info, "storageRetention": "15d"})
    server.routes["/api/v1/status/config"] = data({"yaml": "global: {}\n"})
    server.routes["/api/v1/alertmanagers"] = data({"activeAlertmanagers": [{"url": "http://a:9093/api/v2/alerts"}]})
    client = Prometheus(Http(Access(server.url)))
    assert client.runtime_info() == RuntimeInfo(1.0, 2.0, False, "15d")
    assert client.config() == "global: {}\n"
    assert client.alertmanagers() == ("http://a:9093/api/v2/alerts",)


def test_alertmanager_must_be_read(server: Server) -> None:
    server.routes["/api/v2/status"] = {"config": {"original": "route: {}\n"}}
    server.routes["/api/v2/receivers"] = [{"name": "oncall"}, {"name": "null"}]
    client = Alertmanager(Http(Access(server.url)))
    assert client.config() == "route: {}\n"
    assert client.receivers() == ("oncall", "null")


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
def test_json_of_something_else_must_be_told_and_never_be_a_crash(server: Server, path: str, body: Any) -> None:
    server.routes[path] = body
    error = refusal(Http(Access(server.url)), path)
    assert error.summary == f"{server.url}{path} returned an unexpected response: is it another server?"


@pytest.mark.parametrize("body", [{"data": None}, {"data": {"activeTargets": [{"labels": {}}]}}, {"other": 1}])
def test_targets_without_their_fields_must_be_told(server: Server, body: Any) -> None:
    server.routes["/api/v1/targets"] = body
    assert "an unexpected response" in refusal(Http(Access(server.url)), "/api/v1/targets").summary


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
def test_the_words_of_an_error_must_be_found_in_any_form(server: Server, body: Any, words: str) -> None:
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


def test_series_of_many_queries_must_be_counted_with_one_request(server: Server) -> None:
    asked: list[str] = []

    def answer(query: str) -> dict[str, Any]:
        asked.append(query)
        return data({"resultType": "vector", "result": [{"metric": {"__n__": "1"}, "value": [1, "7"]}]})

    server.routes["/api/v1/query"] = Asked(answer)
    assert Prometheus(Http(Access(server.url))).counts(["a", "b", "c"]) == [0, 7, 0]
    parts = [f'label_replace(count({name}\n), "__n__", "{n}", "", "")' for n, name in enumerate("abc")]
    assert asked == ["query=" + " or ".join(parts)]


def test_a_type_is_known_for_each_metric(server: Server) -> None:
    counter = {"type": "counter", "help": "", "unit": ""}
    server.routes["/api/v1/metadata"] = data({"a": [counter], "b": []})
    assert Prometheus(Http(Access(server.url))).kinds() == {"a": "counter"}


FRAME = {"schema": {"refId": "Q0", "fields": []}, "data": {"values": [[1700000000000], [3]]}}
RESULTS = [
    ({"status": 200, "frames": [FRAME]}, True),
    ({"status": 200, "frames": []}, False),
    ({"status": 200, "frames": [{"schema": {}, "data": {"values": []}}]}, False),
    ({"status": 200, "frames": [{"schema": {}, "data": {"values": [[], []]}}]}, False),
    ({"frames": None}, False),
    ({"status": 400, "error": "bad_data: no", "errorSource": "downstream", "frames": []}, "bad_data: no"),
]


@pytest.mark.parametrize("status", [200, 207, 400])
def test_grafana_must_be_asked_as_a_panel_asks_and_each_result_be_read(server: Server, status: int) -> None:
    bodies: list[Any] = []

    def answer(body: Any) -> Reply:
        bodies.append(body)
        return Reply({"results": {f"Q{n}": result for n, (result, _) in enumerate(RESULTS)}}, status)

    server.routes["/api/ds/query"] = Posted(answer)
    exprs = [f"x{n}" for n in range(len(RESULTS))]
    assert Grafana(Http(Access(server.url))).query("prom", exprs) == [expected for _, expected in RESULTS]
    assert [query["expr"] for query in bodies[0]["queries"]] == exprs
    assert {query["datasource"]["uid"] for query in bodies[0]["queries"]} == {"prom"}
    assert (bodies[0]["from"], bodies[0]["to"]) == ("now-5m", "now")


@pytest.mark.parametrize("reply", [Reply({"message": "Data source not found"}, 404), {"results": {}}, "<html>"])
def test_an_answer_without_results_is_no_answer(server: Server, reply: Any) -> None:
    server.routes["/api/ds/query"] = reply
    with pytest.raises(NoAnswer):
        Grafana(Http(Access(server.url))).query("prom", ["up"])


def test_the_jobs_must_be_those_of_the_scrape_pools(server: Server) -> None:
    server.routes["/api/v1/scrape_pools"] = data({"scrapePools": ["api", "node"]})
    assert Prometheus(Http(Access(server.url))).jobs() == {"api", "node"}
    server.routes["/api/v1/scrape_pools"] = data({"scrapePools": None})
    assert Prometheus(Http(Access(server.url))).jobs() == frozenset()


def test_dashboards_must_be_listed_with_their_folders(server: Server) -> None:
    server.routes["/api/search"] = [
        {"uid": "a", "title": "A", "type": "dash-db"},
        {"uid": "b", "title": "B", "type": "dash-db", "folderTitle": "Shop", "folderUid": "x"},
    ]
    assert Grafana(Http(Access(server.url))).dashboards() == (
        FoundDashboard("a", "A", ""),
        FoundDashboard("b", "B", "Shop"),
    )


def test_values_must_be_looked_at_together_unless_they_are_many(server: Server) -> None:
    asked: list[str] = []

    def answer(query: str) -> dict[str, Any]:
        asked.append(query)
        return data(
            {"resultType": "vector", "result": [{"metric": {"a": "1"}, "value": [1, "1"]}] * (len(asked) * 500)}
        )

    server.routes["/api/v1/query"] = Asked(answer)
    client = Prometheus(Http(Access(server.url)))
    assert client.combinations("x", ["a", "b"]) == [{"a": "1"}] * 500
    assert client.combinations("x", ["a", "b"]) is None
    assert asked[0] == "query=group by (a, b) (x)&limit=1000"


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


def test_what_changes_something_must_not_be_sent_twice() -> None:
    with breaking(closes=False) as (url, came):
        client = Prometheus(Http(Access(url)))
        client.ready()
        with pytest.raises(NoAnswer, match="the connection was closed without a response"):
            client.reload()
        assert came == ["GET", "POST"]
