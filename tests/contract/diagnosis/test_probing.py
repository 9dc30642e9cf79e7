"""Each way in which a target fails, on real sockets: the cause, what to do, and what was probe and its result."""

from __future__ import annotations

import errno
import os
import re
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest

from stackctl.diagnostic import Diagnostic
from stackctl.runtimes.registry import facts
from stackctl.source import Secret
from tests.contract.diagnosis.raw import METRICS, PLAIN, Raw, fail, http, raw
from tests.contract.world import Around, Peer, Unit, World, closed, no_answer, opened

# -- no connection ------------------------------------------------------------------------------------------


def test_recognizes_a_loopback_listener_by_the_two_answers(well: World, app: Raw) -> None:
    app.answers["/metrics"] = http("200 OK", METRICS, Content_Type=PLAIN)
    well.change(runtime=facts("docker"), dial=opened)
    finding = fail(well, "connect: connection refused", f"host.docker.internal:{app.port}", closed)
    assert finding.summary == f"down: connection refused at host.docker.internal:{app.port}: it is bound to 127.0.0.1"
    assert f"port {app.port} of this machine on 127.0.0.1 only" in finding.remedy
    url = f"http://host.docker.internal:{app.port}/metrics"
    assert finding.evidence.splitlines()[1] == f"from Prometheus' container: GET {url}: connection refused"
    assert f"from this machine: GET http://localhost:{app.port}/metrics: 200, {PLAIN}" in finding.evidence


def test_does_not_blame_loopback_where_nothing_listens(well: World) -> None:
    well.change(runtime=facts("docker"))
    finding = fail(well, "connect: connection refused", "host.docker.internal:1", closed)
    assert finding.summary == "down: connection refused at host.docker.internal:1"
    assert finding.remedy.startswith("Nothing listens on port 1 of this machine: ")


def test_distinguishes_a_hanging_service_from_lost_packets(
    well: World, down: Callable[..., Diagnostic], app: Raw
) -> None:
    app.silent = Event()
    begun = time.monotonic()
    finding = down("context deadline exceeded")
    assert time.monotonic() - begun < 5
    assert finding.summary == "down: it does not answer in time"
    assert "connected, but no response in 2.0 s" in finding.evidence

    @contextmanager
    def lost(host: str, port: int, seconds: float) -> Iterator[socket.socket]:
        raise TimeoutError(110, "no connection")
        yield

    assert down("context deadline exceeded", dial=lost).summary == (
        "down: it cannot be reached: the packets are dropped"
    )
    well.change(runtime=facts("docker"), dial=opened)
    app.silent.set()
    finding = fail(well, "context deadline exceeded", f"host.docker.internal:{app.port}", lost)
    assert "firewall" in finding.remedy


def test_a_slow_answer_is_held_against_the_timeout(down: Callable[..., Diagnostic], app: Raw) -> None:
    app.answers["/metrics"] = http("200 OK", METRICS, Content_Type=PLAIN)
    app.seconds = 0.6
    finding = down("context deadline exceeded", scrape_timeout="500ms")
    assert re.search(r"it took [0-9]\.[0-9] s", finding.summary)
    assert finding.summary.endswith("`scrape_timeout` is 500ms")


NO_HOST = "dial tcp: lookup shop-ap on 127.0.0.11:53: no such host"


@contextmanager
def unknown(host: str, port: int, seconds: float) -> Iterator[socket.socket]:
    raise socket.gaierror(socket.EAI_NONAME, "unknown")
    yield


def test_an_unknown_name_is_reported_with_the_nearest_and_where_its_container_is(well: World) -> None:
    around = Around(beside=(Peer(("shop-api", "x-shop-api-1")), Peer(("db",)), Peer(("shop-ap2",), ("far",), False)))
    well.change(runtime=facts("docker"), place=around, dial=unknown)
    finding = fail(well, NO_HOST, "shop-ap:8000", unknown)
    assert finding.summary == "down: the name does not resolve: `shop-ap` may be `shop-api`"
    assert finding.remedy == "Write `shop-api:8000` for `shop-ap:8000`."
    assert "names that resolve there: db, shop-api" in finding.evidence
    finding = fail(well, NO_HOST, "shop-ap2:8000", unknown)
    assert finding.summary == "down: the name does not resolve: its container is in another network"
    assert "networks: {join: [far]}" in finding.remedy


