"""A server's certificate: the name that clients ask for, and what they would refuse."""

from __future__ import annotations

import ssl
from pathlib import Path
from types import SimpleNamespace

import pytest

from stackctl.manifest import certificate
from stackctl.manifest.certificate import read_server_tls
from stackctl.manifest.parse import parse
from stackctl.manifest.problems import Problems
from stackctl.model import ServerTls

CERTIFICATES = Path(__file__).parents[2] / "certificates"


def read(cert: str, key: str, ca: str | None) -> tuple[ServerTls | None, list[tuple[str, str]]]:
    files = SimpleNamespace(cert_file=cert, key_file=key, ca_file=ca)
    problems = Problems()
    found = read_server_tls(parse("tls: {}\n", "stack.yml"), ("tls",), files, CERTIFICATES, problems)
    return found, [(each.code, each.summary) for each in problems]


@pytest.mark.parametrize(
    ("names", "asked"),
    [
        ([("DNS", "a.test"), ("DNS", "b.test")], "a.test"),
        ([("IP Address", "10.0.0.1"), ("DNS", "a.test")], "a.test"),
        ([("DNS", "*.a.test"), ("DNS", "b.test")], "b.test"),
        ([("DNS", "*.a.test"), ("IP Address", "10.0.0.1")], "10.0.0.1"),
        ([("DNS", "*.a.test")], "prometheus.a.test"),
        ([("email", "me@a.test")], ""),
        ([], ""),
    ],
)
def test_clients_ask_for_a_name_that_the_certificate_has(names: list[tuple[str, str]], asked: str) -> None:
    assert certificate._name(names) == asked


def test_good_certificate_is_taken_with_its_name_and_key() -> None:
    found, problems = read("server.crt", "server.key", "ca.crt")
    assert problems == []
    assert found is not None
    assert found.key.reveal() == (CERTIFICATES / "server.key").read_text()
    assert found.ca == (CERTIFICATES / "ca.crt").read_text()
    assert "PRIVATE KEY" not in repr(found)
    assert found.server_name == "prometheus.test"


@pytest.mark.parametrize(
    ("files", "codes"),
    [
        (("server.crt", "server.key", "renewed.crt"), ["certificate.untrusted"]),
        (("server.crt", "server.key", None), ["certificate.untrusted"]),
        (("expired.crt", "server.key", "ca.crt"), ["certificate.expired"]),
        (("server.crt", "renewed.key", "ca.crt"), ["certificate.key"]),
        (("server.crt", "sealed.key", "ca.crt"), ["certificate.key"]),
        (("nameless.crt", "nameless.key", "nameless.crt"), ["certificate.no-name"]),
        (("garbage.pem", "garbage.pem", None), ["certificate.format"]),
        # Each file that is not what it has to be is named, in one round.
        (("server.key", "server.crt", "server.key"), ["certificate.format"] * 3),
    ],
)
def test_certificate_that_clients_refuse_is_refused_by_its_reason(
    files: tuple[str, str, str | None], codes: list[str]
) -> None:
    found, problems = read(*files)
    assert found is None
    assert [code for code, _ in problems] == codes


def test_expired_certificate_differs_from_one_that_begins_later() -> None:
    at = parse("tls: {}\n", "stack.yml").position(())
    files = SimpleNamespace(cert_file="a.crt", key_file="a.key", ca_file=None)
    places = {"cert_file": at, "key_file": at, "ca_file": at}

    def refused(code: int) -> str:
        error = ssl.SSLCertVerificationError("refused")
        error.verify_code, error.verify_message = code, "certificate is not what it says."
        return str(certificate._refused(error, files, places).summary)

    assert refused(10) == "a.crt, or a certificate that signed it, has expired"
    assert refused(9) == "a.crt is not valid yet"
    assert refused(20) == "this machine does not trust a.crt"
