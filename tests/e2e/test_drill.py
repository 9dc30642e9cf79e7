"""The fire drill on real servers: what arrives where, who is not told, and what is left of it."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from stackctl.runtimes.select import reopen_runtime
from stackctl.wait import wait_until
from tests.e2e.real_stack import BOTH, need, webhook
from tests.ports import free_port
from tests.program import stackctl

pytestmark = [pytest.mark.e2e, pytest.mark.long]

PATIENCE_SECONDS = 30
MANIFEST = """\
version: 1
name: {name}
prometheus: {{listen: 127.0.0.1:{prometheus}, scrape_interval: 1s, evaluation_interval: 1s{more}}}
alertmanager:
  listen: 127.0.0.1:{alertmanager}
  receivers:
    oncall:
      slack: {{api_url: "{real}/slack", channel: "#ops"}}
      pagerduty: {{routing_key: real-key, url: "{real}/pagerduty"}}
    team:
      email: {{to: team@shop.test, from: a@shop.test, smarthost: "127.0.0.1:9", auth_username: u, auth_password: pw}}
      webhook: [{{url: "{real}/a"}}, {{url: "{real}/b", max_alerts: 5}}]
      opsgenie: {{api_key: real-key, api_url: "{real}/opsgenie/"}}
      teams: {{webhook_url: "{real}/teams"}}
  route:
    receiver: team
    group_wait: 1s
    group_interval: 2s
    routes:
      - {{matchers: ['severity="critical"'], receiver: oncall}}
  extra:
    inhibit_rules:
      - {{source_matchers: ['severity="critical"'], target_matchers: ['severity="warning"']}}
services: {{self: {{targets: ["{itself}"]}}}}
rules:
  - name: shop
    rules:
      - alert: Down
        expr: up > 2
        for: 5m
        labels: {{severity: critical}}
        annotations: {{summary: "{{{{ $labels.job }}}} is down"}}
      - {{alert: Slow, expr: "up > 2", labels: {{severity: warning}}}}
      - {{alert: Real, expr: "vector({fires}) > 0", labels: {{severity: info}}}}
"""


@dataclass
class People:
    """The real receivers, on this machine: what they were told."""

    told: list[tuple[str, Any]] = field(default_factory=list)
    url: str = ""

    def alerts(self) -> set[str]:
        """The names of the alerts in the webhook notifications, with a mark when it was a drill's."""
        return {
            alert["labels"]["alertname"] + (" (drill)" if "drill" in alert["labels"] else "")
            for path, body in self.told
            if path in ("/a", "/b")
            for alert in body["alerts"]
        }


@pytest.fixture
def people(request: pytest.FixtureRequest) -> Iterator[People]:
    made = People()

    def hear(path: str, body: Any) -> int:
        made.told.append((path, body))
        return 202

    runtime = request.getfixturevalue("runtime")
    listen, host = reopen_runtime(runtime, "", Path()).callback()
    with webhook(hear, listen) as port:
        made.url = f"http://{'localhost' if runtime == 'native' else host}:{port}"
        yield made


@dataclass(frozen=True)
class Stack:
    folder: Path
    runtime: str
    ports: dict[str, int]
    people: People

    def write(self, *, fires: int = 0, more: str = "", rules: str = "") -> None:
        name = f"stackctl-drill-{self.ports['prometheus']}"
        itself = "prometheus:9090" if self.runtime == "docker" else f"127.0.0.1:{self.ports['prometheus']}"
        values = {"name": name, "itself": itself, "real": self.people.url, "fires": fires, "more": more}
        text = MANIFEST.format(**values, **self.ports) + rules
        (self.folder / "stack.yml").write_text(text)

    def ran(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return stackctl(*arguments, cwd=self.folder)

    def run(self, *arguments: str, code: int = 0) -> str:
        ran = self.ran(*arguments)
        assert ran.returncode == code, ran.stdout + ran.stderr
        return ran.stdout + ran.stderr

    def drilled(self, *arguments: str, code: int = 0) -> dict[str, dict[str, Any]]:
        """Alert -> finding."""
        ran = self.ran("drill", "--output", "json", *arguments)
        assert ran.returncode == code, ran.stdout + ran.stderr
        return {check["subject"].rpartition("/")[2]: check for check in json.loads(ran.stdout)["diagnostics"]}

    def ask(self, server: str, path: str) -> Any:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.ports[server]}{path}", timeout=10) as answer:
            return json.load(answer)

    def silence(self, alert: str, author: str, comment: str) -> None:
        now = datetime.now(timezone.utc)
        silence = {
            "matchers": [{"name": "alertname", "value": alert, "isRegex": False}],
            "startsAt": now.isoformat(),
            "endsAt": (now + timedelta(hours=1)).isoformat(),
            "createdBy": author,
            "comment": comment,
        }
        url = f"http://127.0.0.1:{self.ports['alertmanager']}/api/v2/silences"
        body, headers = json.dumps(silence).encode(), {"Content-Type": "application/json"}
        urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=10).close()

    def rules(self) -> list[str]:
        groups = self.ask("prometheus", "/api/v1/rules")["data"]["groups"]
        return sorted(f"{group['name']}/{rule['name']}" for group in groups for rule in group["rules"])

    def left(self) -> list[str]:
        """What of a drill the servers and the folder still hold."""
        receivers = [each["name"] for each in self.ask("alertmanager", "/api/v2/receivers")]
        alerts = self.ask("alertmanager", "/api/v2/alerts?filter=drill!%3D%22%22")
        generations = (self.folder / ".stackctl" / "live" / "generations").iterdir()
        return [
            *(name for name in receivers if name not in ("oncall", "team", "stackctl-drill")),
            *(rule for rule in self.rules() if not rule.startswith("shop/")),
            *(alert["labels"]["alertname"] for alert in alerts),
            *(path.name for path in generations if (path / "prometheus" / "rules" / "stackctl-drill.yml").exists()),
        ]