def test_a_name_that_only_this_machine_knows_is_reported(well: World) -> None:
    well.change(runtime=facts("docker"), dial=closed)
    finding = fail(well, NO_HOST, "printer:9100", unknown)
    assert finding.summary == "down: the name does not resolve in Prometheus' container"
    assert "IP address" in finding.remedy


# -- another answer than metrics ----------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/actuator/prometheus", "/q/metrics", "/manage/prometheus", "/shop/metrics"])
def test_a_wrong_path_is_reported_with_the_one_that_answers(
    well: World, down: Callable[..., Diagnostic], app: Raw, path: str
) -> None:
    sibling = replace(well.context.stack.services[0], name="other", metrics_path="/shop/metrics")
    well.change(stack=replace(well.context.stack, services=(*well.context.stack.services, sibling)))
    app.answers[path] = http("200 OK", METRICS, Content_Type=PLAIN)
    finding = down("server returned HTTP status 404 Not Found", metrics_path="/m")
    assert finding.summary == f"down: there is nothing at the metrics path /m, but there are metrics at {path}"
    assert finding.remedy == f"Write `metrics_path: {path}`."
    assert len(app.heard) <= 14


# -- TLS ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """A self-signed one for shop.example, which ends in a day."""
    folder: Path = tmp_path_factory.mktemp("tls")
    names = ("-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem"), "-days", "1")
    request = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=shop.example")
    extension = ("-addext", "subjectAltName=DNS:shop.example,DNS:www.shop.example")
    subprocess.run([*request, *extension, *names], check=True, capture_output=True, timeout=30)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


def test_reports_tls_to_a_plain_port_and_the_reverse(
    well: World, down: Callable[..., Diagnostic], app: Raw, certificate: ssl.SSLContext
) -> None:
    app.answers["/metrics"] = http("200 OK", METRICS, Content_Type=PLAIN)
    finding = down("http: server gave HTTP response to HTTPS client", scheme="https")
    assert finding.summary == "down: it speaks plain HTTP, not TLS"
    assert f"GET http://127.0.0.1:{app.port}/metrics: 200" in finding.evidence
    with raw(certificate) as secured:
        secured.answers["/metrics"] = app.answers["/metrics"]
        finding = fail(well, "EOF", f"127.0.0.1:{secured.port}", scheme="http")
    assert finding.summary == "down: it speaks TLS, not plain HTTP"
    assert finding.remedy.startswith("Write `scheme: https` for the service `api`")
    assert "its certificate: `shop.example`, by itself, for shop.example, www.shop.example, until " in finding.evidence


@pytest.mark.parametrize(
    ("error", "cause", "remedy"),
    [
        ("x509: certificate signed by unknown authority", "not trusted: `shop.example`, by itself", "ca_file"),
        (
            "x509: certificate has expired or is not yet valid: current time",
            "expired, or is not valid yet: it",
            "Renew",
        ),
        (
            "x509: certificate is valid for shop.example, www.shop.example, not localhost",
            "not for `127.0.0.1`, but for shop.example, www.shop.example",
            "server_name",
        ),
        ("remote error: tls: certificate required", "requires a client certificate", "cert_file"),
    ],
)
def test_a_certificate_is_reported_with_whose_it_is(
    well: World, certificate: ssl.SSLContext, error: str, cause: str, remedy: str
) -> None:
    with raw(certificate) as secured:
        finding = fail(well, f"tls: failed to verify certificate: {error}", f"127.0.0.1:{secured.port}", scheme="https")
    assert cause in finding.summary
    assert remedy in finding.remedy


