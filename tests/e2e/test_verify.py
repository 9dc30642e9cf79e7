"""`verify` on real servers: green on a good stack, and red with the right words on each way to break it.

One stack serves all tests of a runtime. Each test breaks one thing, wants exactly that to be red, and repairs it;
that nothing else is red in the next test shows that the repair was seen.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from tests.e2e.real_stack import BOTH, PASSWORD, Stack, running_stack, stackctl, undone

pytestmark = [pytest.mark.e2e, pytest.mark.long]

SHORT = ("--timeout", "3s")
IDS = {
    "component.ready",
    "stack.generation",
    "prometheus.config",
    "target.up",
    "service.health",
    "rule.loaded",
    "rule.healthy",
    "rule.data",
    "alertmanager.connected",
    "alertmanager.config",
    "job.loaded",
    "alertmanager.receiver",
    "probe.success",
}


@pytest.fixture(scope="module", params=BOTH)
def stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running_stack(request.param, tmp_path_factory.mktemp(f"verify-{request.param}")) as made:
        yield made


def red(stack: Stack, *subjects: str) -> dict[str, Any]:
    """The findings that fail, which must be those about `subjects` and no other."""
    failures = stack.failures(*SHORT)
    assert set(failures) == set(subjects)
    for failure in failures.values():
        assert failure["summary"]
        assert failure["remedy"].endswith(".")
        assert failure["source"]["line"] > 0
    return failures


# -- a good stack -------------------------------------------------------------------------------------------


def test_a_good_stack_is_green_in_the_published_shape(stack: Stack) -> None:
    report = json.loads(stack.run("verify", "--output", "json").stdout)
    assert list(report) == ["command", "stack", "runtime", "generation", "ok", "counts", "diagnostics"]
    assert (report["stack"], report["runtime"], report["ok"]) == (stack.name, stack.runtime, True)
    assert report["generation"] == stack.current
    assert report["counts"] == {"pass": len(report["diagnostics"]), "fail": 0, "warn": 0, "skip": 0}
    keys = [
        "code",
        "subject",
        "status",
        "summary",
        "cause",
        "evidence",
        "remedy",
        "source",
        "duration_seconds",
        "stage",
        "documentation",
    ]
    assert all(list(check) == keys for check in report["diagnostics"])
    assert all(list(check["source"]) == ["file", "line", "column"] for check in report["diagnostics"])
    assert {check["code"] for check in report["diagnostics"]} >= IDS
    targets = [check["subject"].partition("/")[0] for check in report["diagnostics"] if check["code"] == "target.up"]
    assert targets == ["prometheus", "alertmanager", "pushgateway", "node", "blackbox", "probe-home", "api"]


def test_every_format_reports_the_same(stack: Stack, tmp_path: Path) -> None:
    text = stack.run("verify", "--only", "rule").stdout
    assert "rule.healthy  rules.yml/shop/ShopDown  evaluates without errors" in text
    assert "verified: 6 passed" in text.splitlines()[-1]
    assert stack.run("verify", "--only", "rule", "-o", "github").stdout == "6 pass, 0 fail, 0 warn, 0 skip\n"
    out = tmp_path / "deep" / "report.xml"
    ran = stack.run("verify", "--only", "rule", "--output", "junit", "--out", str(out))
    assert (ran.stdout, ran.stderr) == ("", f"verified: see {out}\n")
    root = ET.parse(out).getroot()
    assert (root.get("tests"), root.get("failures")) == ("6", "0")


def test_only_chooses_checks_and_refuses_unknown_ones(stack: Stack) -> None:
    assert {check["code"] for check in stack.verify("--only", "component")} == {"component.ready"}
    both = {check["code"] for check in stack.verify("--only", "component, job.loaded", "--only", "stack.files")}
    assert both == {"component.ready", "job.loaded", "stack.files"}
    ran = stack.run("verify", "--only", "targets", code=2)
    assert ran.stdout == ""
    assert "error: --only: there is no check `targets`" in ran.stderr
    assert "target.up" in ran.stderr


# -- the application ----------------------------------------------------------------------------------------


def test_a_stopped_app_is_reported_as_refused(stack: Stack) -> None:
    stack.app.stop()
    with undone(stack.app.start):
        failures = red(stack, "target.up api", "probe.success home")
    assert failures["target.up api"]["summary"].startswith("down: connection refused at ")
    assert failures["target.up api"]["remedy"].startswith(f"Nothing listens on port {stack.app.port} ")
    assert "127.0.0.1 only" not in failures["target.up api"]["remedy"]  # as it was looked for there too
    assert "onnection refused" in failures["probe.success home"]["summary"]


METRICS = b"# TYPE up_to_now gauge\nup_to_now 1\n"
UNTYPED = "it serves metrics, but its Content-Type is not one for metrics: none"
PAGE = "it answers with a web page, not with metrics"
ANSWERS: dict[str, tuple[tuple[int, str | None, bytes], str, str]] = {
    "another-path": ((404, "text/plain", b"no"), "there is nothing at the metrics path", "`metrics_path: /metrics`"),
    "a-page": ((200, "text/html", b"<html></html>"), PAGE, "`metrics_path: /metrics` does not serve metrics"),
    "a-blank-type": ((200, "", METRICS), UNTYPED, "`fallback_scrape_protocol"),
    "no-type": ((200, None, METRICS), UNTYPED, "`fallback_scrape_protocol"),
    "a-page-as-text": ((200, "text/plain", b"<html>"), PAGE, "`metrics_path: /metrics` does not serve metrics"),
    "a-login": ((401, "text/plain", b"who?"), "it requires a login, and the manifest has none", "`basic_auth`"),
    "an-error": ((500, "text/plain", b"oh"), "the service answers with a server error: oh", "service's own log"),
    "a-redirect": ((302, "text/plain", b""), "it answers with a redirect", "`metrics_path`"),
}


@pytest.mark.parametrize("way", ANSWERS)
def test_an_app_that_does_not_answer_with_metrics_is_reported_why(stack: Stack, way: str) -> None:
    answer, cause, remedy = ANSWERS[way]
    stack.app.answers["/metrics"] = answer
    with undone(stack.app.answers.clear):
        failure = red(stack, "target.up api")["target.up api"]
    assert failure["summary"] == f"down: {cause}"
    assert remedy in failure["remedy"]
    assert failure["evidence"]


def test_a_slow_app_is_reported_as_slow(stack: Stack) -> None:
    stack.app.slow = slow = Event()

    def fix() -> None:
        stack.app.slow = None
        slow.set()

    with undone(fix):
        failure = red(stack, "target.up api")["target.up api"]
    assert failure["summary"] == "down: it does not answer in time"
    assert "`scrape_timeout`" in failure["remedy"]


@pytest.mark.parametrize(
    ("status", "says", "remedy"),
    [(404, "the path does not exist", "Correct the health path."), (500, "", "See the service's own log.")],
)
def test_a_health_path_is_asked(stack: Stack, status: int, says: str, remedy: str) -> None:
    stack.app.answers["/ready"] = (status, "text/plain", b"the database is away")
    with undone(stack.app.answers.clear):
        failure = red(stack, f"service.health {api(stack)} ready")[f"service.health {api(stack)} ready"]
    assert f"returns {status}: {says}" in failure["summary"]
    assert failure["remedy"] == remedy


def api(stack: Stack) -> str:
    return f"api/localhost:{stack.app.port}"


# -- the manifest -------------------------------------------------------------------------------------------

WRONG_SERVICES = """\
  wrong-port: {{targets: ["localhost:1"]}}
  wrong-path: {{targets: ["localhost:{app}"], metrics_path: /v1/metrics}}
  no-login: {{targets: ["localhost:{app}"], metrics_path: /private}}
  wrong-login:
    targets: ["localhost:{app}"]
    metrics_path: /private
    basic_auth: {{username: prometheus, password: "${{TEST_PASSWORD}}"}}
  wrong-scheme: {{targets: ["localhost:{app}"], scheme: https, tls: {{insecure_skip_verify: true}}}}
  wrong-name: {{targets: ["no-such-host.invalid:80"]}}
  dropped:
    targets: ["localhost:{app}"]
    relabel: [{{source_labels: [__address__], regex: ".*", action: drop}}]
