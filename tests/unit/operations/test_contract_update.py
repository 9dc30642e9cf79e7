"""`stackctl contract update` as a user types it, against real exporters of metrics."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, make_wsgi_app

from stackctl.cli.main import main
from stackctl.manifest import load
from tests.ports import free_port

Serve = Callable[..., str]
CONTRACT = """# The contract of the shop

jobs_total: counter   # all jobs
old_total: {type: counter, labels: [queue]}   # until 2.0
wait_seconds: {type: histogram, labels: [method], buckets: [1, 5]}
"""
UPDATED = """# The contract of the shop

jobs_total: {type: counter, labels: [queue]}   # all jobs
# Not served any more:
# old_total: {type: counter, labels: [queue]}   # until 2.0
wait_seconds: {type: histogram, labels: [method], buckets: [0.5, 2]}
depth: {type: gauge, help: "The depth."}
"""


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def shop(*, login: str = "", extra: str = "") -> Callable[..., object]:
    """An application with its metrics, behind a `login` if there is one."""
    registry = CollectorRegistry()
    Counter("jobs", "Jobs.", ["queue"], registry=registry).labels("a").inc()
    Histogram("wait_seconds", "Wait.", ["method"], buckets=[0.5, 2], registry=registry).labels("GET").observe(1)
    Gauge("depth", "The depth.", registry=registry).set(3)
    Gauge("process_open_fds", "Of the process.", registry=registry).set(3)
    if extra:
        Gauge(extra, "More.", registry=registry).set(1)
    metrics = make_wsgi_app(registry)

    def app(environ: dict[str, str], start: Callable[..., object]) -> object:
        if login and environ.get("HTTP_AUTHORIZATION") != f"Basic {base64.b64encode(login.encode()).decode()}":
            start("401 Unauthorized", [])
            return [b"who?"]
        return metrics(environ, start)

    return app


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serve an application, and return its address."""
    servers = []

    def served(app: Callable[..., object]) -> str:
        server = make_server("127.0.0.1", free_port(), app, handler_class=_Quiet)  # type: ignore[arg-type]
        servers.append(server)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return f"127.0.0.1:{server.server_port}"

    yield served
    for server in servers:
        server.shutdown()
        server.server_close()


def manifest(folder: Path, services: str, contract: str = CONTRACT) -> Path:
    path = folder / "stack.yml"
    path.write_text(f"version: 1\nname: shop\nservices:\n{services}")
    (folder / "api.yml").write_text(contract)
    return path


def run(path: Path, *arguments: str) -> int:
    return main(["-f", str(path), "contract", "update", *arguments])


def test_updates_a_contract_from_what_is_served(
    tmp_path: Path, serve: Serve, capsys: pytest.CaptureFixture[str]
) -> None:
    path = manifest(tmp_path, f"  api: {{targets: ['{serve(shop())}'], metrics: api.yml}}\n")
    (tmp_path / "api.yml").chmod(0o640)
    assert run(path) == 0
    assert (tmp_path / "api.yml").read_text() == UPDATED
    assert (tmp_path / "api.yml").stat().st_mode & 0o777 == 0o640
    assert capsys.readouterr().out == (
        "api:\n"
        "  ~ jobs_total: labels +queue\n"
        "  - old_total\n"
        "  ~ wait_seconds: buckets 1 5 -> 0.5 2\n"
        "  + depth: gauge\n"
        f"wrote {tmp_path / 'api.yml'}\n"
    )
    assert run(path) == 0
    assert capsys.readouterr().out == "api: nothing has changed\n"
    assert [metric.name for metric in load(path).services[0].contract.metrics] == [
        "jobs_total",
        "wait_seconds",
        "depth",
    ]  # type: ignore[union-attr]


def test_diff_writes_nothing(tmp_path: Path, serve: Serve, capsys: pytest.CaptureFixture[str]) -> None:
    path = manifest(tmp_path, f"  api: {{targets: ['{serve(shop())}'], metrics: api.yml}}\n")
    assert run(path, "--diff") == 0
    assert "  - old_total\n" in capsys.readouterr().out
    assert (tmp_path / "api.yml").read_text() == CONTRACT


def test_updates_metrics_in_the_manifest(tmp_path: Path, serve: Serve) -> None:
    address = serve(shop())
    inline = "".join(f"      {line}\n" if line else "\n" for line in CONTRACT.splitlines())
    path = manifest(tmp_path, f"  api:\n    targets: ['{address}']\n    metrics:\n{inline}    labels: {{team: a}}\n")
    assert run(path, "api") == 0
    updated = "".join(f"      {line}\n" if line else "\n" for line in UPDATED.splitlines())
    assert updated in path.read_text()
    assert path.read_text().endswith("    labels: {team: a}\n")
    assert run(path, "api") == 0


