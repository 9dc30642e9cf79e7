"""A server that wants a login, over TLS: both clients get in with what was written, and say why when they do not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from stackctl.access import Access
from stackctl.clients.http import Http, NoAnswer
from stackctl.clients.prometheus import Prometheus
from stackctl.errors import CheckFailed, Unavailable
from stackctl.runtimes.http import Answer, is_ready, reload_all
from stackctl.state import Generation
from stackctl.tree import Unit
from tests.contract.serving import CERTIFICATES, Server, serve

LOGIN = ("ops", "s3cret: пароль ü")
CA = (CERTIFICATES / "ca.crt").read_text()


@pytest.fixture
def server() -> Iterator[Server]:
    with serve("server.crt", "server.key") as made:
        made.login = LOGIN
        made.routes["/-/ready"] = "ready"
        made.routes["/-/reload"] = ""
        made.routes["/api/v1/scrape_pools"] = {"status": "success", "data": {"scrapePools": ["api"]}}
        yield made


@pytest.fixture
def access(server: Server) -> Access:
    return Access(server.url, LOGIN, CA, "prometheus.test")


def unit(server: Server) -> Unit:
    return Unit("prometheus", ready=f"{server.url}/-/ready", reload=f"{server.url}/-/reload")


def refusal(access: Access) -> str:
    with pytest.raises(NoAnswer) as raised:
        Prometheus(Http(access)).jobs()
    return raised.value.summary


def test_a_server_that_wants_a_login_over_tls_is_asked_by_both_clients(server: Server, access: Access) -> None:
    client = Prometheus(Http(access))
    assert [client.jobs(), client.jobs()] == [{"api"}, {"api"}]
    assert is_ready(unit(server), access) == Answer(200, "ready")
    reload_all([(unit(server), access)])
    assert server.asked == ["/api/v1/scrape_pools"] * 2 + ["/-/ready", "/-/reload"]


def test_accepts_a_name_of_the_certificate_in_place_of_the_address(access: Access) -> None:
    with serve("renewed.crt", "renewed.key") as other:
        other.routes["/api/v1/scrape_pools"] = {"status": "success", "data": {"scrapePools": []}}
        ca = (CERTIFICATES / "renewed.crt").read_text()
        asked = Access(other.url, LOGIN, ca, "any.renewed.test")
        assert Prometheus(Http(asked)).jobs() == frozenset()
        assert "mismatch" in refusal(replace(asked, server_name=""))


def test_reports_a_wrong_password_without_showing_it(server: Server, access: Access) -> None:
    wrong = replace(access, login=("ops", "wrong-horse"))
    assert refusal(wrong).startswith(f"{server.url}/api/v1/scrape_pools returns 401: ")
    assert is_ready(unit(server), wrong).status == 401
    with pytest.raises(CheckFailed, match="prometheus did not reload: HTTP 401") as raised:
        reload_all([(unit(server), wrong)])
    assert "wrong-horse" not in str(raised.value) + repr(wrong)


@pytest.mark.parametrize("ca", ["", (CERTIFICATES / "renewed.crt").read_text()], ids=["this machine's", "another"])
def test_a_stranger_does_not_get_the_login(server: Server, access: Access, ca: str) -> None:
    stranger = replace(access, ca=ca)
    assert "does not answer: its certificate cannot be verified: unable to get local issuer" in refusal(stranger)
    assert is_ready(unit(server), stranger).text.startswith("its certificate cannot be verified")
    assert server.asked == []


def test_an_expired_certificate_is_reported_as_one(access: Access) -> None:
    with serve("expired.crt", "server.key") as server:
        assert "certificate has expired" in refusal(replace(access, url=server.url))


def test_reports_tls_to_a_plain_server(access: Access) -> None:
    with serve() as server:
        url = server.url.replace("http:", "https:")
        assert refusal(replace(access, url=url)).endswith("TLS was used on a plain HTTP port")


def test_a_generation_says_how_its_units_are_asked_from_its_own_files(server: Server, tmp_path: Path) -> None:
    (tmp_path / "password").write_text(LOGIN[1])
    (tmp_path / "ca.crt").write_text(CA)
    fields = {"user": "ops", "password_file": "password", "ca_file": "ca.crt", "server_name": "prometheus.test"}
    asked = Generation("x", tmp_path).access(replace(unit(server), **fields))
    assert asked == Access(server.url, LOGIN, CA, "prometheus.test")
    assert Generation("x", tmp_path).access(unit(server)) == Access(server.url)


def test_a_login_that_cannot_be_read_is_unavailable_with_a_remedy(server: Server, tmp_path: Path) -> None:
    lost = replace(unit(server), user="ops", password_file="secrets/password")
    with pytest.raises(Unavailable, match=r"No such file or directory: secrets/password\nhelp: Run `stackctl up`"):
        Generation("x", tmp_path).access(lost)
