from __future__ import annotations

from dataclasses import replace

import pytest

from stackctl.manifest.exposure import exposed
from stackctl.model import External, Listen, Stack
from stackctl.source import Position, Secret
from tests.golden.cases import stack_of


def listening(host: str, *, login: bool, tls: bool) -> Stack:
    stack = stack_of("auth")
    server = stack.prometheus
    kept = {"login": server.login if login else None, "tls": server.tls if tls else None}
    return replace(stack, prometheus=replace(server, listen=Listen(host, 9090), **kept))


@pytest.mark.parametrize("host", ["0.0.0.0", "10.0.0.7", "::"])
def test_a_prometheus_that_anybody_reaches_is_warned_of_with_the_remedy(host: str) -> None:
    (problem,) = exposed(listening(host, login=False, tls=True))
    assert problem.summary.endswith("can read and delete all series")
    assert "`auth: {basic_auth: ..., tls: ...}`" in problem.remedy
    assert problem.position


def test_a_password_that_goes_in_the_clear_is_warned_of() -> None:
    (problem,) = exposed(listening("0.0.0.0", login=True, tls=False))
    assert problem.summary == "prometheus: the password is sent to 0.0.0.0:9090 unencrypted"


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_does_not_warn_of_loopback(host: str) -> None:
    assert exposed(listening(host, login=False, tls=False)) == []


def test_a_login_over_tls_is_not_warned_of() -> None:
    assert exposed(listening("0.0.0.0", login=True, tls=True)) == []


@pytest.mark.parametrize(
    ("url", "has_login", "count"),
    [
        ("http://p.example.com:9090", True, 1),
        ("http://p.example.com:9090", False, 0),
        ("https://p.example.com", True, 0),
        ("http://127.0.0.1:9090", True, 0),
        ("http://localhost.example.com:9090", True, 1),
    ],
)
def test_login_of_somebody_elses_server_is_not_sent_in_clear(url: str, has_login: bool, count: int) -> None:
    server = External("prometheus", url, Position("stack.yml"), token=Secret("right-horse") if has_login else None)
    found = exposed(replace(stack_of("auth"), external=(server,)))
    assert [each.code for each in found] == ["secret.unencrypted"] * count
