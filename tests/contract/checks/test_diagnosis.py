"""Each way in which a target fails, on real sockets: the cause, what to do, and what was probe and its result."""

from __future__ import annotations

import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event, Thread, Timer

import pytest

from stackctl.diagnostic import Diagnostic
from stackctl.model import Target
from stackctl.runtimes.registry import facts
from stackctl.source import Position, Secret
from tests.contract.checks.world import Around, Peer, Unit, World, closed, no_answer, opened

HERE = Position("stack.yml", 1, 1)
METRICS = b"# TYPE a gauge\na 1\n"
PLAIN = "text/plain; version=0.0.4"
TYPE = 'received unsupported Content-Type "text/html" and no fallback_scrape_protocol specified for target'
PARSE = 'expected a valid start token, got "<" ("INVALID") while parsing: "<"'


@dataclass
class Raw:
    """A server that sends what it is told to: path -> the whole answer. Anything else is 404. `heard` are requests."""

    port: int = 0
    answers: dict[str, bytes] = field(default_factory=dict)
    heard: list[str] = field(default_factory=list)
    silent: Event | None = None


def _answer(server: Raw, request: str) -> bytes:
    words = request.split(" ")
    return server.answers.get(words[1].partition("?")[0], http("404 No")) if words[0] == "GET" else http("400 Bad")


def http(status: str, body: bytes = b"", **headers: str) -> bytes:
    """A whole answer. In the names of headers `_` stands for `-`."""
    lines = [f"HTTP/1.1 {status}", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "Connection: close", "", ""]).encode() + body


@contextmanager
def raw(context: ssl.SSLContext | None = None) -> Iterator[Raw]:
    server, over = Raw(), Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server.port = listening.getsockname()[1]
        listening.settimeout(0.05)

        def serve() -> None:
            while not over.is_set():
                try:
                    Thread(target=answer, args=(listening.accept()[0],), daemon=True).start()
                except TimeoutError:
                    continue

        def answer(plain: socket.socket) -> None:
            plain.settimeout(5)
            try:
                with context.wrap_socket(plain, server_side=True) if context else plain as connection:
                    request = connection.recv(65536).decode(errors="replace")
                    if not request:
                        return
                    server.heard.append(request)
                    if server.silent:
                        server.silent.wait(5)
                    connection.sendall(_answer(server, request))
            except OSError:
                plain.close()

        thread = Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            over.set()
            if server.silent:
                server.silent.set()
            thread.join(5)


@pytest.fixture
def app() -> Iterator[Raw]:
    with raw() as server:
        yield server


@pytest.fixture
def down(well: World, app: Raw) -> Callable[..., Diagnostic]:
    """The finding about the service `api`, whose target is the app and fails with an error of Prometheus'."""

    def find(error: str, address: str = "", dial: object = opened, **service: object) -> Diagnostic:
        return fail(well, error, address or f"127.0.0.1:{app.port}", dial, **service)

    return find


def fail(well: World, error: str, address: str, dial: object = opened, **service: object) -> Diagnostic:
    place = well.context.place
    assert isinstance(place, Around)
    if dial:
        place.dial = dial  # type: ignore[assignment]
    jobs = []
    for job in well.context.jobs:
        if job.name == "api" and job.service:
            declared = replace(job.service, targets=(Target(address, {}, HERE),), **service)  # type: ignore[arg-type]
            (endpoint,) = job.endpoints
            job = replace(
                job,
                service=declared,
                metrics_path=declared.metrics_path,
                endpoints=(replace(endpoint, address=address, instance="localhost:8000"),),
            )
            services = (declared, *(each for each in well.context.stack.services if each.name != "api"))
            well.change(stack=replace(well.context.stack, services=services))
        jobs.append(job)
    well.change(jobs=tuple(jobs))
    well.target("api").update(health="down", lastError=error, discoveredLabels={"__address__": address})
    return well.only("target.up", "api/")


# -- no connection ------------------------------------------------------------------------------------------


def test_what_listens_on_loopback_only_must_be_told_by_the_two_answers(well: World, app: Raw) -> None:
    app.answers["/metrics"] = http("200 OK", METRICS, Content_Type=PLAIN)
    well.change(runtime=facts("docker"), dial=opened)
    finding = fail(well, "connect: connection refused", f"host.docker.internal:{app.port}", closed)
    assert finding.summary == f"down: connection refused at host.docker.internal:{app.port}: it is bound to 127.0.0.1"
    assert f"port {app.port} of this machine on 127.0.0.1 only" in finding.remedy
    url = f"http://host.docker.internal:{app.port}/metrics"
    assert finding.evidence.splitlines()[1] == f"from Prometheus' container: GET {url}: connection refused"
    assert f"from this machine: GET http://localhost:{app.port}/metrics: 200, {PLAIN}" in finding.evidence


def test_where_nothing_listens_at_all_loopback_must_not_be_blamed(well: World) -> None:
    well.change(runtime=facts("docker"))
    finding = fail(well, "connect: connection refused", "host.docker.internal:1", closed)
    assert finding.summary == "down: connection refused at host.docker.internal:1"
    assert finding.remedy.startswith("Nothing listens on port 1 of this machine: ")