def test_reads_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = manifest(tmp_path, "  api: {targets: ['localhost:1'], metrics: api.yml}\n", "depth: counter\n")
    (tmp_path / "served").write_text("# TYPE depth gauge\ndepth 3\nlow 1\n")
    assert run(path, "api", "--from", str(tmp_path / "served")) == 0
    assert (tmp_path / "api.yml").read_text() == "depth: gauge\n"
    assert "not added: low (no type)" in capsys.readouterr().out


def test_logs_in(tmp_path: Path, serve: Serve, capsys: pytest.CaptureFixture[str]) -> None:
    address = serve(shop(login="u:hunter22"))
    service = f"  api: {{targets: ['{address}'], metrics: api.yml, basic_auth: {{username: u, password: PASSWORD}}}}\n"
    assert run(manifest(tmp_path, service.replace("PASSWORD", "hunter22"))) == 0
    assert (tmp_path / "api.yml").read_text() == UPDATED
    assert run(manifest(tmp_path, service.replace("PASSWORD", "hunter23"))) == 3
    assert "returns 401" in capsys.readouterr().err


def test_a_target_that_does_not_answer_changes_nothing(
    tmp_path: Path, serve: Serve, capsys: pytest.CaptureFixture[str]
) -> None:
    silent = free_port()
    path = manifest(tmp_path, f"  api: {{targets: ['{serve(shop())}', '127.0.0.1:{silent}'], metrics: api.yml}}\n")
    assert run(path) == 3
    assert f"http://127.0.0.1:{silent}/metrics does not answer" in capsys.readouterr().err
    assert (tmp_path / "api.yml").read_text() == CONTRACT


def test_a_page_that_is_no_exposition_changes_nothing(
    tmp_path: Path, serve: Serve, capsys: pytest.CaptureFixture[str]
) -> None:
    def page(_: object, start: Callable[..., object]) -> list[bytes]:
        start("200 OK", [("Content-Type", "text/html")])
        return [b"<html>hello</html>"]

    path = manifest(tmp_path, f"  api: {{targets: ['{serve(page)}'], metrics: api.yml}}\n")
    assert run(path) == 3
    assert "not in Prometheus' format" in capsys.readouterr().err
    assert (tmp_path / "api.yml").read_text() == CONTRACT


def test_the_endpoint_of_something_else_empties_no_contract(
    tmp_path: Path, serve: Serve, capsys: pytest.CaptureFixture[str]
) -> None:
    path = manifest(tmp_path, f"  api: {{targets: ['{serve(shop())}'], metrics: api.yml}}\n", "other_total: counter\n")
    assert run(path) == 2
    assert "nothing that the contract of `api` promises is served" in capsys.readouterr().err
    assert (tmp_path / "api.yml").read_text() == "other_total: counter\n"


SHARING = """  buy: {{targets: ["{0}"], metrics: {{file: api.yml, with: {{service: buy}}}}}}
  sell: {{targets: ["{1}"], metrics: {{file: api.yml, with: {{service: sell}}}}}}
"""
SHARED = '"{service}_depth": gauge\ndepth: counter\n'


def test_services_that_share_a_file_agree(tmp_path: Path, serve: Serve) -> None:
    services = SHARING.format(serve(shop(extra="buy_depth")), serve(shop(extra="sell_depth")))
    path = manifest(tmp_path, services, SHARED)
    assert run(path) == 0
    assert '"{service}_depth": gauge\ndepth: gauge\n' in (tmp_path / "api.yml").read_text()
    assert run(path, "--diff") == 0


@pytest.mark.parametrize(("names", "words"), [((), "serves other metrics"), (("buy",), "Compare both")])
def test_services_that_share_a_file_and_differ_change_nothing(
    tmp_path: Path, serve: Serve, capsys: pytest.CaptureFixture[str], names: tuple[str, ...], words: str
) -> None:
    services = SHARING.format(serve(shop(extra="buy_depth")), serve(shop(extra="sell_other")))
    path = manifest(tmp_path, services, SHARED)
    assert run(path, *names) == 2
    assert words in capsys.readouterr().err
    assert (tmp_path / "api.yml").read_text() == SHARED


