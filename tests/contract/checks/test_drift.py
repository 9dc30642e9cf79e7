"""Drift: what runs and is not declared."""

from __future__ import annotations

from typing import Any

from stackctl.report.report import Report
from tests.contract.world import World, stamp
from tests.contract.world import rule as world_rule
from tests.contract.world import target as world_target

DECLARE = "Declare it in the manifest, or run `stackctl reload` to remove it."


def drift(well: World, id: str) -> tuple[str, str, str]:
    """The one thing that is foreign."""
    finding = well.only(id)
    assert (finding.status, finding.stage) == ("warn", "loaded")
    assert finding.summary == "it is loaded, but the manifest does not declare it"
    assert finding.position
    return finding.code, finding.subject, finding.remedy


def test_a_foreign_job_is_named(well: World) -> None:
    well.targets.append(world_target("stray", "localhost:1"))
    assert drift(well, "drift.job") == ("drift.job", "stray", DECLARE)
    assert well.only("drift.target").status == "pass"


def test_names_a_foreign_target_but_no_discovered_one(well: World) -> None:
    well.targets += [world_target("api", "localhost:8001"), world_target("found", "10.0.0.2:1")]
    assert drift(well, "drift.target") == ("drift.target", "api/localhost:8001", DECLARE)


def test_a_foreign_rule_is_named(well: World) -> None:
    well.rules.append(world_rule("alert", "ByHand", "up == 0"))
    assert drift(well, "drift.rule") == ("drift.rule", "r.yml/g/ByHand", DECLARE)


def test_a_foreign_receiver_is_named(well: World) -> None:
    well.servers["alertmanager"].routes["/api/v2/receivers"] = [{"name": "oncall"}, {"name": "eve"}]
    assert drift(well, "drift.receiver") == ("drift.receiver", "eve", DECLARE)


def test_a_foreign_dashboard_is_named_when_it_is_in_a_folder_of_the_manifest(well: World) -> None:
    mine = {"uid": "shop", "title": "Shop"}
    other = {"uid": "o", "title": "Other", "folderTitle": "Theirs"}
    well.servers["grafana"].routes["/api/search"] = [mine, other, {"uid": "h", "title": "By hand"}]
    remedy = "Declare it in the manifest, or delete it in Grafana."
    assert drift(well, "drift.dashboard") == ("drift.dashboard", "By hand", remedy)


def test_names_foreign_rules_up_to_a_limit(well: World) -> None:
    well.rules += [world_rule("alert", f"ByHand{n}", "up == 0") for n in range(25)]
    findings = well.findings("drift.rule")
    assert len(findings) == 21
    assert findings[-1].summary == "5 more are not declared"


def with_group(answer: dict[str, Any], name: str, rule: dict[str, Any]) -> dict[str, Any]:
    """An answer about rules with one more group, in a file of its name."""
    file = f"/any/where/prometheus/rules/{name}.yml"
    answer["data"]["groups"].append({"name": name, "file": file, "rules": [{"lastEvaluation": stamp(2000), **rule}]})
    return answer


def test_leftovers_of_a_drill_are_a_failure(well: World) -> None:
    well.servers["prometheus"].routes["/api/v1/rules"] = lambda: with_group(
        well.report_rules(), "stackctl-drill", world_rule("alert", "Down", "vector(1)")
    )
    receivers = [{"name": name} for name in ("oncall", "drill-b03ae2-0-oncall", "drill-sergeant")]
    well.servers["alertmanager"].routes["/api/v2/receivers"] = receivers
    rule, receiver = well.only("drift.rule"), well.only("drift.receiver")
    for finding in (rule, receiver):
        assert finding.status == "fail"
        assert finding.summary == "a drill is running or was interrupted, and its configuration is still loaded"
        assert "run `stackctl reload`" in finding.remedy
    assert "stackctl-drill.yml/stackctl-drill/Down" in rule.evidence
    assert "drill-b03ae2-0-oncall" in receiver.evidence
    assert "drill-sergeant" not in receiver.evidence


def test_drift_alone_does_not_fail_a_verification(well: World) -> None:
    well.rules.append(world_rule("alert", "ByHand", "up == 0"))
    assert Report("s", "native", "g", tuple(well.findings())).ok
