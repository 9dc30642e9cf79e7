"""Redirects at which what is posted is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from stackctl.verification.redirects import redirect_of
from tests.contract.world import closed, opened


@contextmanager
def redirecting(answer: Callable[[str], tuple[int, str]]) -> Iterator[str]:
    """The address of a server that answers a path with a status and a location."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, location = answer(self.path)
            self.send_response(status)
            self.send_header("Location", location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("status", "location", "expected"),
    [
        (301, "https://hooks.test/hook", "https://hooks.test (301)"),
        (302, "http://www.hooks.test/hook/", "http://www.hooks.test (302)"),
        (303, "/hook/", "the same URL with a slash at the end (303)"),
        (301, "http://me:hunter2@hooks.test/hook", "http://hooks.test (301)"),
        (307, "https://hooks.test/hook", ""),
        (308, "https://hooks.test/hook", ""),
        (302, "/login?next=/hook", ""),
        (302, "https://hooks.test/", ""),
        (302, "", ""),
        (200, "https://hooks.test/hook", ""),
        (404, "https://hooks.test/hook", ""),
    ],
)
def test_redirect_of_the_same_path_that_drops_the_content_is_returned(
    status: int, location: str, expected: str
) -> None:
    with redirecting(lambda _: (status, location)) as place:
        assert redirect_of(opened, f"http://{place}/hook") == expected


def test_slash_at_the_end_may_be_too_much() -> None:
    with redirecting(lambda _: (301, "/hook")) as place:
        assert redirect_of(opened, f"http://{place}/hook/") == "the same URL without a slash at the end (301)"


def test_asks_without_parameters() -> None:
    asked: list[str] = []

    def answer(path: str) -> tuple[int, str]:
        asked.append(path)
        return 200, ""

    with redirecting(answer) as place:
        redirect_of(opened, f"http://{place}/hook?token=hunter2")
    assert asked == ["/hook"]


@pytest.mark.parametrize("url", ["", "<secret>", "mail.test:25", "http://me:hunter2@hooks.test/", "ftp://hooks.test/"])
def test_asks_nobody_about_what_is_no_plain_url(url: str) -> None:
    def refuse(host: str, port: int, seconds: float) -> Any:
        raise AssertionError(host)

    assert redirect_of(refuse, url) == ""


def test_server_that_cannot_be_asked_redirects_nothing() -> None:
    assert redirect_of(closed, "http://hooks.test/hook") == ""
