"""What was sent is what receivers have taken, by Alertmanager's counters, its log and the order of both."""

from __future__ import annotations

import time
from dataclasses import replace
from urllib.parse import unquote_plus

import pytest

from stackctl.access import Access
from stackctl.checks import notified
from stackctl.checks.notified import Failure, failing
from stackctl.verification.server_log import Entry, entries
from tests.contract.serving import Asked
from tests.contract.world import NOTIFIED, Around, World, stamp, success

ID = "alertmanager.notifications"
REFUSED = (
    'level=WARN msg="Notify attempt failed, will retry later" component=dispatcher receiver=oncall '
    'integration=webhook[0] aggrGroup={}:{} attempts=1 err="Post: connect: connection refused"'
)
GIVEN_UP = (
    'level=ERROR msg="Notify for alerts failed" component=dispatcher num_alerts=1 err="oncall/webhook[0]: notify retry '
    'canceled due to unrecoverable error after 1 attempts: unexpected status code 404\\nteam/slack[1]: gone"'
)
SUCCESS = 'level=INFO msg="Notify success" component=dispatcher receiver=oncall integration=webhook[0] attempts=3'


def count(well: World, tried: int, failed: int, labels: str = 'integration="webhook"') -> None:
    routes = well.servers["alertmanager"].routes
    name = "alertmanager_notification_requests"
    counters = f"{name}_total{{{labels}}} {tried}\n{name}_failed_total{{{labels}}} {failed}\n"
    routes["/metrics"] = routes["/metrics"].replace(NOTIFIED, counters)


def remember(well: World, *points: tuple[float, int, int], **labels: str) -> None:
    """Let Prometheus have scraped these counters: seconds ago, attempts, failures."""
    now = time.time()

    def answer(query: str) -> object:
        at = 2 if "failed" in query else 1
        values = [[now - point[0], str(point[at])] for point in points]
        return success({"result": [{"metric": {"integration": "webhook", **labels}, "values": values}]})

    well.servers["prometheus"].routes["/api/v1/query_range"] = Asked(answer)


def log(well: World, *lines: str) -> None:
    place = well.context.place
    assert isinstance(place, Around)
    place.lines = lines


def test_receiver_that_takes_everything_passes(well: World) -> None:
    finding = well.only(ID)
    assert (finding.subject, finding.status, finding.summary) == ("oncall", "pass", "5 notifications were accepted")


def test_receiver_whose_url_redirects_fails(well: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notified, "redirect_of", lambda _, url: "https://hooks.test (301)" if url else "")
    summary = (
        "the notifications by webhook are lost: its URL redirects to https://hooks.test (301), without their content"
    )
    assert (well.only(ID).status, well.only(ID).summary) == ("fail", summary)
    count(well, 0, 0)
    assert well.only(ID).status == "pass"


def test_receiver_that_was_never_needed_passes_and_says_so(well: World) -> None:
    count(well, 0, 0)
    finding = well.only(ID)
    assert finding.status == "pass"
    assert "drill --live" in finding.summary


@pytest.mark.parametrize(
    ("states", "said"),
    [
        ([], "no notification was sent yet: Alertmanager has had no alert for it"),
        (["suppressed", "suppressed"], "no notification was sent: all its 2 alerts are silenced, inhibited or muted"),
        (["suppressed", "active"], "1 of its alerts wait: it still collects them (`group_wait`), or has sent"),
    ],
)
def test_receiver_that_was_not_notified_says_what_its_alerts_wait_for(
    well: World, states: list[str], said: str
) -> None:
    count(well, 0, 0)
    group = {"alerts": [{"status": {"state": each}} for each in states]}
    well.servers["alertmanager"].routes["/api/v2/alerts/groups"] = [group]
    finding = well.only(ID)
    assert finding.status == "pass"
    assert said in finding.summary