@pytest.mark.parametrize(
    ("service", "arguments", "words"),
    [
        ("api: {targets: ['a:1'], metrics: api.yml}", ["app"], "there is no service `app`"),
        ("api: {targets: ['a:1'], metrics: api.yml}", ["--from", "x"], "--from needs the name of one service"),
        ("api: {targets: ['a:1'], metrics: api.yml}", ["--from", "x", "--prometheus"], "cannot be used together"),
        ("api: {targets: ['a:1'], metrics: api.yml}", ["api", "--from", "missing"], "missing does not exist"),
        ("api: {targets: ['a:1']}", ["api"], "the service `api` has no contract"),
        ("api: {targets: ['a:1']}", [], "no service has a contract"),
        ("api: {discovery: {dns_sd_configs: [{names: [a]}]}, metrics: api.yml}", ["api"], "has no `targets` to ask"),
        (
            "api: {targets: ['a:1'], metrics: api.yml, basic_auth: {username: u, password: hunter22}}",
            [],
            "no service has a contract and targets that can be asked",
        ),
        (
            "api: {targets: ['a:1'], metrics: api.yml, basic_auth: {username: u, password: hunter22}}",
            ["api"],
            "the password of `api` would be sent to a:1 without TLS",
        ),
        (
            "api: {targets: ['a:1'], metrics: api.yml, authorization: {credentials: hunter22}}",
            ["api"],
            "`authorization`",
        ),
        (
            "api: {targets: ['a:1'], metrics: api.yml, metric_relabel: [{action: labeldrop, regex: a}]}",
            ["api"],
            "after they are scraped",
        ),
    ],
)
def test_says_why_it_cannot_compare(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], service: str, arguments: list[str], words: str
) -> None:
    path = manifest(tmp_path, f"  {service}\n")
    assert run(path, *arguments) == 2
    assert words in capsys.readouterr().err
    assert (tmp_path / "api.yml").read_text() == CONTRACT


def test_a_form_that_cannot_be_changed_is_left_alone(
    tmp_path: Path, serve: Serve, capsys: pytest.CaptureFixture[str]
) -> None:
    contract = "{depth: gauge, old_total: counter}\n"
    path = manifest(tmp_path, f"  api: {{targets: ['{serve(shop())}'], metrics: api.yml}}\n", contract)
    assert run(path, "--diff") == 0
    assert "- old_total" in capsys.readouterr().out
    assert run(path) == 2
    assert "the contract of `api` cannot be changed: it is written in one line" in capsys.readouterr().err
    assert (tmp_path / "api.yml").read_text() == contract


def test_a_contract_that_another_service_repeats_is_left_alone(
    tmp_path: Path, serve: Serve, capsys: pytest.CaptureFixture[str]
) -> None:
    target = f"targets: ['{serve(shop())}']"
    services = f"  a: {{{target}, metrics: &m {{depth: counter}}}}\n  b: {{{target}, metrics: *m}}\n"
    path = manifest(tmp_path, services)
    written = path.read_text()
    assert run(path, "a") == 2
    assert "alias" in capsys.readouterr().err
    assert path.read_text() == written


def test_a_contract_that_would_be_refused_is_not_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    contract = "low: {type: gauge, range: [-5, 5]}\ndepth: gauge\n"
    path = manifest(tmp_path, "  api: {targets: ['localhost:1'], metrics: api.yml}\n", contract)
    (tmp_path / "served").write_text("# TYPE low counter\nlow 3\n# TYPE depth gauge\ndepth 3\n")
    assert run(path, "api", "--from", str(tmp_path / "served")) == 2
    assert "cannot be changed" in capsys.readouterr().err
    assert (tmp_path / "api.yml").read_text() == contract


def test_a_link_stays_a_link(tmp_path: Path, serve: Serve) -> None:
    path = manifest(tmp_path, f"  api: {{targets: ['{serve(shop())}'], metrics: link.yml}}\n")
    (tmp_path / "link.yml").symlink_to("api.yml")
    assert run(path) == 0
    assert (tmp_path / "link.yml").is_symlink()
    assert (tmp_path / "api.yml").read_text() == UPDATED


def test_line_ends_and_the_byte_order_mark_stay(tmp_path: Path, serve: Serve) -> None:
    path = manifest(tmp_path, f"  api: {{targets: ['{serve(shop())}'], metrics: api.yml}}\n")
    (tmp_path / "api.yml").write_bytes(b"\xef\xbb\xbf" + CONTRACT.replace("\n", "\r\n").encode())
    assert run(path) == 0
    assert (tmp_path / "api.yml").read_bytes() == b"\xef\xbb\xbf" + UPDATED.replace("\n", "\r\n").encode()


def test_an_info_metric_is_promised_as_one(tmp_path: Path, serve: Serve) -> None:
    registry = CollectorRegistry()
    Gauge("depth", "The depth.", registry=registry).set(3)
    Info("app", "The application.", registry=registry).info({"version": "1"})
    path = manifest(
        tmp_path, f"  api: {{targets: ['{serve(make_wsgi_app(registry))}'], metrics: api.yml}}\n", "depth: gauge\n"
    )
    assert run(path) == 0
    assert 'app_info: {type: info, labels: [version], help: "The application."}' in (tmp_path / "api.yml").read_text()