# -- credentials --------------------------------------------------------------------------------------------

LOGIN = {"basic_auth": {"username": "me", "password": Secret("hush-hush")}}


def everything(finding: Diagnostic) -> str:
    return finding.summary + finding.remedy + finding.evidence


def test_credentials_are_used_on_the_target_and_shown_nowhere(down: Callable[..., Diagnostic], app: Raw) -> None:
    said = b"no database for me:hush-hush, Basic bWU6aHVzaC1odXNo"
    app.answers["/metrics"] = http("500 No", said)
    finding = down("server returned HTTP status 500", scrape=LOGIN)
    assert "Authorization: Basic bWU6aHVzaC1odXNo" in app.heard[0]
    assert finding.summary == "down: the service answers with a server error: no database for me:***, Basic ***"
    assert "hush" not in everything(finding)


def test_a_login_that_is_refused_is_not_reported_as_missing(down: Callable[..., Diagnostic], app: Raw) -> None:
    app.answers["/metrics"] = http("401 No")
    finding = down("server returned HTTP status 401 Unauthorized", scrape=LOGIN)
    assert finding.summary == "down: it requires a login, and rejects the one in the manifest"


def test_no_credentials_where_the_name_may_mean_another_machine(well: World, app: Raw) -> None:
    """Here the name `api` may be somebody else's; the container's is the target."""

    @contextmanager
    def elsewhere(host: str, port: int, seconds: float) -> Iterator[socket.socket]:
        with opened("127.0.0.1", app.port, seconds) as connection:
            yield connection

    well.change(runtime=facts("docker"), dial=elsewhere)
    fail(well, "server returned HTTP status 500", "api:80", closed, scrape=LOGIN)
    assert len(app.heard) == 1
    assert "Authorization" not in app.heard[0]


def test_no_credentials_to_a_server_with_an_unchecked_certificate(well: World, certificate: ssl.SSLContext) -> None:
    with raw(certificate) as secured:
        address = f"127.0.0.1:{secured.port}"
        fail(well, "x509: certificate signed by unknown authority", address, scheme="https", scrape=LOGIN)
        assert "Authorization" not in "".join(secured.heard)
        trusting = {**LOGIN, "tls_config": {"insecure_skip_verify": "true"}}
        fail(well, "server returned HTTP status 500", address, scheme="https", scrape=trusting)
        assert "Authorization" in secured.heard[-1]


# -- what runs behind it ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("unit", "cause", "remedy"),
    [
        (
            Unit("api", "restarting", "keeps restarting, exited with code 3"),
            "keeps restarting, exited with code 3",
            "up",
        ),
        (Unit("api", "exited", "exited with code 1"), "exited with code 1", "`stackctl logs api`"),
        (
            Unit("api", "exited", "out of memory, exited with code 137"),
            "ran out of memory (exited with code 137)",
            "limit",
        ),
        (Unit("api", "paused", "paused"), "is paused", "docker unpause"),
        (Unit("api", "running", "running, but unhealthy"), "is unhealthy", "healthcheck"),
        (Unit("api", "created"), "is not running: created", "stackctl up"),
    ],
)
def test_reports_what_runs_behind_a_target_with_its_last_words(
    well: World, unit: Unit, cause: str, remedy: str
) -> None:
    lines = tuple(f"line {n}" for n in range(9))
    well.change(runtime=facts("docker"), place=Around(units=(unit,), lines=(*lines, "\x1b[31mhush-hush is wrong")))
    finding = fail(well, NO_HOST, "api:8000", unknown, scrape=LOGIN)
    assert finding.summary.startswith(f"down: the container of `api` {cause}")
    assert remedy in finding.remedy
    assert finding.evidence.splitlines()[-1] == "api | [31m*** is wrong"
    assert "line 4" not in finding.evidence


