"""Servers that the command line gives: URLs and logins."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.errors import InputError
from stackctl.operations.given_servers import Trust, given_servers, refuse_half
from tests.contract.serving import CERTIFICATES

URL = "https://prometheus.test/prometheus/"


def test_path_prefix_is_kept() -> None:
    access = given_servers({"prometheus": URL}, Trust(), {})["prometheus"]
    assert access.url == "https://prometheus.test/prometheus"
    assert access.headers == {}


def test_user_may_be_in_the_url() -> None:
    environ = {"STACKCTL_PROMETHEUS_PASSWORD": "pass word"}
    access = given_servers({"prometheus": "http://me@[::1]:9090"}, Trust(), environ)["prometheus"]
    assert access.url == "http://[::1]:9090"
    assert access.login == ("me", "pass word")


def test_login_comes_from_the_environment() -> None:
    environ = {"STACKCTL_PROMETHEUS_USER": "me", "STACKCTL_PROMETHEUS_PASSWORD": "pass-word"}
    found = given_servers({"prometheus": URL, "alertmanager": "http://a:9093"}, Trust(), environ)
    assert found["prometheus"].login == ("me", "pass-word")
    assert found["alertmanager"].login is None
    assert "pass-word" not in repr(found)


def test_token_comes_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("token-of-somebody\n")
    environ = {"STACKCTL_GRAFANA_TOKEN_FILE": str(tmp_path / "token")}
    access = given_servers({"grafana": "http://grafana:3000"}, Trust(), environ)["grafana"]
    assert access.headers == {"Authorization": "Bearer token-of-somebody"}
    assert "token-of-somebody" not in repr(access)


def test_client_certificate_is_shown_to_the_server() -> None:
    trust = Trust(CERTIFICATES / "ca.crt", CERTIFICATES / "server.crt", CERTIFICATES / "server.key")
    assert given_servers({"prometheus": URL}, trust, {})["prometheus"].certificate


@pytest.mark.parametrize(
    ("url", "environ", "trust", "words"),
    [
        ("prometheus:9090", {}, Trust(), "not a URL"),
        ("ftp://prometheus:9090", {}, Trust(), "not a URL"),
        ("http://prometheus:port", {}, Trust(), "not a URL"),
        ("http://prometheus/?a=b", {}, Trust(), "not a URL"),
        (URL, {"STACKCTL_PROMETHEUS_TOKEN": "t", "STACKCTL_PROMETHEUS_USER": "u"}, Trust(), "both a token and a login"),
        (URL, {"STACKCTL_PROMETHEUS_TOKEN_FILE": "/nowhere/token"}, Trust(), "cannot read /nowhere/token"),
        ("http://me:pass-word@prometheus:9090", {}, Trust(), "can read a password in a URL"),
        (URL, {}, Trust(certificate=CERTIFICATES / "server.crt"), "belong together"),
        (URL, {}, Trust(ca=Path("/nowhere/ca.crt")), "--ca-file: cannot read"),
        (URL, {}, Trust(ca=CERTIFICATES / "garbage.pem"), "cannot be used"),
        (URL, {}, Trust(None, CERTIFICATES / "server.crt", CERTIFICATES / "renewed.key"), "cannot be used"),
    ],
)
def test_refuses_what_cannot_be_used(url: str, environ: dict[str, str], trust: Trust, words: str) -> None:
    with pytest.raises(InputError, match=words):
        given_servers({"prometheus": url}, trust, environ)


def test_password_of_a_wrong_url_is_not_shown() -> None:
    with pytest.raises(InputError) as refused:
        given_servers({"prometheus": "ftp://me:right-horse@prometheus"}, Trust(), {})
    assert "right-horse" not in str(refused.value)


def test_alertmanager_alone_is_refused() -> None:
    with pytest.raises(InputError, match="--alertmanager needs --prometheus"):
        refuse_half({"alertmanager": "http://a:9093"}, Trust(), drill=False)


def test_drill_is_refused() -> None:
    with pytest.raises(InputError, match="--drill needs a manifest"):
        refuse_half({"prometheus": URL}, Trust(), drill=True)
