"""A drill by the API of an Alertmanager that is pretended: what it refuses, how long it takes, and how it ends."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from stackctl.access import Access
from stackctl.clients.alertmanager import Alertmanager
from stackctl.clients.http import Http
from stackctl.drill import Delivery, Drilled
from stackctl.errors import InputError, Unavailable
from stackctl.manifest import load
from stackctl.operations.external_drill import _Drill, drill_external, drill_given
from stackctl.report.report import Report
from stackctl.source import Position
from tests.contract.serving import Reply, Server, in_turn, serve
from tests.unit.operations.pretended import Noted

STAMP = "2026-01-01T00:00:00Z"
ALERT = Drilled(0, "Down", "r.yml", "g", {"severity": "page"}, {}, Position("stack.yml", 3))


@dataclass
class Pretended:
    """An Alertmanager with one receiver, that notifies at once of what it was handed."""

    server: Server
    firing: list[dict[str, Any]] = field(default_factory=list)
    sent: int = 0
    fails: bool = False
    started: Any = 7
    refuses: Reply | None = None
    keeps: bool = False
    others: list[dict[str, Any]] = field(default_factory=list)

    def alerts(self, body: Any = None) -> Any:
        if body is None:
            return [
                {
                    "labels": each["labels"],
                    "receivers": [{"name": "oncall"}],
                    "updatedAt": STAMP,
                    "status": {"silencedBy": [], "inhibitedBy": [], "state": "active"},
                }
                for each in self.firing
            ]
        if self.refuses:
            return self.refuses
        ended = any("endsAt" in each for each in body)
        self.sent += 0 if ended or self.firing else 1
        self.firing = ([] if not self.keeps else self.firing) if ended else body
        return ""

    def groups(self) -> Any:
        return [{"receiver": {"name": "oncall"}, "alerts": [*self.alerts(), *self.others]}] if self.firing else []

    def metrics(self) -> str:
        started = self.started() if callable(self.started) else self.started
        lines = [f"process_start_time_seconds {started}"]
        for name, value in (("", self.sent), ("failed_", self.sent * self.fails)):
            lines.append(f'alertmanager_notification_requests_{name}total{{integration="webhook"}} {value}')
        return "\n".join([*lines, ""])


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Iterator[Pretended]:
    config = {
        "route": {"receiver": "oncall", "group_wait": "0s"},
        "receivers": [{"name": "oncall", "webhook_configs": [{}]}],
    }
    with serve() as server:
        pretended = Pretended(server)
        server.routes = {
            "/api/v2/status": {"config": {"original": json.dumps(config)}, "cluster": {"status": "disabled"}},
            "/api/v2/alerts/groups": pretended.groups,
            "/metrics": pretended.metrics,
        }
        reply = server.reply

        def answered(path: str, query: str, authorization: str, body: bytes = b"") -> Reply:
            if path != "/api/v2/alerts":
                return reply(path, query, authorization, body)
            found = pretended.alerts(json.loads(body) if body else None)
            return found if isinstance(found, Reply) else Reply(found)

        monkeypatch.setattr(server, "reply", answered)
        yield pretended


@pytest.fixture
def manifest(tmp_path: Path, made: Pretended) -> Path:
    path = tmp_path / "stack.yml"
    url = made.server.url
    path.write_text(
        "version: 1\nname: shop\nruntime: external\n"
        f"external: {{prometheus: '{url}', alertmanager: '{url}'}}\n"
        "services: {api: {targets: ['a:1']}}\n"
        "rules: [{name: g, rules: [{alert: Down, expr: up == 0}]}]\n"
    )
    return path


def drilled(manifest: Path, *names: str, progress: Noted | None = None, patience: float | None = 1) -> Report:
    return drill_external(load(manifest), progress or Noted(), names, {}, live=True, patience=patience)


def test_alert_is_followed_where_prometheus_does_not_report_its_configuration(manifest: Path, made: Pretended) -> None:
    report = drilled(manifest, patience=None)
    assert (report.ok, report.runtime, report.command) == (True, "external", "drill")
    assert [each.status for each in report.diagnostics] == ["pass", "info"]
    assert made.firing == []


def test_alert_whose_notifications_all_fail_is_red(manifest: Path, made: Pretended) -> None:
    made.fails = True
    report = drilled(manifest)
    assert [each.status for each in report.diagnostics] == ["fail", "info"]
    assert "1 of 1 attempts by webhook failed" in report.diagnostics[0].evidence


def test_real_alerts_of_the_same_receiver_are_mentioned(manifest: Path, made: Pretended) -> None:
    made.others = [{"labels": {"alertname": "Real"}, "status": {"state": "active"}}]
    assert "real alerts" in drilled(manifest).diagnostics[0].summary
    made.others, made.sent = [], 0
    assert "real alerts" not in drilled(manifest).diagnostics[0].summary


def test_alertmanager_that_accepts_no_alerts_is_unavailable(manifest: Path, made: Pretended) -> None:
    for status, words in ((403, "Give a login"), (405, "Read the log")):
        made.refuses = Reply("read only", status)
        with pytest.raises(Unavailable, match=f"does not accept alerts: {status}") as refused:
            drilled(manifest)
        assert words in refused.value.problems[0].remedy


def test_another_process_at_the_same_address_is_named(manifest: Path, made: Pretended) -> None:
    made.started = in_turn(7, 8)
    with pytest.raises(Unavailable, match="another process than before"):
        drilled(manifest)
    assert made.firing == []


def test_end_that_is_not_confirmed_says_when_alerts_end(
    manifest: Path, made: Pretended, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stackctl.operations.drill_changes._END_SECONDS", 0.0)
    made.keeps = True
    progress = Noted()
    assert drilled(manifest, progress=progress).ok
    assert "its alerts end by themselves after 300 s" in str(vars(progress))


def test_alertmanager_without_its_configuration_is_unavailable(manifest: Path, made: Pretended) -> None:
    made.server.routes["/api/v2/status"] = Reply("", 404)
    with pytest.raises(Unavailable):
        drilled(manifest)


def test_all_that_is_wrong_with_the_command_line_is_named(manifest: Path, made: Pretended) -> None:
    with pytest.raises(InputError) as refused:
        drill_external(load(manifest), Noted(), ["Dwon"], {}, live=False, patience=None)
    assert [each.code for each in refused.value.problems] == ["usage.external", "usage.unknown-name"]
    assert made.sent == 0


@pytest.mark.parametrize(
    ("waited", "delivery", "is_over"),
    [
        (19, Delivery(ALERT), False),
        (21, Delivery(ALERT), True),
        (29, Delivery(ALERT, received=1.0, receivers=("oncall",), faults={"oncall/webhook": "1 failed"}), False),
        (31, Delivery(ALERT, received=1.0, receivers=("oncall",), faults={"oncall/webhook": "1 failed"}), True),
        (31, Delivery(ALERT, received=1.0, receivers=("oncall",)), False),
        (91, Delivery(ALERT, received=1.0, receivers=("oncall",)), True),
    ],
)
def test_drill_waits_as_long_as_the_routes_make_it(
    waited: float, delivery: Delivery, is_over: bool, made: Pretended, monkeypatch: pytest.MonkeyPatch
) -> None:
    from stackctl.tree import Tree
    from stackctl.verification.given import Loaded

    routing = "route: {receiver: oncall, group_wait: 10s, group_interval: 1m}\nglobal: {resolve_timeout: 1m}\n"
    drill = _Drill(Alertmanager(Http(Access(made.server.url))), Tree("", "", {}, ()), Loaded(alertmanager=routing), {})
    monkeypatch.setattr(drill, "_begun", drill._begun - waited)
    assert drill.is_over([delivery]) is is_over


RULE = {"type": "alerting", "name": "Down", "query": "up == 0", "duration": 0, "labels": {"severity": "page"}}


def given(made: Pretended, name: str, rules: Any) -> Report:
    made.server.routes["/api/v1/rules"] = rules
    access = Access(made.server.url)
    return drill_given({"prometheus": access, "alertmanager": access}, Noted(), [name], {}, patience=1)


def test_alert_that_prometheus_has_loaded_is_drilled(made: Pretended) -> None:
    rule = {**RULE, "annotations": {}, "health": "ok", "lastEvaluation": STAMP}
    group = {"name": "g", "file": "/etc/r.yml", "interval": 1, "rules": [rule]}
    report = given(made, "Down", {"status": "success", "data": {"groups": [group]}})
    assert [(each.status, each.subject) for each in report.diagnostics] == [
        ("pass", "r.yml/g/Down"),
        ("info", "prometheus"),
    ]
    with pytest.raises(InputError, match="there is no alert `Dwon`"):
        given(made, "Dwon", {"status": "success", "data": {"groups": [group]}})


def test_prometheus_that_does_not_report_its_rules_is_unavailable(made: Pretended) -> None:
    with pytest.raises(Unavailable, match="/api/v1/rules"):
        given(made, "Down", Reply("", 404))