"""
RIGHT_SERVICES = """\
  right-login:
    targets: ["localhost:{app}"]
    metrics_path: /private
    basic_auth: {{username: prometheus, password: "${{TEST_PASSWORD}}"}}
"""
WRONG = {
    "target.up wrong-port": "down: connection refused at ",
    "target.up wrong-path": "down: there is nothing at the metrics path",
    "target.up no-login": "down: it requires a login",
    "target.up wrong-login": "down: it requires a login",
    "target.up wrong-scheme": "down: it speaks plain HTTP, not TLS",
    "target.up wrong-name/no-such-host.invalid:80": "down: the name does not resolve",
    "target.up dropped": "dropped by step 1 of `relabel` (drop)",
}


def test_each_wrong_service_has_its_own_message(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    def fix() -> None:
        stack.write()
        stack.up()
        stack.run("verify")  # a restart takes its time to scrape again

    with undone(fix):
        monkeypatch.setenv("TEST_PASSWORD", "wrong")
        stack.write(services=WRONG_SERVICES.format(app=stack.app.port))
        stack.up()
        failures = stack.failures("--timeout", "8s")
        assert set(failures) == set(WRONG)
        for subject, words in WRONG.items():
            assert failures[subject]["summary"].startswith(words)
            assert failures[subject]["source"]["line"] > 20
        monkeypatch.setenv("TEST_PASSWORD", PASSWORD)
        stack.write(services=RIGHT_SERVICES.format(app=stack.app.port))
        stack.up()
        report = stack.run("verify").stdout
    assert f"right-login/localhost:{stack.app.port}  up at " in report
    assert PASSWORD not in report


def test_an_edit_that_was_not_applied_is_reported(stack: Stack) -> None:
    stack.write(rules="      - {alert: New, expr: up == 7}\n")
    with undone(stack.write):
        failures = red(stack, "stack.generation " + stack.name, "rule.loaded rules.yml/shop/New")
    assert "`stackctl reload`" in failures[f"stack.generation {stack.name}"]["remedy"]
    assert failures["rule.loaded rules.yml/shop/New"]["summary"] == "Prometheus has not loaded this rule"


def test_a_rule_whose_evaluation_fails_is_reported_with_the_reason(stack: Stack) -> None:
    def fix() -> None:
        stack.write()
        stack.run("reload")

    with undone(fix):
        stack.write(rules="      - {record: 'bad:match', expr: up * on() up}\n")
        stack.run("reload")
        failure = red(stack, "rule.healthy rules.yml/shop/bad:match")["rule.healthy rules.yml/shop/bad:match"]
    assert failure["summary"].startswith("evaluation fails: found duplicate series for the match group")


DASHBOARD = """\
title: Shop
variables:
  - {name: path, query: "label_values(shop_requests_total, path)"}
  - {name: gone, query: "label_values(shop_request_total, path)"}