def test_receiver_that_takes_nothing_fails_with_the_reason(well: World) -> None:
    count(well, 4, 4)
    log(well, REFUSED)
    finding = well.only(ID)
    assert finding.status == "fail"
    assert finding.summary == "the last notification by webhook failed: Post: connect: connection refused"
    assert finding.evidence == "4 of 4 attempts have failed"


def test_notifications_that_go_on_while_they_are_counted_are_no_restart(well: World) -> None:
    count(well, 20, 5)
    earlier = well.servers["alertmanager"].routes["/metrics"]
    remember(well, (30, 19, 5), (15, 21, 5))
    scraped = well.servers["prometheus"].routes["/api/v1/query_range"].answer

    def answer(query: str) -> object:
        well.servers["alertmanager"].routes["/metrics"] = earlier.replace("} 20", "} 22")
        return scraped(query)

    well.servers["prometheus"].routes["/api/v1/query_range"] = Asked(answer)
    finding = well.only(ID)
    assert (finding.status, finding.summary) == ("pass", "17 notifications were accepted, 5 attempts failed before")


@pytest.mark.parametrize(
    ("points", "status"),
    [
        (((600, 0, 0), (300, 3, 3)), "pass"),
        (((600, 0, 0), (300, 2, 0)), "fail"),
        (((900, 9, 9), (600, 0, 0), (300, 3, 3)), "pass"),
        (((600, 5, 3), (300, 5, 3)), "warn"),
    ],
    ids=["delivered since", "failed since", "restarted, delivered since", "both long ago"],
)
def test_last_attempt_decides(well: World, points: tuple[tuple[float, int, int], ...], status: str) -> None:
    count(well, 5, 3)
    remember(well, *points)
    assert well.only(ID).status == status


@pytest.mark.parametrize(("tried", "failed", "status"), [(67, 61, "warn"), (6, 3, "warn"), (500, 2, "pass")])
def test_mostly_failed_attempts_of_an_unknown_time_are_a_warning(
    well: World, tried: int, failed: int, status: str
) -> None:
    count(well, tried, failed)
    remember(well)
    finding = well.only(ID)
    assert finding.status == status
    assert f"{failed} of {tried} attempts" in finding.summary or "2 attempts failed before" in finding.summary


def test_counters_are_read_from_the_job_that_scrapes_the_alertmanager(well: World) -> None:
    stack, queries = well.context.stack, list[str]()
    assert stack.alertmanager
    well.change(stack=replace(stack, alertmanager=replace(stack.alertmanager, scrape=None)))
    well.target("alertmanager")["labels"] = {"job": "monitoring", "instance": "alerts-1"}
    count(well, 3, 1)

    def answer(query: str) -> object:
        queries.append(unquote_plus(query))
        return success({"result": []})

    well.servers["prometheus"].routes["/api/v1/query_range"] = Asked(answer)
    well.findings(ID)
    assert len(queries) == 2
    assert all('{job="monitoring",instance="alerts-1"}' in each for each in queries)


@pytest.mark.parametrize(("others", "wanted"), [((), "fail"), (("alerts-2",), "warn")])
def test_given_alertmanager_behind_a_proxy_is_known_by_its_start(
    well: World, others: tuple[str, ...], wanted: str
) -> None:
    alertmanager, prometheus = well.servers["alertmanager"], well.servers["prometheus"]
    well.change(given={"prometheus": Access(prometheus.url), "alertmanager": Access(alertmanager.url)})
    well.target("alertmanager")["scrapeUrl"] = "http://10.244.0.10:9093/metrics"
    alertmanager.routes["/metrics"] += "process_start_time_seconds 1.79615934777e+09\n"
    count(well, 30, 20)
    remember(well, (600, 0, 0), (300, 10, 0), (60, 20, 10))  # what was delivered at first says nothing of today
    queries = list[str]()

    def answer(query: str) -> object:
        queries.append(unquote_plus(query))
        found = [{"metric": {"job": "alerts", "instance": each}, "value": [0, "1"]} for each in ("alerts-1", *others)]
        return success({"result": found})

    prometheus.routes["/api/v1/query"] = Asked(answer)
    (found,) = notified.check(well.context)
    assert found.status == wanted
    assert any("process_start_time_seconds == 1796159347.77)" in each for each in queries)


