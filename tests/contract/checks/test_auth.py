"""A Prometheus that wants a login or shows a certificate: how it is asked, and what is said where nobody gets in."""

from __future__ import annotations

import pytest

from stackctl import scrape
from stackctl.access import Access
from stackctl.diagnosis.causes import diagnose
from stackctl.runtimes.registry import facts
from tests.contract.serving import CERTIFICATES, serve
from tests.contract.world import World
from tests.golden.cases import stack_of

REWRITE = (
    "Run `stackctl reload`: it rewrites the web configuration. Move any change you want to keep into the manifest."
)


def test_prometheus_is_asked_with_the_login_of_what_runs(well: World) -> None:
    login = ("ops", "right-horse")
    well.servers["prometheus"].login = login
    well.change(server=Access(well.servers["prometheus"].url, login))
    assert {finding.status for finding in well.findings()} == {"pass"}


def test_a_login_that_is_refused_is_reported_with_what_to_do(well: World) -> None:
    server = well.servers["prometheus"]
    server.login = ("ops", "changed by hand")
    well.change(server=Access(server.url, ("ops", "right-horse")))
    finding = well.only("component.ready", "prometheus")
    assert finding.status == "fail"
    assert finding.summary == f"{server.url}/-/ready returns 401: it rejects the configured login"
    assert finding.remedy == REWRITE
    assert "right-horse" not in str(well.findings())


def test_a_certificate_that_is_not_trusted_is_reported_with_what_to_do(well: World) -> None:
    with serve("renewed.crt", "renewed.key") as stranger:
        ca = (CERTIFICATES / "ca.crt").read_text()
        well.change(server=Access(stranger.url, ("ops", "right-horse"), ca, "prometheus.test"))
        finding = well.only("component.ready", "prometheus")
    assert finding.status == "fail"
    assert "its certificate cannot be verified: self-signed certificate" in finding.summary
    assert finding.remedy.startswith(REWRITE)
    assert stranger.asked == []


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        ("server returned HTTP status 401 Unauthorized", "it rejects the given login"),
        (
            "tls: failed to verify certificate: x509: certificate signed by unknown authority",
            "the certificate is not signed",
        ),
    ],
)
def test_scrape_of_prometheus_itself_is_not_a_service(error: str, cause: str) -> None:
    job, *_ = scrape.jobs(stack_of("auth"), facts("native"))
    found = diagnose(job, job.endpoints[0], error, facts("native"))
    assert found.cause.startswith(cause)
    assert found.remedy.startswith("Run `stackctl reload`")