rows:
  - panels:
      - {title: Fine, query: 'sum by (path) (rate(shop_requests_total{path=~"$path"}[$__rate_interval]))'}
      - {title: No metric, query: "sum(rate(shop_reqests_total[1m]))"}
      - {title: No label, query: "sum by (path) (shop_requests_total{paht='/'})"}
      - {title: No value, query: "shop_requests_total{path='/crat'}"}
      - {title: No job, query: "up{job='apii'}"}
      - {title: Too short, query: "rate(shop_requests_total[1s])"}
      - {title: Refused, query: "up * on() up"}
      - {title: Never met, query: "up * shop_requests_total"}
      - {title: Not now, query: "up > 1"}
      - {title: No errors, query: "sum(rate(shop_requests_total{path=~'/5..'}[1m]))"}
"""
DEAD = {
    "panel.variable $gone": "nothing serves `shop_request_total` Did you mean `shop_requests_total`?",
    "panel.data No metric": "nothing serves `shop_reqests_total` Did you mean `shop_requests_total`?",
    "panel.data No label": "`shop_requests_total` has no label `paht` Did you mean `path`?",
    "panel.data No value": 'no series of `shop_requests_total` has path="/crat" Did you mean `path="/cart"`?',
    "panel.data No job": 'no series of `up` has job="apii" Did you mean `job="api"`?',
    "panel.data Too short": "1s of `shop_requests_total` is shorter than two scrapes of `api` It is scraped every 1s",
    "panel.data Refused": "Prometheus rejects it: found duplicate series for the match group",
    "panel.data Never met": "both sides have series, but their labels do not match Aggregate both sides",
}


def test_reports_each_dead_panel_and_passes_live_ones(stack: Stack) -> None:
    (stack.folder / "shop.yml").write_text(DASHBOARD)
    stack.write()
    manifest = stack.folder / "stack.yml"
    manifest.write_text(manifest.read_text() + "dashboards: [{file: shop.yml}]\n")

    def fix() -> None:
        stack.write()
        stack.run("reload")

    with undone(fix):
        stack.run("reload")
        checks = stack.verify("--only", "panel")
    by_status: dict[str, dict[str, dict[str, Any]]] = {"pass": {}, "fail": {}}
    for check in checks:
        by_status[check["status"]][f"{check['code']} {check['subject'].removeprefix('shop.yml/')}"] = check
    assert set(by_status["fail"]) == set(DEAD)
    for name, words in DEAD.items():
        finding = by_status["fail"][name]
        assert f"{finding['summary']} {finding['remedy']}".startswith(words)
        assert (finding["source"]["file"], finding["stage"]) == ("shop.yml", "loaded")
        assert name.split(" ", 1)[1].lstrip("$") in DASHBOARD.splitlines()[finding["source"]["line"] - 1]
    assert {name: check["summary"] for name, check in by_status["pass"].items()} == {
        "panel.variable $path": "has data",
        "panel.data Fine": "has data",
        "panel.data Not now": "no series matches right now, which can be normal",
        "panel.data No errors": 'no series of `shop_requests_total` has path=~"/5.." yet',
    }


def test_an_alert_that_can_never_fire_is_reported(stack: Stack) -> None:
    def fix() -> None:
        stack.write()
        stack.run("reload")

    with undone(fix):
        stack.write(
            rules="      - {alert: Never, expr: 'rate(shop_request_total[1m]) > 1'}\n"
            "      - {alert: Gone, expr: absent(nothing_at_all)}\n"
            "      - {alert: Recorded, expr: 'shop:requests:rate1m > 9'}\n"
        )
        stack.run("reload")
        failure = red(stack, "rule.data rules.yml/shop/Never")["rule.data rules.yml/shop/Never"]
    assert failure["summary"] == "nothing serves `shop_request_total`"
    assert failure["remedy"] == "Did you mean `shop_requests_total`? Correct the name."
    assert failure["stage"] == "loaded"


# -- behind stackctl's back ---------------------------------------------------------------------------------


def test_a_rule_removed_from_the_live_tree_is_reported(stack: Stack) -> None:
    file = stack.live / "current" / "prometheus" / "rules" / "rules.yml"
    content = file.read_text()
    lines = content.splitlines(keepends=True)

    def fix() -> None:
        file.write_text(content)
        stack.reload_prometheus()

    with undone(fix):
        file.write_text("".join(line for line in lines if "ShopDown" not in line))
        stack.reload_prometheus()
        failures = red(stack, "rule.loaded rules.yml/shop/ShopDown", f"stack.files {stack.name}")
    assert failures["rule.loaded rules.yml/shop/ShopDown"]["remedy"] == "Run `stackctl reload`."


def test_a_rule_file_that_was_edited_by_hand_is_reported_with_what_is_foreign(stack: Stack) -> None:
    file = stack.live / "current" / "prometheus" / "rules" / "rules.yml"
    content = file.read_text()

    def fix() -> None:
        file.write_text(content)
        stack.reload_prometheus()

    with undone(fix):
        edited = content.replace('up{job="api"} == 0', 'up{job="api"} == 1')
        assert edited != content
        file.write_text(edited + "      - {alert: ByHand, expr: up == 7}\n")
        stack.reload_prometheus()
        checks = stack.verify(*SHORT)
    failed = [f"{check['code']} {check['subject']}" for check in checks if check["status"] == "fail"]
    assert failed == [f"stack.files {stack.name}", "rule.loaded rules.yml/shop/ShopDown"]
    warned = [f"{check['code']} {check['subject']}" for check in checks if check["status"] == "warn"]
    assert warned == ["drift.rule rules.yml/shop/ByHand"]


def test_an_older_generation_that_was_made_live_is_reported(stack: Stack) -> None:
    good = stack.current
    stack.write(prometheus="  external_labels: {region: eu}", rules="      - {alert: New, expr: up == 7}\n")
    stack.run("reload")

    def fix() -> None:
        stack.write()
        stack.run("reload")

    with undone(fix):
        (stack.live / "next").symlink_to(f"generations/{good}")
        (stack.live / "next").replace(stack.live / "current")
        stack.reload_prometheus()
        failures = red(
            stack, f"stack.generation {stack.name}", "prometheus.config prometheus", "rule.loaded rules.yml/shop/New"
        )
    assert failures["prometheus.config prometheus"]["summary"] == (
        "Prometheus has loaded a different configuration: global.external_labels: rendered, but not loaded"
    )


@pytest.mark.parametrize("unit", ["pushgateway", "alertmanager"])
def test_reports_a_stopped_server_and_up_restarts_it(stack: Stack, unit: str) -> None:
    stack.stop(unit)
    with undone(stack.up):
        failures = {key.partition("/")[0]: value for key, value in stack.failures(*SHORT).items()}
        assert set(failures) == {f"component.ready {unit}"}
    assert failures[f"component.ready {unit}"]["summary"].endswith("does not answer: connection refused")
    assert "`stackctl up`" in failures[f"component.ready {unit}"]["remedy"]


def test_stopped_prometheus_is_one_failure(stack: Stack) -> None:
    stack.stop("prometheus")
    with undone(stack.up):
        assert set(stack.failures("--timeout", "1s")) == {"component.ready prometheus"}


def test_everything_passes_again_after_all_repairs(stack: Stack) -> None:
    assert "✓ verified" in stack.run("verify").stdout


# -- no stack -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["verify", "reload"])
def test_exits_with_3_and_writes_nothing_if_nothing_runs(tmp_path: Path, command: str) -> None:
    (tmp_path / "stack.yml").write_text("version: 1\nname: idle\nservices: {api: {targets: ['localhost:1']}}\n")
    ran = stackctl("-f", str(tmp_path / "stack.yml"), command)
    assert (ran.returncode, ran.stdout) == (3, "")
    assert ran.stderr == (
        "unavailable: the stack `idle` is not running\nhelp: Run `stackctl up` first.\n\n"
        "To read more: stackctl explain unit.not-running\n"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["stack.yml"]
