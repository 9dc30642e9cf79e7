"""One cause is one failure: what depends on it is skipped, and names the check that reports it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.contract.world import World, no_answer


def test_servers_that_are_away_fail_once_and_everything_else_depends_on_them(well: World) -> None:
    for name in ("prometheus", "alertmanager", "grafana", "pushgateway"):
        well.stop(name)
    well.change(fetch=no_answer)
    apart = ("stack.generation", "stack.files", "service.health", "alertmanager.connected")
    findings = [f for f in well.findings() if f.code not in apart]
    failed = {f"{f.code} {f.subject}" for f in findings if f.status == "fail"}
    assert failed == {f"component.ready {name}" for name in ("prometheus", "alertmanager", "grafana", "pushgateway")}
    assert {f.subject for f in findings if f.status == "pass"} == {"blackbox", "redis", "store"}
    assert {f.depends_on for f in findings if f.status == "skip"} <= failed


def test_cause_is_reported_even_where_only_what_depends_on_it_was_asked_for(well: World) -> None:
    well.stop("prometheus")
    found = {(f.code, f.status) for f in well.findings("target", "rule")}
    assert found == {
        ("component.ready", "fail"),
        *((id, "skip") for id in ("target.up", "rule.loaded", "rule.data")),
    }


def test_wrong_password_is_tried_once(well: World) -> None:
    well.servers["grafana"].login = ("admin", "another")
    found = [f for f in well.findings() if f.status == "fail"]
    assert [f.code for f in found] == ["grafana.login"]
    wanting = [path for path in well.servers["grafana"].asked if path != "/api/health"]
    assert wanting == ["/api/user"]


def test_health_path_of_a_target_that_is_down_depends_on_it(well: World) -> None:
    well.target("api").update(health="down", lastError="connect: connection refused")
    well.change(fetch=no_answer)
    found = [f for f in well.findings("service.health", "target.up") if f.subject.startswith("api/")]
    assert sorted((f.code, f.status) for f in found) == [
        ("service.health", "skip"),
        ("service.health", "skip"),
        ("target.up", "fail"),
    ]


def test_exporter_that_does_not_answer_is_one_failure(well: World) -> None:
    listen = replace(well.context.stack.exporters[1].listen, port=1)
    exporters = (well.context.stack.exporters[0], replace(well.context.stack.exporters[1], listen=listen))
    well.change(stack=replace(well.context.stack, exporters=exporters))
    name = exporters[1].name
    well.target(name).update(health="down", lastError="connect: connection refused")
    assert [f"{f.code} {f.subject}" for f in well.findings() if f.status == "fail"] == [f"component.ready {name}"]


@pytest.mark.parametrize(("job", "code"), [("redis", "exporter.works"), ("probe-home", "probe.success")])
def test_exporter_whose_scrape_fails_is_one_failure(well: World, job: str, code: str) -> None:
    well.target(job).update(health="down", lastError="context deadline exceeded")
    (found,) = [f for f in well.findings(code) if f.code == code and f.status != "pass"]
    assert (found.status, found.depends_on.split("/")[0]) == ("skip", f"target.up {job}")
