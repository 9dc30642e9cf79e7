"""A manifest for servers of somebody else, pretended: what is verified of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.errors import InputError
from stackctl.operations.verification import verify_stack
from tests.contract.external import MANIFEST, load_prometheus, rows, set_up, verified, write
from tests.contract.serving import Reply
from tests.contract.world import World


@pytest.fixture
def folder(well: World) -> Path:
    root = well.context.stack.root
    set_up(well, root)
    return root


def test_all_that_is_declared_is_proven(folder: Path) -> None:
    findings = verified(folder)
    assert {each.status for each in findings} == {"pass"}
    assert rows(findings, "pass").keys() >= {
        *("component.ready grafana", "job.loaded api", "target.up found", "job.stored api", "grafana.dashboard d.json"),
        *("rule.loaded r.yml/g/Down #2", "rule.data r.yml/g/job:up:sum", "alertmanager.receiver oncall"),
        *("alertmanager.notifications oncall", "panel.data d.json/Orders"),
    }


def test_report_names_the_stack_and_its_runtime(folder: Path) -> None:
    report = verify_stack(folder / "stack.yml", 1.0, ["component"])
    assert (report.stack, report.runtime, report.generation) == ("pretended", "external", "")
    assert {each.code for each in report.diagnostics} == {"component.ready"}


def test_service_whose_job_is_missing_is_one_failure(well: World, folder: Path) -> None:
    services = 'services:\n  gone: {{targets: ["localhost:8001"], health: {{live: /}}}}\n'
    write(well, folder, MANIFEST.replace("services:\n", services))
    findings = verified(folder)
    assert rows(findings, "fail", "warn").keys() == {"job.loaded gone"}
    skipped = {row: each for row, each in rows(findings, "skip").items() if "gone" in row}
    assert skipped["target.up gone/localhost:8001"] == "it is not loaded in Prometheus"
    assert skipped["job.stored gone"] == "it is not loaded in Prometheus"


def test_health_is_not_asked_where_prometheus_is_elsewhere(well: World, folder: Path) -> None:
    text = MANIFEST.replace("labels: {{team: core}}", "labels: {{team: core}}, health: {{live: /live}}")
    write(well, folder, text.replace("  prometheus: {prometheus}", "  prometheus: http://elsewhere.invalid:9090"))
    findings = verified(folder, ["service.health"])
    assert [each.status for each in findings] == ["skip"]


def test_configuration_that_is_not_served_fails_nothing(well: World, folder: Path) -> None:
    well.servers["prometheus"].routes["/api/v1/status/config"] = Reply("", 404)
    findings = verified(folder)
    assert rows(findings, "fail", "warn") == {}


def test_other_interval_of_the_server_is_no_difference(well: World, folder: Path) -> None:
    load_prometheus(well, lambda config: config["global"].update(scrape_interval="1m", evaluation_interval="1m"))
    assert rows(verified(folder, ["job", "rule.loaded"]), "fail") == {}


def test_unknown_check_is_refused(folder: Path) -> None:
    with pytest.raises(InputError, match=r"there is no check `stack\.generation`"):
        verified(folder, ["stack.generation"])


def test_what_the_manifest_ignores_is_no_failure(well: World, folder: Path) -> None:
    text = MANIFEST.replace("services:\n", 'services:\n  gone: {{targets: ["localhost:8001"]}}\n')
    write(well, folder, text + "ignore: [{{check: job.loaded, subject: gone, reason: It comes.}}]\n")
    assert rows(verified(folder), "fail", "warn") == {}
