"""Findings of several replicas: one row where they agree, one of each pod where they do not."""

from __future__ import annotations

from stackctl.checks import registry
from stackctl.diagnostic import Diagnostic
from stackctl.operations.cluster.replicas import _chosen, merged
from stackctl.operations.cluster.verification import _together

PODS = [{"prometheus": f"prometheus-shop-{n}", "alertmanager": f"alertmanager-shop-{n}"} for n in range(2)]


def row(code: str, subject: str, status: str = "pass", summary: str = "", depends_on: str = "") -> Diagnostic:
    return Diagnostic(code, summary, status=status, subject=subject, depends_on=depends_on)  # type: ignore[arg-type]


def merge(first: list[Diagnostic], second: list[Diagnostic]) -> dict[str, str]:
    found = merged([(PODS[0], first), (PODS[1], second)])
    return {f"{each.code} {each.subject}": each.status for each in found}


def test_rows_that_agree_are_one() -> None:
    assert merge([row("rule.loaded", "a/b")], [row("rule.loaded", "a/b")]) == {"rule.loaded a/b": "pass"}
    both = [row("rule.loaded", "a/b", "fail")]
    assert merge(both, both) == {"rule.loaded a/b": "fail"}


def test_rows_that_differ_name_their_pods() -> None:
    assert merge([row("rule.loaded", "a/b")], [row("rule.loaded", "a/b", "fail")]) == {
        "rule.loaded a/b (prometheus-shop-0)": "pass",
        "rule.loaded a/b (prometheus-shop-1)": "fail",
    }
    assert merge([row("alertmanager.receiver", "team", "fail")], [row("alertmanager.receiver", "team")]) == {
        "alertmanager.receiver team (alertmanager-shop-0)": "fail",
        "alertmanager.receiver team (alertmanager-shop-1)": "pass",
    }


def test_row_of_one_replica_only_names_its_pod() -> None:
    assert merge([], [row("target.up", "a", "fail")]) == {"target.up a (prometheus-shop-1)": "fail"}


def test_replica_that_is_away_is_one_failure() -> None:
    away = row("target.up", "a", "skip", depends_on="component.ready prometheus")
    first = [row("component.ready", "prometheus"), row("target.up", "a")]
    assert merge(first, [row("component.ready", "prometheus", "fail"), away]) == {
        "component.ready prometheus (prometheus-shop-0)": "pass",
        "component.ready prometheus (prometheus-shop-1)": "fail",
        "target.up a": "pass",
    }
    # What the first one cannot say, the second one does.
    found = merge([row("component.ready", "prometheus", "fail"), away], first)
    assert found["target.up a (prometheus-shop-1)"] == "pass"


def test_row_depends_on_the_failure_of_its_own_replica() -> None:
    away = row("target.up", "a", "skip", depends_on="component.ready prometheus")
    failed = row("component.ready", "prometheus", "fail")
    found = merged([(PODS[0], [failed, away]), (PODS[1], [row("component.ready", "prometheus")])])
    (skipped,) = (each for each in found if each.code == "target.up")
    assert skipped.depends_on == "component.ready prometheus (prometheus-shop-0)"


def test_notifications_are_those_of_the_replica_that_has_sent() -> None:
    unused = row("alertmanager.notifications", "team", summary="no notification was sent yet: it has had no alert")
    used = row("alertmanager.notifications", "team", summary="3 notifications were accepted")
    for first, second in ((unused, used), (used, unused)):
        (found,) = merged([(PODS[0], [first]), (PODS[1], [second])])
        assert found.summary == "3 notifications were accepted"


def test_row_about_the_cluster_is_of_no_replica() -> None:
    assert merge([], [row("cluster.workload", "Deployment a", "fail")]) == {"cluster.workload Deployment a": "fail"}


def test_every_check_is_by_replicas_or_by_their_view() -> None:
    by_replicas, by_view = _chosen([], once=False), _chosen([], once=True)
    assert {*by_replicas} & {*by_view} == set()
    assert {*by_replicas, *by_view} == {id for _, ids in registry.CLUSTER for id in ids}
    assert _chosen(["panel", "target.up"], once=True) == ["panel.data", "panel.variable"]
    assert _chosen(["panel", "target.up"], once=False) == ["target.up"]


def test_row_of_replicas_and_of_their_view_is_reported_once_in_the_order_of_reports() -> None:
    cause = row("cluster.workload", "Deployment a", "fail")
    found = _together([cause, row("target.up", "a", "skip")], [row("panel.data", "b"), cause])
    assert [each.code for each in found] == ["cluster.workload", "target.up", "panel.data"]
    assert merged([]) == []
