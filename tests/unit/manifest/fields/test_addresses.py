"""Addresses, URLs and paths."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.errors import InputError
from stackctl.manifest.fields import (
    Address,
    ListenAddress,
    MetricsPath,
    ProbeUrl,
    TargetAddress,
    TargetUrl,
    Url,
    UrlPath,
    read_target,
    split_address,
)
from tests.unit.manifest.fields.reading import read, refusal
from tests.unit.manifest.small import loaded, service


def test_refuses_parameters_in_a_metrics_path(tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        loaded(tmp_path, service("    metrics_path: /probe?module=http&target=a%20b&target=\n"))
    remedy = refused.value.problems[0].remedy
    assert remedy == 'Write `metrics_path: /probe` and `params: {module: ["http"], target: ["a b", ""]}`.'


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:right-horse@h:99999/db",
        "postgresql://u:right-horse@h:0/db",
        "postgresql://u:right-horse@h:x/db",
        "postgresql://u:right-horse@h1:5432,h2:5433/db",
        "postgresql://u:right-horse@h1,h2/db",
        "postgresql://u:right-horse@h/db,postgresql://u:right-horse@h2/db",
        "postgresql://u:right-horse@[::1/db",
        "postgresql://u:right-horse@[zz]:5432/db",
        "postgresql://u:right-horse#x@h/db",
        "mysql://u:right-horse@h/db",
        "host=h user=u password=right-horse",
        "postgresql:///db?host=/run/postgresql",
    ],
)
def test_refuses_urls_that_are_not_of_one_database(tmp_path: Path, url: str) -> None:
    with pytest.raises(InputError) as refused:
        loaded(tmp_path, f"version: 1\nname: x\nexporters: {{postgres: {{dsn: '{url}'}}}}\n")
    (problem,) = refused.value.problems
    assert problem.position
    assert problem.position.line == 3
    assert "right-horse" not in str(problem)


@pytest.mark.parametrize(
    ("text", "parts"), [("a.b:80", ("a.b", 80)), ("[::1]:1", ("::1", 1)), ("10.0.0.1:65535", ("10.0.0.1", 65535))]
)
def test_address_has_a_host_and_a_port(text: str, parts: tuple[str, int]) -> None:
    assert split_address(text) == parts
    assert read(Address, text) == text


@pytest.mark.parametrize(
    ("text", "message", "remedy"),
    [
        ("a", "not a host:port: `a`", "like `localhost:8000`."),
        ("a:0", "the port must be between 1 and 65535: `a:0`", "like `localhost:8000`."),
        ("a:65536", "the port must be between 1 and 65535: `a:65536`", "like `localhost:8000`."),
        ("a:99999999999", "the port must be between 1 and 65535", "like `localhost:8000`."),
        ("https://a", "not a host:port", "Write `a:443` with `scheme: https`."),
        ("http://a:1/m", "not a host:port", "Write `a:1` with `scheme: http` and `metrics_path: /m`."),
        ("u:right-horse@a:1", "not a host:port", "Write `a:1`, and the user and the password as `basic_auth`"),
    ],
)
def test_address_is_refused_with_the_one_that_was_meant(text: str, message: str, remedy: str) -> None:
    said, help_ = refusal(Address, text)
    assert said.startswith(message)
    assert remedy in help_
    assert "right-horse" not in said + help_


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("a:1", TargetUrl("a:1")),
        ("http://a", TargetUrl("a:80", "http")),
        ("https://a/", TargetUrl("a:443", "https")),
        ("https://a:1/m/", TargetUrl("a:1", "https", "/m/")),
        ("http://[::1]/m", TargetUrl("[::1]:80", "http", "/m")),
    ],
)
def test_target_is_an_address_or_a_url(text: str, target: TargetUrl) -> None:
    assert read_target(text) == target
    assert read(TargetAddress, text) == text


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("https://a/m?x=1", "Write `https://a/m`, and its parameters as `params` of the service."),
        ("https://a:70000/m", "Correct the port, or leave it out."),
        ("a:1/m", "Write `a:1` with `metrics_path: /m`."),
        ("a.test/m", "Write the port, like `a.test:80` with `metrics_path: /m`, or a URL: `https://a.test/m`."),
    ],
)
def test_target_is_refused_with_the_one_that_was_meant(text: str, remedy: str) -> None:
    assert refusal(TargetAddress, text)[1] == remedy


@pytest.mark.parametrize(
    ("written", "address"), [("9090", "127.0.0.1:9090"), ("0.0.0.0:1", "0.0.0.0:1"), ("[::]:1", "[::]:1")]
)
def test_port_alone_is_one_of_this_machine(written: str, address: str) -> None:
    assert read(ListenAddress, written) == address


@pytest.mark.parametrize(
    ("kind", "text", "remedy"),
    [
        (Url, "ftp://a", "Write it whole, like `https://example.org/health`."),
        (Url, "http://me:right-horse@a", "Write it without a user and a password."),
        (
            ProbeUrl,
            "http://me:right-horse@a",
            "Remove the user and the password, and probe a page that needs no login.",
        ),
        (UrlPath, "health ", "Write `/health`."),
        (MetricsPath, "metrics", "Write `/metrics`."),
    ],
)
def test_url_or_path_is_refused_with_what_to_do(kind: object, text: str, remedy: str) -> None:
    said, help_ = refusal(kind, text)
    assert help_ == remedy
    assert "right-horse" not in said