def test_a_service_that_hangs_must_be_told_from_packets_that_are_lost(
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
    app.silent = Event()
    Timer(0.6, app.silent.set).start()
    finding = down("context deadline exceeded", scrape_timeout="500ms")
    assert "it took 0." in finding.summary
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


PAGE = http("200 OK", b"<html><head><title>Shop &amp; Co\n</title></head></html>", Content_Type="text/html")


def test_a_page_must_be_told_by_its_title_and_with_the_right_path(down: Callable[..., Diagnostic], app: Raw) -> None:
    app.answers["/metrics"] = PAGE
    assert down(TYPE).summary == "down: it answers with a web page (Shop & Co), not with metrics"
    app.answers["/actuator/prometheus"] = http("200 OK", METRICS, Content_Type=PLAIN)
    assert down(TYPE).remedy == "Write `metrics_path: /actuator/prometheus`."


ANSWERS = {
    "json": (TYPE, http("200 OK", b'{"a": 1}', Content_Type="application/json"), "it answers with JSON, not", "path"),
    "nothing": (TYPE, http("200 OK", b""), "it answers with nothing, not with metrics", "use the path"),
    "no type": (TYPE, http("200 OK", METRICS), "Content-Type is not one for metrics: none", "fallback_scrape_protocol"),
    "odd type": (TYPE, http("200 OK", METRICS, Content_Type="a/b"), "for metrics: `a/b`", "fallback_scrape_protocol"),
    "a login page": (
        TYPE,
        http("302 Found", b"", Location="/login?next=%2Fmetrics"),
        "to http://127.0.0.1:{port}/login: it requires a login",
        "Allow reading the metrics without a login",
    ),
    "a slash": (
        "server returned HTTP status 301 Moved Permanently",
        http("301 Moved", b"", Location="http://me:hush@127.0.0.1/metrics/"),
        "a redirect to http://127.0.0.1/metrics/",
        "Write `metrics_path: /metrics/`",
    ),
    "secured": (
        "server returned HTTP status 308 Permanent Redirect",
        http("308 Moved", b"", Location="https://127.0.0.1/metrics"),
        "a redirect to https://127.0.0.1/metrics",
        "Write `scheme: https` for the service `api`",
    ),
    "no login": (
        "server returned HTTP status 401 Unauthorized",
        http("401 No", b"", WWW_Authenticate='Bearer realm="shop"'),
        "it requires a login, and the manifest has none",
        "Set `authorization` for the service `api`",
    ),
    "an error": (
        "server returned HTTP status 503 Service Unavailable",
        http("503 No", b"\nthe database is away\nmore"),
        "the service answers with a server error: the database is away",
        "own log",
    ),
    "a bad line": (
        PARSE,
        http("200 OK", METRICS + b'b{c="d"} 1\ne-f 2\n', Content_Type=PLAIN),
        "line 4 of its metrics does not parse",
        "line 4 is not a sample",
    ),
    "a repeated series": (
        "duplicate sample for timestamp",
        http("200 OK", METRICS + b"a 2\n", Content_Type=PLAIN),
        "line 3 of its metrics repeats a series",
        "Fix what the service exposes",
    ),
    "too large": (
        "body size limit exceeded",
        http("200 OK", METRICS * 100, Content_Type=PLAIN),
        "larger than `body_size_limit`",
        "Raise the limit",
    ),
    "too many": (
        "sample limit exceeded",
        http("200 OK", METRICS * 100, Content_Type=PLAIN),
        "more series than a limit allows",
        "Raise the limit",
    ),
    "too many labels": (
        "label_limit exceeded (metric: a, number of labels: 3, limit: 2)",
        http("200 OK", METRICS, Content_Type=PLAIN),
        "more labels, or longer ones, than a limit allows",
        "Raise the limit",
    ),
    "refused": (
        "server returned HTTP status 400 Bad Request",
        http("400 Bad", b"no such module"),
        "it rejects the request (HTTP 400)",
        "correct `params`",
    ),
}
EVIDENCE = {
    "a bad line": "line 4: e-f 2",
    "a repeated series": "line 3: a 2",
    "too large": "it sends 1,900 bytes",
    "too many": "it sends 100 samples",
    "refused": "no such module",
    "no login": 'it asks for: Bearer realm="shop"',
}


@pytest.mark.parametrize("way", ANSWERS)
def test_an_answer_that_is_not_metrics_must_be_told_by_what_it_is(
    down: Callable[..., Diagnostic], app: Raw, way: str
) -> None:
    error, app.answers["/metrics"], cause, remedy = ANSWERS[way]
    finding = down(error)
    assert cause.format(port=app.port) in finding.summary
    assert remedy in finding.remedy
    assert finding.evidence.startswith(f"{error}\nfrom this machine: GET http://127.0.0.1:{app.port}/metrics: ")
    assert EVIDENCE.get(way, "") in finding.evidence
    assert "hush" not in finding.summary + finding.remedy + finding.evidence


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


def test_tls_that_is_spoken_to_a_plain_port_and_the_reverse_must_be_told(
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


def test_credentials_must_be_used_on_the_target_and_shown_nowhere(down: Callable[..., Diagnostic], app: Raw) -> None:
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


def test_credentials_must_not_go_where_the_name_may_mean_another_machine(well: World, app: Raw) -> None:
    """Here the name `api` may be somebody else's; the container's is the target."""

    @contextmanager
    def elsewhere(host: str, port: int, seconds: float) -> Iterator[socket.socket]:
        with opened("127.0.0.1", app.port, seconds) as connection:
            yield connection

    well.change(runtime=facts("docker"), dial=elsewhere)
    fail(well, "server returned HTTP status 500", "api:80", closed, scrape=LOGIN)
    assert len(app.heard) == 1
    assert "Authorization" not in app.heard[0]


def test_credentials_must_not_go_to_a_server_of_which_the_certificate_was_not_checked(
    well: World, certificate: ssl.SSLContext
) -> None:
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
def test_what_runs_behind_a_target_must_be_told_with_its_last_words(
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


def test_many_targets_that_hang_must_be_looked_at_together_and_the_rest_named(well: World, app: Raw) -> None:
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


def test_two_jobs_on_one_target_must_ask_it_once(well: World, app: Raw) -> None:
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