def test_a_process_that_has_ended_is_reported_natively(well: World) -> None:
    well.change(place=Around(units=(Unit("api", "exited", "exited with code 1"),), lines=("no such file",)))
    finding = fail(well, "connect: connection refused", "localhost:8000", None)
    assert finding.summary == "down: the process of `api` exited with code 1"
    assert finding.evidence.endswith("api | no such file")


def test_a_health_path_is_reported_with_what_runs_behind_it_in_the_same_words(well: World) -> None:
    units = (Unit("api", "exited", "exited with code 1"),)
    well.change(fetch=no_answer, place=Around(units=units, lines=("no such file",)))
    finding = well.only("service.health", "live")
    url = "http://localhost:8000/live"
    assert finding.summary == f"{url} does not answer: connection refused: the process of `api` exited with code 1"
    assert finding.remedy.startswith("Fix the error shown in its last log lines")
    assert finding.evidence == "api: exited with code 1\napi | no such file"


# -- many ---------------------------------------------------------------------------------------------------


def test_probes_many_hanging_targets_together_and_names_the_rest(well: World, app: Raw) -> None:
    app.silent = Event()
    place = well.context.place
    assert isinstance(place, Around)
    place.dial = opened
    jobs = [job for job in well.context.jobs if job.name != "api"]
    (api,) = [job for job in well.context.jobs if job.name == "api"]
    many = tuple(
        replace(api.endpoints[0], address=f"127.0.0.{n + 1}:{app.port}", instance=f"i{n}:1") for n in range(30)
    )
    well.change(jobs=(*jobs, replace(api, endpoints=many)), seconds=5)
    known = well.target("api")
    well.targets.remove(known)
    for n in range(30):
        labels, found = {"job": "api", "instance": f"i{n}:1"}, {"__address__": many[n].address}
        down = {"labels": labels, "discoveredLabels": found, "health": "down"}
        well.targets.append({**known, **down, "lastError": "context deadline exceeded"})
    begun = time.monotonic()
    findings = [finding for finding in well.findings("target.up") if finding.subject.startswith("api/")]
    assert time.monotonic() - begun < 6
    assert len(findings) == 30
    assert sum("not probed: 20 other failing targets were" in finding.evidence for finding in findings) == 10


def test_two_jobs_on_one_target_ask_it_once(well: World, app: Raw) -> None:
    place = well.context.place
    assert isinstance(place, Around)
    place.dial = opened
    (api,) = [job for job in well.context.jobs if job.name == "api"]
    address = f"127.0.0.1:{app.port}"
    both = tuple(replace(api.endpoints[0], address=address, instance=name) for name in ("a:1", "b:1"))
    known = well.target("api")
    well.targets.remove(known)
    for name in ("a:1", "b:1"):
        labels, found = {"job": "api", "instance": name}, {"__address__": address, "instance": name}
        down = {"labels": labels, "discoveredLabels": found, "health": "down"}
        well.targets.append({**known, **down, "lastError": "HTTP status 500"})
    well.change(jobs=(replace(api, endpoints=both),))
    app.answers["/metrics"] = http("500 No", b"oh")
    findings = well.findings("target.up")
    assert [finding.summary for finding in findings] == ["down: the service answers with a server error: oh"] * 2
    assert len(app.heard) == 1


@contextmanager
def listening_on_version_6() -> Iterator[int]:
    try:
        server = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError as error:
        pytest.skip(f"no IPv6 here: {os.strerror(error.errno or errno.EINVAL)}")
    with server:
        yield server.getsockname()[1]


def test_service_that_listens_on_another_address_is_found_there(well: World) -> None:
    with listening_on_version_6() as port:
        well.change(dial=lambda host, port, seconds: socket.create_connection((host.strip("[]"), port), seconds))
        finding = fail(well, "connect: connection refused", f"127.0.0.1:{port}", closed)
    assert finding.summary == f"down: connection refused at 127.0.0.1:{port}: it listens on [::1]:{port} only"
    assert f"`[::1]:{port}`" in finding.remedy
