"""Names and addresses: whatever a folder is called and whoever answers, the result is valid."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackctl import conventions as c
from stackctl.errors import InputError
from stackctl.starter.names import MetricsUrl, parse_url, service_name, stack_name


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("shop", "shop"),
        ("My Shop", "my-shop"),
        ("pybase_2", "pybase_2"),
        ("--x--", "x"),
        ("", "stack"),
        ("日本", "stack"),
        ("a" * 80, "a" * 63),
        ('it\'s "quoted"', "it-s-quoted"),
    ],
)
def test_a_folder_gives_the_nearest_valid_name(folder: str, name: str) -> None:
    assert stack_name(folder) == name


@given(st.text())
def test_every_folder_gives_a_valid_name(folder: str) -> None:
    assert c.STACK_NAME.fullmatch(stack_name(folder))


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("localhost:8000", MetricsUrl("http", "localhost", 8000)),
        ("http://localhost:8000", MetricsUrl("http", "localhost", 8000)),
        ("http://localhost:8000/", MetricsUrl("http", "localhost", 8000)),
        ("https://api.example.org/a/metrics", MetricsUrl("https", "api.example.org", 443, "/a/metrics")),
        ("http://[::1]:9/m", MetricsUrl("http", "::1", 9, "/m")),
        ("http://bücher.example/é x", MetricsUrl("http", "xn--bcher-kva.example", 80, "/%C3%A9%20x")),
    ],
)
def test_a_url_is_taken_apart(text: str, url: MetricsUrl) -> None:
    assert parse_url(text) == url


def test_an_ipv6_address_is_written_in_brackets() -> None:
    assert str(parse_url("http://[::1]:9/m")) == "http://[::1]:9/m"


@pytest.mark.parametrize("text", ["", "http://", "ftp://x", "x:0", "x:99999", "x:y", "a b:1", "http://'x'/", "-x:1"])
def test_refuses_what_is_not_a_url_and_shows_the_right_form(text: str) -> None:
    with pytest.raises(InputError) as refused:
        parse_url(text)
    assert str(refused.value) == (
        f"--from: not the URL of metrics: `{text}`\n"
        "help: Write it like `http://localhost:8000/metrics`, or `localhost:8000`."
    )


def test_refuses_a_login_in_a_url_without_showing_it() -> None:
    with pytest.raises(InputError) as refused:
        parse_url("http://me:hunter2@api:8000/metrics")
    assert "hunter2" not in str(refused.value)
    assert "basic_auth" in str(refused.value)


def test_a_query_is_refused() -> None:
    with pytest.raises(InputError, match="`params`"):
        parse_url("http://api:8000/metrics?name=x")


@pytest.mark.parametrize(
    ("text", "product", "taken", "name"),
    [
        ("localhost:8000", "", (), "app"),
        ("localhost:8001", "", ("app",), "app-8001"),
        ("localhost:8001", "", ("app", "app-8001"), "app-8001-2"),
        ("10.0.0.1:8000", "", (), "app"),
        ("api.example.org:8000", "", (), "api"),
        ("localhost:2019", "caddy", (), "caddy"),
        ("localhost:9999", "prometheus", (), "prometheus-9999"),
    ],
)
def test_a_service_is_named_after_what_it_is(text: str, product: str, taken: tuple[str, ...], name: str) -> None:
    assert service_name(parse_url(text), product, taken) == name