def test_earlier_failures_are_mentioned(well: World) -> None:
    count(well, 5, 3)
    remember(well, (600, 0, 0), (300, 3, 3))
    assert well.only(ID).summary == "2 notifications were accepted, 3 attempts failed before"


def test_counters_that_name_the_receiver_are_distinguished(well: World) -> None:
    count(well, 4, 4, 'integration="webhook",receiver_name="another"')
    routes = well.servers["alertmanager"].routes
    own = 'integration="webhook",receiver_name="oncall"'
    routes["/metrics"] += f"alertmanager_notification_requests_total{{{own}}} 2\n"
    assert well.only(ID).status == "pass"


def test_shared_counters_blame_the_receiver_that_the_log_names(well: World) -> None:
    count(well, 4, 2)
    remember(well, (600, 0, 0), (300, 2, 0))
    log(well, REFUSED.replace("receiver=oncall", "receiver=another"))
    assert well.only(ID).status == "pass"
    log(well, REFUSED)
    assert well.only(ID).status == "fail"


def test_receiver_that_no_route_leads_to_passes_and_says_so(well: World) -> None:
    count(well, 4, 0, 'integration="webhook",receiver_name="another"')
    finding = well.only(ID)
    assert (finding.status, finding.summary) == ("pass", "no route leads to it, so it is never notified")


def test_missing_counters_fail(well: World) -> None:
    routes = well.servers["alertmanager"].routes
    routes["/metrics"] = routes["/metrics"].replace(NOTIFIED, "")
    assert well.only(ID).status == "fail"


def read(well: World, *lines: str) -> list[Failure]:
    log(well, *lines)
    return failing(entries(well.context.place, well.context.stack, "alertmanager"), 0.0)


def test_notification_that_is_given_up_is_read_from_its_error(well: World) -> None:
    reason = "notify retry canceled due to unrecoverable error after 1 attempts: unexpected status code 404"
    assert read(well, GIVEN_UP) == [Failure("oncall", "webhook[0]", reason), Failure("team", "slack[1]", "gone")]


def test_success_after_a_failure_ends_it(well: World) -> None:
    assert read(well, REFUSED, SUCCESS) == []
    assert [each.receiver for each in read(well, REFUSED, SUCCESS, REFUSED)] == ["oncall"]


def test_failures_before_the_time_asked_for_do_not_count() -> None:
    fields = {"receiver": "a", "integration": "slack[0]", "err": "no"}
    assert failing([Entry(99.0, fields)], 100.0) == []
    assert len(failing([Entry(101.0, fields)], 100.0)) == 1


@pytest.mark.parametrize("field", ["labels", "annotations"])
def test_template_that_cannot_be_expanded_fails_its_rule(well: World, field: str) -> None:
    broken = {"summary": "<error expanding template: error executing template>"}
    labels = {"alertname": "Down", "severity": "page", "job": "api"}
    alert = {"labels": labels, "annotations": {}}
    alert[field] = {**alert[field], **broken}
    well.alerts.append(alert)
    found = {f.subject: f for f in well.findings("rule.healthy") if f.status == "fail"}
    assert list(found) == ["r.yml/g/Down"]
    assert "error expanding template" in found["r.yml/g/Down"].evidence


def test_time_of_a_log_line_is_read_in_both_formats(well: World) -> None:
    log(well, f'time={stamp(100.5)} msg="a"', f'ts={stamp(100.5)} caller=x msg="b"', "no fields at all")
    found = entries(well.context.place, well.context.stack, "alertmanager")
    assert [(each.time, each.message) for each in found] == [(100.5, "a"), (100.5, "b"), (0.0, "")]