@pytest.fixture(params=BOTH)
def runtime(request: pytest.FixtureRequest) -> str:
    need(request.param)
    return str(request.param)


@pytest.fixture
def stack(runtime: str, people: People, tmp_path: Path) -> Iterator[Stack]:
    made = Stack(tmp_path, runtime, {"prometheus": free_port(), "alertmanager": free_port()}, people)
    made.write()
    made.run("up", "--runtime", runtime)
    yield made
    made.run("down", "--volumes")


def test_every_alert_arrives_where_routes_send_it_and_notifies_nobody(stack: Stack) -> None:
    generations = {path.name for path in (stack.folder / ".stackctl" / "live" / "generations").iterdir()}
    for _ in range(2):  # what was told once is not told again for hours, but a drill must be
        found = stack.drilled()
        assert {name: finding["status"] for name, finding in found.items()} == dict.fromkeys(
            ("Down", "Slow", "Real"), "pass"
        )
        down, slow = found["Down"]["summary"], found["Slow"]["summary"]
        assert [word for word in ("oncall/slack", "oncall/pagerduty") if word not in down] == []
        ways = ("team/email", "team/webhook after", "team/webhook 2", "team/opsgenie", "team/msteamsv2")
        assert [word for word in ways if word not in slow] == []
        assert "team/" not in down
        assert found["Down"]["source"]["line"] > 0
        assert stack.left() == []
    assert stack.people.told == []
    assert {path.name for path in (stack.folder / ".stackctl" / "live" / "generations").iterdir()} == generations
    stack.run("verify")


def test_a_real_alert_reaches_people_while_a_drill_goes_on(stack: Stack) -> None:
    stack.run("verify", "--only", "alertmanager")  # what fires before it is known is sent a minute later
    stack.write(fires=1)
    stack.run("reload")
    wait_until(stack.people.alerts, lambda names: "Real" in names, PATIENCE_SECONDS, what="the real alert")
    stack.people.told.clear()
    assert {finding["status"] for finding in stack.drilled().values()} == {"pass"}
    assert "Real (drill)" not in stack.people.alerts()
    # The real group is told again when something new fires in it: what is over of the drill must not be in that.
    stack.write(fires=1, rules='      - {alert: Second, expr: "vector(1) > 0", labels: {severity: info}}\n')
    stack.run("reload")
    wait_until(stack.people.alerts, lambda names: "Second" in names, PATIENCE_SECONDS, what="the second real alert")
    assert {name for name in stack.people.alerts() if "drill" in name} == set()
    firing = stack.ask("alertmanager", "/api/v2/alerts")
    assert sorted(alert["labels"]["alertname"] for alert in firing) == ["Real", "Second"]
    assert stack.left() == []


def test_live_drill_notifies_people_that_it_is_a_drill(stack: Stack) -> None:
    found = stack.drilled("Down", "--live")
    assert "oncall/pagerduty" in found["Down"]["summary"]
    told = dict(stack.people.told)
    assert told.keys() >= {"/slack", "/pagerduty"}
    assert "drill" in json.dumps(told["/pagerduty"])
    assert stack.left() == []


