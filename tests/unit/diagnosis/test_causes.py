"""A failed scrape is told with its likely cause and what to do."""

from __future__ import annotations

import pytest

from stackctl.clients.probe import Failure, Probe
from stackctl.diagnosis.causes import diagnose
from stackctl.diagnosis.observations import Observations
from stackctl.runtimes.registry import facts
from stackctl.scrape import Endpoint, Job
from stackctl.source import Position

HERE = Position("stack.yml", 1, 1)
JOB = Job("api", (), HERE, metrics_path="/m")


def endpoint(address: str = "api:8000") -> Endpoint:
    return Endpoint(address, "api:8000", {}, HERE)


@pytest.mark.parametrize(
    ("error", "cause", "remedy"),
    [
        ('Get "http://x:1/m": dial tcp: lookup x: no such host', "does not resolve", "`api:8000`"),
        ("server returned HTTP status 404 Not Found", "nothing at the metrics path", "`metrics_path: /m`"),
        ("server returned HTTP status 401 Unauthorized", "requires a login", "`basic_auth`"),
        ("server returned HTTP status 503 Service Unavailable", "server error", "own log"),
        ("http: server gave HTTP response to HTTPS client", "plain HTTP, not TLS", "`scheme: http`"),
        ('Get "http://x": net/http: HTTP/1.x transport connection broken: malformed HTTP response', "TLS", "https"),
        ("tls: failed to verify certificate: x509: certificate has expired", "certificate", "ca_file"),
        ('received unsupported Content-Type "text/html" and no fallback_scrape_protocol', "Content-Type", "fallback"),
        ("non-compliant scrape target sending blank Content-Type and no fallback", "Content-Type", "fallback"),
        (
            'expected a valid start token, got "<" ("INVALID") while parsing: "<"',
            "not in a metrics format",
            "`metrics_path",
        ),
        ('Get "http://x": context deadline exceeded', "in time", "scrape_timeout"),
        ("body size limit exceeded", "body_size_limit", "Raise"),
        ("something nobody has ever seen", "the scrape failed", "curl -v http://api:8000/m"),
    ],
)
def test_translates_an_error_into_cause_and_remedy(error: str, cause: str, remedy: str) -> None:
    diagnosis = diagnose(JOB, endpoint(), error, facts("docker"))
    assert cause in diagnosis.cause
    assert remedy in diagnosis.remedy


def test_a_refused_host_target_under_docker_names_loopback_as_the_likely_cause() -> None:
    diagnosis = diagnose(JOB, endpoint("host.docker.internal:8000"), "connect: connection refused", facts("docker"))
    assert "127.0.0.1 only" in diagnosis.remedy
    assert "port 8000" in diagnosis.remedy


def test_refused_target_elsewhere_does_not_blame_loopback() -> None:
    diagnosis = diagnose(JOB, endpoint("localhost:8000"), "connect: connection refused", facts("native"))
    assert "127.0.0.1" not in diagnosis.remedy


@pytest.mark.parametrize(("failure", "is_named"), [("refused", True), ("unable", False), ("unresolved", False)])
def test_name_is_said_to_resolve_here_only_where_it_does(failure: Failure, is_named: bool) -> None:
    error = "dial tcp: lookup api on 10.96.0.10:53: no such host"
    seen = Observations(here=Probe("http://api:8000/m", 0.1, failure))
    remedy = diagnose(JOB, endpoint(), error, facts("docker"), seen).remedy
    assert ("this machine can resolve the name" in remedy) is is_named
