"""What is scraped is kept and sent on, by a real Prometheus: targets that are up and yet of no use, and receivers."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from stackctl.wait import wait_until
from tests.e2e.real_stack import need, stackctl
from tests.ports import free_port

pytestmark = [pytest.mark.e2e, pytest.mark.native]

PATIENCE_SECONDS = 40
BEGIN = int(time.time() * 1000)


def page(samples: Callable[[int], str]) -> Callable[[], str]:
    """A page made from the time of now, in milliseconds."""
    return lambda: samples(int(time.time() * 1000))


PAGES: dict[str, Callable[[], str]] = {
    "good": page(lambda _: "a 1\n"),
    "stamped": page(lambda now: f"a 1 {now}\nb 2 {now}\n"),
    "behind": page(lambda now: f"a 1 {now - 120_000}\n"),
    "repeated": page(lambda _: "a 1\na 2\n"),
    "old": page(lambda now: f"a 1 {now - 5 * 3_600_000}\nb 1\n"),
    "future": page(lambda now: f"a 1 {now + 3_600_000}\nb 1\n"),
    "backwards": page(lambda now: f"a 1 {BEGIN}\na 2 {BEGIN + 1000}\na 3 {BEGIN + 2000}\nb {now % 7}\n"),
    "frozen": page(lambda now: f"a {now % 1_000_003} {BEGIN}\nb 1\n"),
    "empty": page(lambda _: ""),
    "comment": page(lambda _: "# only a comment\n"),
}
BAD = {"repeated", "old", "future", "backwards", "frozen", "empty", "comment"}
MANIFEST = """\
version: 1
name: {name}
prometheus:
  listen: 127.0.0.1:{prometheus}
  scrape_interval: 1s
  evaluation_interval: 1s
  remote_write:
    - {{name: takes, url: "http://127.0.0.1:{receiver}/takes", queue_config: {{batch_send_deadline: 1s}}}}
    - {{name: refuses, url: "http://127.0.0.1:{receiver}/refuses", queue_config: {{batch_send_deadline: 1s}}}}
    - {{url: "http://127.0.0.1:9/nobody", queue_config: {{batch_send_deadline: 1s}}}}
  extra:
    remote_write: [{{name: extra, url: "http://127.0.0.1:9/extra", queue_config: {{batch_send_deadline: 1s}}}}]
    scrape_configs:
      - job_name: added
        metrics_path: /good
        static_configs: [{{targets: ["localhost:{app}"]}}]
      - job_name: added-and-down
        static_configs: [{{targets: ["localhost:9"]}}]
      - job_name: added-and-empty
        metrics_path: /empty
        static_configs: [{{targets: ["localhost:{app}"]}}]
services:
{services}
"""


@contextmanager
def server(handle: type[BaseHTTPRequestHandler]) -> Iterator[int]:
    made = ThreadingHTTPServer(("127.0.0.1", free_port()), handle)
    made.daemon_threads = True
    Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield made.server_address[1]
    finally:
        made.shutdown()
        made.server_close()


class Pages(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = PAGES[self.path.strip("/")]().encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


class Receivers(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(204 if self.path == "/takes" else 400)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def verified(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, dict[str, Any]]]:
    """The findings about a stack with every kind of page and receiver, by check and subject."""
    need("native")
    folder = tmp_path_factory.mktemp("samples")
    manifest = folder / "stack.yml"
    with ExitStack() as running:
        app, receiver = running.enter_context(server(Pages)), running.enter_context(server(Receivers))
        port = free_port()
        services = "\n".join(
            f'  {name}: {{targets: [{{address: "localhost:{app}", labels: {{page: {name}}}}}], metrics_path: /{name}}}'
            for name in PAGES
        )
        manifest.write_text(
            MANIFEST.format(
                name=f"stackctl-samples-{port}", prometheus=port, receiver=receiver, app=app, services=services
            )
        )
        up = stackctl("-f", str(manifest), "up", "--runtime", "native")
        try:
            assert up.returncode == 0, up.stderr
            yield wait_until(lambda: verify(manifest), settled, PATIENCE_SECONDS, what="every fault to be seen")
        finally:
            stackctl("-f", str(manifest), "down", "--volumes")


def verify(manifest: Path) -> dict[str, dict[str, Any]]:
    ran = stackctl("-f", str(manifest), "verify", "--output", "json")
    assert ran.returncode == 1, ran.stdout + ran.stderr
    return {f"{each['code']} {each['subject']}": each for each in json.loads(ran.stdout)["diagnostics"]}


def settled(found: dict[str, dict[str, Any]]) -> bool:
    """The first scrape of a page whose timestamps stand still or go back is kept: it takes a second one."""
    seen = {name: found[f"job.stored {name}"]["status"] for name in BAD}
    return set(seen.values()) == {"fail"} and found["remote_write.sent takes"]["status"] == "pass"


@pytest.mark.parametrize("name", PAGES)
def test_only_pages_whose_samples_are_kept_pass(verified: dict[str, dict[str, Any]], name: str) -> None:
    found = verified[f"job.stored {name}"]
    assert found["status"] == ("fail" if name in BAD else "pass"), found


def test_every_page_is_up(verified: dict[str, dict[str, Any]]) -> None:
    up = {subject.partition("/")[0]: each["status"] for subject, each in verified.items() if "target.up" in subject}
    assert {up[f"target.up {name}"] for name in PAGES} == {"pass"}


def test_receiver_of_remote_write_decides(verified: dict[str, dict[str, Any]]) -> None:
    found = {name: each for name, each in verified.items() if name.startswith("remote_write.sent")}
    assert {name.partition(" ")[2]: each["status"] for name, each in found.items()} == {
        "takes": "pass",
        "refuses": "fail",
        "http://127.0.0.1:9/nobody": "fail",
        "extra": "fail",
    }
    assert "connection refused" in found["remote_write.sent http://127.0.0.1:9/nobody"]["summary"]
    assert "rejects samples" in found["remote_write.sent refuses"]["summary"]
    assert "400" in found["remote_write.sent refuses"]["summary"]


def test_jobs_in_extra_have_the_same_rows(verified: dict[str, dict[str, Any]]) -> None:
    status = {name: each["status"] for name, each in verified.items() if " added" in name}
    rows = {name.rpartition("/")[0] or name: status[name] for name in status}
    assert rows == {
        "job.loaded added": "pass",
        "job.loaded added-and-down": "pass",
        "job.loaded added-and-empty": "pass",
        "target.up added": "pass",
        "target.up added-and-down": "fail",
        "target.up added-and-empty": "pass",
        "job.stored added": "pass",
        "job.stored added-and-down": "skip",
        "job.stored added-and-empty": "fail",
    }


def test_nothing_else_is_red(verified: dict[str, dict[str, Any]]) -> None:
    red = {name.partition(" ")[0] for name, each in verified.items() if each["status"] == "fail"}
    assert red == {"job.stored", "remote_write.sent", "target.up"}