def test_an_alert_that_does_not_reach_alertmanager_is_red(stack: Stack) -> None:
    stack.write(more=", extra: {alerting: {alertmanagers: [{static_configs: [{targets: ['127.0.0.1:9']}]}]}}")
    stack.run("reload")
    found = stack.drilled("Slow", "--timeout", "3s", code=1)
    assert found["Slow"]["summary"] == "fired, but did not reach Alertmanager within 3 s"
    assert "verify --only alertmanager" in found["Slow"]["remedy"]
    assert stack.left() == []


def test_a_silenced_alert_is_skipped_at_once_with_who_silenced_it(stack: Stack) -> None:
    stack.silence("Down", "night shift", "a disk is being replaced")
    found = stack.drilled("Down", "Real", "--timeout", "120s")
    assert {name: finding["status"] for name, finding in found.items()} == {"Down": "skip", "Real": "pass"}
    # A drill that has shown nothing has not passed.
    alone = stack.drilled("Down", "--live", "--timeout", "120s", code=1)
    assert alone["Down"]["status"] == "skip"
    for finding in (found["Down"], alone["Down"]):
        said = finding["summary"]
        assert re.search(r"a silence of `night shift` holds until 20.* \(`a disk is being replaced`\)$", said)
        assert "expire the silence" in finding["remedy"]
    assert not any("/slack" in path for path, _ in stack.people.told)
    assert stack.left() == []


def test_an_alert_that_another_inhibits_is_skipped_when_people_would_be_notified(stack: Stack) -> None:
    found = stack.drilled("Down", "Slow", "--live")
    assert {name: finding["status"] for name, finding in found.items()} == {"Down": "pass", "Slow": "skip"}
    assert found["Slow"]["summary"].endswith("where another alert that is firing inhibits it")


def test_verify_includes_the_drill_when_asked(stack: Stack) -> None:
    report = json.loads(stack.run("verify", "--drill", "--output", "json"))
    assert [check["subject"] for check in report["diagnostics"] if check["code"] == "drill.delivered"]
    assert report["ok"]
    assert stack.left() == []


def test_what_cannot_be_drilled_has_a_remedy(stack: Stack) -> None:
    assert "Did you mean `Down`" in stack.run("drill", "Dwon", code=2)
    assert "not a NAME=VALUE: `team`" in stack.run("drill", "--label", "team", code=2)
    stack.write(fires=1)
    said = stack.run("drill", code=1)
    assert "the running stack differs from the manifest" in said
    assert "Run `stackctl reload`" in said
    assert stack.left() == []


# -- cut short ------------------------------------------------------------------------------------------------


CUT_SHORT = """\
import stackctl.drill.sink as sink, sys
from stackctl.cli.main import run
sink.Sink.seen = lambda self: sink.Arrivals({})
sys.argv = ["stackctl", "drill", "Slow", "--timeout", "100s"]
run()
"""


def cut_short(stack: Stack, number: signal.Signals) -> int:
    """A drill that is ended by a signal while its alert fires. No receiver is ever told, so it would go on."""
    process = subprocess.Popen([sys.executable, "-c", CUT_SHORT], cwd=stack.folder, stderr=subprocess.DEVNULL)
    try:
        wait_until(
            lambda: stack.ask("alertmanager", "/api/v2/alerts?filter=drill!%3D%22%22"),
            bool, PATIENCE_SECONDS, what="the drilled alert",
        )  # fmt: skip
        process.send_signal(number)
        return process.wait(60)
    finally:
        process.kill()
        process.wait(10)


def test_an_interrupted_drill_leaves_nothing(stack: Stack) -> None:
    assert cut_short(stack, signal.SIGINT) == 130
    assert stack.left() == []
    assert stack.people.told == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_terminated_drill_leaves_nothing(stack: Stack, number: signal.Signals) -> None:
    assert cut_short(stack, number) == 128 + number
    assert stack.left() == []
    assert stack.people.told == []


@pytest.mark.parametrize("command", ["reload", "up", "drill", "status"])
def test_a_killed_drill_is_ended_by_the_next_command_and_notifies_nobody(stack: Stack, command: str) -> None:
    assert cut_short(stack, signal.SIGKILL) == -signal.SIGKILL
    assert stack.left() != []
    said = stack.run(command, *(("--runtime", stack.runtime) if command == "up" else ()))
    assert re.search("`drill` of 20.* was interrupted: ended\n", said)
    assert stack.left() == []
    assert stack.people.told == []
