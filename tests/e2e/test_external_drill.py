"""`drill --live` with `runtime: external`: alerts are handed to a real Alertmanager, and followed to real receivers."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from threading import Event
from typing import Any

import pytest

from stackctl.access import Access
from stackctl.clients.alertmanager import Alertmanager
from stackctl.clients.http import Http
from stackctl.wait import wait_until
from tests.e2e.real_stack import need, neighbour, webhook
from tests.e2e.test_given_servers import Running, running
from tests.program import stackctl

pytestmark = [pytest.mark.e2e, pytest.mark.native]

PATIENCE_SECONDS = 30
# What the receiver at a path answers, and after how long.
STATUSES = {"/refusing": 500, "/forbidden": 403}
SLOW = "/slow"
NAMED = "--enable-feature=receiver-name-in-metrics"


def hook(*paths: str, **more: Any) -> list[dict[str, Any]]:
    return [{"url": f"http://127.0.0.1:{{people}}/{path}", **more} for path in paths]


def route(severity: str, receiver: str, **more: Any) -> dict[str, Any]:
    return {"matchers": [f'severity="{severity}"'], "receiver": receiver, **more}


RECEIVERS = {
    "oncall": hook("oncall", send_resolved=False),
    "audit": hook("audit", "audit-2"),
    "slow": hook("slow"),
    "refusing": hook("refusing"),
    "forbidden": hook("forbidden"),
    "moved": hook("moved"),
    "theirs": hook("theirs"),
    "null": [],
}
ALERTMANAGER: Mapping[str, Any] = {
    "global": {"resolve_timeout": "3s"},
    "route": {
        "receiver": "theirs",
        "group_by": ["alertname"],
        "group_wait": "1s",
        "group_interval": "2s",
        "routes": [
            route("page", "audit", **{"continue": True}),
            route("page", "oncall"),
            route("slow", "slow"),
            route("refused", "refusing"),
            route("forbidden", "forbidden"),
            route("moved", "moved"),
            route("nobody", "null"),
            route("patient", "oncall", group_wait="4s"),
            {"matchers": ['cluster="a"', 'zone=""', 'severity="labelled"'], "receiver": "oncall"},
        ],
    },
    "inhibit_rules": [
        {"source_matchers": ['severity="page"'], "target_matchers": ['severity="inhibited"'], "equal": ["cluster"]}
    ],
    "receivers": [{"name": name, "webhook_configs": blocks} for name, blocks in RECEIVERS.items()],
}
PROMETHEUS: Mapping[str, Any] = {
    "global": {"external_labels": {"cluster": "a", "replica": "r0"}},
    "alerting": {
        "alert_relabel_configs": [
            {"action": "labeldrop", "regex": "replica"},
            {"action": "drop", "source_labels": ["severity"], "regex": "dropped"},
        ],
        "alertmanagers": [{"static_configs": [{"targets": ["127.0.0.1:{alertmanager}"]}]}],
    },
}
# Alert -> its severity.
ALERTS = {
    "Down": "page",
    "Slow": "slow",
    "Refused": "refused",
    "Forbidden": "forbidden",
    "Moved": "moved",
    "Nobody": "nobody",
    "Patient": "patient",
    "Labelled": "labelled",
    "Dropped": "dropped",
    "Misled": "misled",
    "Silenced": "page",
    "Inhibited": "inhibited",
}
ANNOTATIONS = {"summary": "{{ $labels.instance }} of {{ $labels.team }} is down"}
MANIFEST: Mapping[str, Any] = {
    "version": 1,
    "name": "shop",
    "runtime": "external",
    "external": {"prometheus": "http://127.0.0.1:{prometheus}", "alertmanager": "http://127.0.0.1:{alertmanager}/am"},
    "services": {"shop": {"targets": ["127.0.0.1:9"]}},
    "rules": [
        {
            "name": "shop",
            "rules": [
                {"alert": name, "expr": "up == 0", "labels": {"severity": severity}, "annotations": ANNOTATIONS}
                for name, severity in ALERTS.items()
            ],
        }
    ],
    "alertmanager": {
        "receivers": {
            **{name: {"webhook": hook(name)} for name in RECEIVERS if name != "null"},
            "null": {},
        },
        "route": {
            "receiver": "theirs",
            "routes": [
                route("page", "audit", **{"continue": True}),
                {"matchers": ['severity=~"page|misled|patient"'], "receiver": "oncall"},
                route("slow", "slow"),
                route("refused", "refusing"),
                route("forbidden", "forbidden"),
                route("moved", "moved"),
                route("nobody", "null"),
                {"matchers": ['cluster="a"', 'severity="labelled"'], "receiver": "oncall"},
            ],
        },
    },
}


@dataclass
class Servers:
    """Servers of somebody else, the people who get their notifications, and a manifest for them."""

    made: Running
    told: list[tuple[str, Any]] = field(default_factory=list)
    release: Event = field(default_factory=Event)

    def hear(self, path: str, body: Any) -> int:
        self.told.append((path, body))
        if path == SLOW:
            self.release.wait(3)
        return STATUSES.get(path, 200)

    def text(self, content: Any) -> str:
        text = json.dumps(content)
        for name in ("people", "alertmanager", "prometheus"):
            text = text.replace(f"{{{name}}}", str(self.made.port(name)))
        return text

    def start(self) -> None:
        self.made.alertmanager("alertmanager", self.text(ALERTMANAGER), f"--web.external-url={self.url}", NAMED)
        self.made.prometheus(self.text(PROMETHEUS))
        self.made.files({"stack.yml": self.text(MANIFEST)})

    @property
    def alertmanager(self) -> Alertmanager:
        return Alertmanager(Http(Access(self.url)))

    def at(self, name: str) -> str:
        return f"http://127.0.0.1:{self.made.port(name)}"

    @property
    def url(self) -> str:
        return f"{self.at('alertmanager')}/am"

    def drilled(self, *arguments: str, before: Sequence[str] = (), code: int = 0) -> dict[str, dict[str, Any]]:
        """Alert -> finding."""
        self.told.clear()
        ran = stackctl(*before, "drill", "--live", "--output", "json", *arguments, cwd=self.made.folder)
        assert ran.returncode == code, ran.stdout + ran.stderr
        return {each["subject"].rpartition("/")[2]: each for each in json.loads(ran.stdout)["diagnostics"]}

    def paths(self, alert: str) -> set[str]:
        """The paths at which somebody was told that an alert fires."""
        return {
            path
            for path, body in self.told
            if body["status"] == "firing" and body["groupLabels"] == {"alertname": alert}
        }

    def left(self) -> list[Mapping[str, str]]:
        """The alerts of a drill that still fire."""
        return [each.labels for each in self.alertmanager.alerts('drill!=""')]

    def silence(self, alert: str) -> None:
        now = datetime.now(timezone.utc)
        silence = {
            "matchers": [{"name": "alertname", "value": alert, "isRegex": False}],
            "startsAt": now.isoformat(),
            "endsAt": (now + timedelta(hours=1)).isoformat(),
            "createdBy": "night shift",
            "comment": "a disk is being replaced",
        }
        answer = self.alertmanager.http.ask("/api/v2/silences", method="POST", body=silence)
        assert answer.ok, answer.text


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    need("native")
    with running(tmp_path_factory.mktemp("drilled")) as made:
        running_servers = Servers(made)
        with webhook(running_servers.hear, moved={"/moved": 301}) as port:
            made.ports["people"] = port
            running_servers.start()
            yield running_servers
            running_servers.release.set()


@pytest.fixture(scope="module")
def found(servers: Servers) -> dict[str, dict[str, Any]]:
    """The findings of a drill of all alerts at once."""
    servers.silence("Silenced")
    return servers.drilled("--label", "team=core", "--timeout", "7s", code=1)


def test_every_alert_is_found_where_the_loaded_routes_lead_it(found: Mapping[str, Mapping[str, Any]]) -> None:
    assert {name: each["status"] for name, each in found.items()} == {
        "Down": "pass",
        "Slow": "pass",
        "Patient": "pass",
        "Labelled": "pass",
        "Refused": "fail",
        "Forbidden": "fail",
        "Moved": "fail",
        "Misled": "fail",
        "Dropped": "fail",
        "Nobody": "warn",
        "Silenced": "skip",
        "Inhibited": "skip",
        "prometheus": "info",
    }
    down = found["Down"]["summary"]
    assert [way for way in ("audit/webhook after", "audit/webhook 2 after", "oncall/webhook") if way not in down] == []
    assert found["Down"]["source"]["line"] > 0
    assert "did not arrive at refusing/webhook within 7 s" in found["Refused"]["summary"]
    assert "attempts by webhook failed" in found["Refused"]["evidence"]
    assert "its URL redirects to the same URL with a slash at the end (301)" in found["Moved"]["evidence"]
    assert "lead it to `theirs`, not to `oncall`" in found["Misled"]["summary"]
    assert "step 2 of its `alert_relabel_configs` drops it" in found["Dropped"]["summary"]
    assert "a silence of `night shift` holds" in found["Silenced"]["summary"]
    assert "another alert that is firing inhibits it" in found["Inhibited"]["summary"]
    assert "stackctl logs" not in str(found)
    assert "stackctl reload" not in str(found)


def test_people_see_that_it_is_a_drill_and_nothing_of_it_stays(
    servers: Servers, found: Mapping[str, Mapping[str, Any]]
) -> None:
    bodies = [body for path, body in servers.told if path == "/oncall" and "Down" in str(body["groupLabels"])]
    (alert,) = bodies[0]["alerts"]
    labels = {"alertname": "Down", "cluster": "a", "drill": "live", "severity": "page", "team": "core"}
    assert labels.items() <= alert["labels"].items()
    assert "replica" not in alert["labels"]
    assert alert["annotations"] == {"summary": " of core is down"}
    assert servers.left() == []


def test_alert_is_notified_again_by_the_next_drill_without_a_timeout(servers: Servers) -> None:
    for _ in range(2):
        assert servers.drilled("Down")["Down"]["status"] == "pass"
        assert servers.paths("Down") == {"/oncall", "/audit", "/audit-2"}
    assert servers.left() == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_alert_ends_when_the_drill_is_killed(servers: Servers, number: signal.Signals) -> None:
    command = [sys.executable, "-m", "stackctl", "drill", "--live", "Patient"]
    with subprocess.Popen(command, cwd=servers.made.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as drill:
        wait_until(servers.left, bool, PATIENCE_SECONDS, what="the alert")
        drill.send_signal(number)
        drill.communicate(timeout=PATIENCE_SECONDS)
        if number == signal.SIGTERM:
            assert servers.left() == []
    wait_until(servers.left, lambda left: not left, PATIENCE_SECONDS, what="the end of the alert")


def test_alerts_of_vmalert_are_drilled_without_a_manifest(servers: Servers) -> None:
    made = servers.made
    store, rules = made.port("store"), made.port("rules")
    groups = MANIFEST["rules"]
    made.files({"rules.yml": servers.text({"groups": groups})})
    own = [f"-storageDataPath={made.folder / 'store'}", f"-vmalert.proxyURL=http://127.0.0.1:{rules}"]
    made.start("store", neighbour("victoria-metrics"), f"-httpListenAddr=127.0.0.1:{store}", *own)
    source = [f"-datasource.url=http://127.0.0.1:{store}", f"-notifier.url={servers.url}"]
    made.start("rules", neighbour("vmalert"), "-rule=rules.yml", f"-httpListenAddr=127.0.0.1:{rules}", *source)
    found = servers.drilled(f"--prometheus=http://127.0.0.1:{store}", f"--alertmanager={servers.url}", "Down", "Misled")
    assert {name: each["status"] for name, each in found.items()} == {
        "Down": "pass",
        "Misled": "pass",  # nothing declares where it should go
        "prometheus": "info",
    }
    assert servers.paths("Misled") == {"/theirs"}


def test_report_for_people_says_what_a_drill_does_not_show(servers: Servers) -> None:
    ran = stackctl("drill", "--live", "Labelled", cwd=servers.made.folder)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "taken by Alertmanager, at oncall/webhook after" in ran.stdout
    assert "no rule was evaluated" in ran.stdout


def test_receivers_that_share_a_counter_are_red_together_and_say_why(servers: Servers) -> None:
    servers.made.alertmanager("unnamed", servers.text(ALERTMANAGER))
    urls = {"prometheus": servers.at("prometheus"), "alertmanager": servers.at("unnamed")}
    manifest = {**MANIFEST, "external": urls}
    servers.made.files({"unnamed.stack.yml": servers.text(manifest)})
    chosen = ("-f", "unnamed.stack.yml")
    assert servers.drilled("Down", before=chosen)["Down"]["status"] == "pass"
    found = servers.drilled("Down", "Refused", "--timeout", "4s", before=chosen, code=1)
    assert {found[name]["status"] for name in ("Down", "Refused")} == {"fail"}
    assert "--enable-feature=receiver-name-in-metrics" in found["Down"]["evidence"]


def test_bad_input_is_named_all_at_once(servers: Servers) -> None:
    ran = stackctl("drill", "Dwon", "--label", "team", cwd=servers.made.folder)
    assert ran.returncode == 2
    for words in ("not a NAME=VALUE: `team`", "`stackctl drill` cannot", "Did you mean `Down`"):
        assert words in ran.stderr
