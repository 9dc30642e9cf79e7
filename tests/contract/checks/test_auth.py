"""A Prometheus that wants a login or shows a certificate: how it is asked, and what is said where nobody gets in."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from stackctl import scrape
from stackctl.access import Access
from stackctl.diagnosis.causes import diagnose
from stackctl.manifest import load
from stackctl.operations.live import Live, Target
from stackctl.render import render
from stackctl.render.write import write
from stackctl.runtimes.protocol import Runtime
from stackctl.runtimes.registry import facts
from stackctl.state import Generation, Running, State
from tests.contract.checks.world import World
from tests.contract.serving import CERTIFICATES, Reply, Server, serve
from tests.golden.cases import stack_of

REWRITE = (
    "Run `stackctl reload`: it rewrites the web configuration. Move any change you want to keep into the manifest."
)
MANIFEST = """\
version: 1
name: pretended
prometheus: {{auth: {{basic_auth: {{username: ops, password: {password}}}}}}}
grafana: {{listen: 127.0.0.1:{port}, admin: {{user: boss, password: right}}}}
services: {{api: {{targets: ["localhost:8000"]}}}}
"""


def test_prometheus_must_be_asked_with_the_login_of_what_runs(well: World) -> None:
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
def test_the_scrape_of_prometheus_itself_must_not_be_taken_for_a_service(error: str, cause: str) -> None:
    job, *_ = scrape.jobs(stack_of("auth"), facts("native"))
    found = diagnose(job, job.endpoints[0], error, facts("native"))
    assert found.cause.startswith(cause)
    assert found.remedy.startswith("Run `stackctl reload`")


# -- Grafana, which reads the login with its datasource --------------------------------------------------------


def target(folder: Path, grafana: Server, password: str) -> Target:
    """A generation on disk in which Prometheus has this password."""
    folder.mkdir()
    (folder / "stack.yml").write_text(MANIFEST.format(port=grafana.port, password=password))
    tree = render(load(folder / "stack.yml", {}), "native", salt=b"salt")
    write(tree, folder / "tree")
    return Target(Generation(password, folder / "tree"), tree, {})


def test_grafana_must_be_told_of_another_password_and_confirm_that_it_gets_in(tmp_path: Path) -> None:
    with serve() as grafana:
        old, new = target(tmp_path / "old", grafana, "one"), target(tmp_path / "new", grafana, "two")
        live = Live(State(tmp_path / ".stackctl"), Running("native", "one"), old.generation, cast("Runtime", None))
        reload = "/api/admin/provisioning/datasources/reload"
        grafana.routes[reload] = {"message": "Datasources config reloaded"}
        grafana.routes["/api/admin/provisioning/dashboards/reload"] = {}
        health = "/api/datasources/uid/prometheus/health"
        grafana.routes[health] = Reply({"status": "ERROR", "message": "401 Unauthorized"}, 400)
        look = live.asked(new, old)["Grafana"]
        assert look() == ["it cannot reach Prometheus: 401 Unauthorized"]
        grafana.routes[health] = {"status": "OK"}
        assert look() == []
        assert grafana.asked.count(reload) == 1
        same = replace(new)
        assert "Grafana" not in live.asked(same, new)
