"""Whom a Prometheus of somebody else sends its alerts to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from stackctl.access import Access
from stackctl.checks import connected
from stackctl.clients.http import Away
from stackctl.diagnostic import Diagnostic
from stackctl.runtimes.dial import directly
from stackctl.verification.given import dial_for
from tests.contract.serving import Asked, Reply
from tests.contract.world import World, closed, stamp, success

PROXY = "/api/v1/namespaces/shop/services/prometheus-operated:9090/proxy"
UPTIME = "2026-01-01T00:00:00Z"


@pytest.fixture
def given(well: World) -> World:
    well.servers["alertmanager"].routes["/api/v2/status"]["uptime"] = UPTIME
    servers = {name: Access(well.servers[name].url) for name in ("prometheus", "alertmanager")}
    well.change(given=servers, server=servers["prometheus"], seconds=1)
    return well


def findings(world: World) -> dict[str, Diagnostic]:
    return {f"{each.code} {each.subject}": each for each in connected.check(world.context)}


def sends_to(world: World, *urls: str) -> None:
    listed = [{"url": f"{url}/api/v2/alerts"} for url in urls]
    world.servers["prometheus"].routes["/api/v1/alertmanagers"] = success({"activeAlertmanagers": listed})


def counts(world: World, url: str, sent: float, failed: float) -> None:
    label = f'{{alertmanager="{url}/api/v2/alerts"}}'
    text = f"prometheus_notifications_sent_total{label} {sent}\nprometheus_notifications_errors_total{label} {failed}\n"
    world.servers["prometheus"].routes["/metrics"] = text


def one(world: World, sent: float, failed: float, url: str = "http://10.1.2.3:9093") -> Diagnostic:
    sends_to(world, url)
    counts(world, url, sent, failed)
    return findings(world)[f"alertmanager.connected {url}"]


def test_alerts_that_were_taken_are_a_pass(given: World) -> None:
    assert one(given, 10, 0).status == "pass"


def test_attempts_that_failed_before_are_mentioned(given: World) -> None:
    given.change(dial=directly)
    url = given.servers["alertmanager"].url
    assert one(given, 10, 2, url).summary == "Prometheus sends its alerts to it, 2 attempts failed before"


def test_alerts_that_are_lost_at_a_redirect_are_a_failure(given: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connected, "redirect_of", lambda *_: "https://alerts.test (301)")
    assert one(given, 10, 0).summary == (
        "the alerts that Prometheus sends to it are lost: "
        "it redirects to https://alerts.test (301), without their content"
    )


def test_alerts_that_all_failed_are_a_failure(given: World) -> None:
    assert one(given, 10, 10).summary == "the alerts that Prometheus sends to it are not accepted"


def test_without_any_alert_it_is_asked_from_here(given: World) -> None:
    given.change(dial=directly)
    url = given.servers["alertmanager"].url
    assert one(given, 0, 0, url).summary == "no alert was sent to it yet; it answers"


def test_given_alertmanager_that_is_away_is_reported_by_its_own_check_alone(given: World) -> None:
    given.change(dial=directly, away={"alertmanager": Away("it does not answer", "component.ready alertmanager")})
    url = given.servers["alertmanager"].url
    found = one(given, 10, 10, url)
    assert (found.status, found.depends_on) == ("skip", "component.ready alertmanager")
    assert one(given, 10, 10, "http://10.1.2.3:9093").status == "fail"


def test_another_server_is_not_an_alertmanager(given: World) -> None:
    given.change(dial=directly)
    found = one(given, 0, 0, given.servers["prometheus"].url)
    assert found.status == "fail"
    assert found.summary.endswith("it is not an Alertmanager: /api/v2/status returns 404")


@pytest.mark.parametrize(("status", "wanted"), [(401, "pass"), (403, "pass"), (302, "fail"), (503, "fail")])
def test_answer_to_a_stranger_is_judged_by_its_status(given: World, status: int, wanted: str) -> None:
    given.change(dial=directly)
    given.servers["grafana"].login = None
    given.servers["grafana"].routes["/api/v2/status"] = Reply("", status)
    assert one(given, 0, 0, given.servers["grafana"].url).status == wanted


def test_page_is_not_an_alertmanager(given: World) -> None:
    given.change(dial=directly)
    given.servers["grafana"].login = None
    given.servers["grafana"].routes["/api/v2/status"] = Reply("<html>Sign in</html>")
    found = one(given, 0, 0, given.servers["grafana"].url)
    assert found.summary.endswith("/api/v2/status returns something else")


def fires(world: World, since: float) -> Diagnostic:
    """The finding about the given Alertmanager while an alert fires, which has not arrived."""
    sends_to(world, world.servers["alertmanager"].url)
    world.time = 2000.0
    world.alerts = [{"labels": {"alertname": "Down"}, "annotations": {}, "activeAt": stamp(world.time - since)}]
    world.lost = {"Down"}
    world.servers["alertmanager"].routes["/api/v2/status"]["uptime"] = stamp(1000)
    return findings(world)["alertmanager.connected alertmanager"]


def test_alert_that_fires_and_does_not_arrive_is_a_failure(given: World) -> None:
    found = fires(given, 600)
    assert (found.status, found.summary) == ("fail", "alerts fire and do not arrive here: Down")


def test_alert_that_is_sent_again_later_is_no_failure(given: World) -> None:
    given.servers["prometheus"].routes["/api/v1/status/flags"] = success({"rules.alert.resend-delay": "15m"})
    found = fires(given, 600)
    assert (found.status, "not arrived yet" in found.summary) == ("pass", True)


def test_one_that_refuses_is_a_failure(given: World) -> None:
    given.change(dial=closed)
    found = one(given, 0, 0)
    assert (found.status, found.summary) == ("fail", "no alert was sent to it yet, and it refuses connections")


def test_one_that_cannot_be_reached_from_here_is_left_open(given: World) -> None:
    given.change(dial=unknown)
    assert one(given, 0, 0).status == "skip"


def unknown(host: str, port: int, seconds: float) -> Iterator[None]:
    raise OSError("elsewhere")


def test_given_one_is_known_by_its_address(given: World) -> None:
    assert findings(given)["alertmanager.connected alertmanager"].status == "pass"


def test_given_one_is_known_at_another_address(given: World) -> None:
    blackbox = given.servers["blackbox"]
    blackbox.routes["/api/v2/status"] = {"uptime": UPTIME}
    sends_to(given, blackbox.url)
    found = findings(given)["alertmanager.connected alertmanager"]
    assert (found.status, found.summary) == ("pass", "Prometheus sends its alerts to it, at another address")


def test_another_alertmanager_is_a_failure(given: World) -> None:
    blackbox = given.servers["blackbox"]
    blackbox.routes["/api/v2/status"] = {"uptime": "2025-01-01T00:00:00Z"}
    sends_to(given, blackbox.url)
    found = findings(given)["alertmanager.connected alertmanager"]
    assert (found.status, found.evidence) == ("fail", blackbox.url)


def test_given_one_may_be_behind_an_address_that_is_not_reached(given: World) -> None:
    sends_to(given, "http://127.0.0.1:1")
    assert findings(given)["alertmanager.connected alertmanager"].status == "skip"


def test_given_one_is_not_looked_for_at_addresses_inside_of_a_cluster(given: World) -> None:
    blackbox = given.servers["blackbox"]
    blackbox.routes["/api/v2/status"] = {"uptime": "2025-01-01T00:00:00Z"}
    sends_to(given, blackbox.url)
    proxied = Access(f"https://10.0.0.1:6443{PROXY}")
    given.change(dial=dial_for(proxied, directly))
    found = findings(given)
    assert found["alertmanager.connected alertmanager"].status == "skip"
    assert found[f"alertmanager.connected {blackbox.url}"].status == "skip"


@pytest.mark.parametrize(("sent_to", "wanted"), [("10.244.0.10:9093", "pass"), ("10.244.0.11:9093", "skip")])
def test_given_one_behind_a_proxy_is_known_by_its_start(given: World, sent_to: str, wanted: str) -> None:
    given.change(dial=dial_for(Access(f"https://10.0.0.1{PROXY}"), directly))
    given.servers["alertmanager"].routes["/metrics"] += "process_start_time_seconds 1.79615934777e+09\n"
    given.target("alertmanager")["scrapeUrl"] = "http://10.244.0.10:9093/metrics"
    sends_to(given, f"http://{sent_to}")
    prometheus = given.servers["prometheus"].routes
    before = prometheus["/api/v1/query"]
    labels = given.target("alertmanager")["labels"]

    def answer(query: str) -> object:
        if "process_start_time_seconds" in query:
            return success({"result": [{"metric": labels, "value": [0, "1"]}]})
        return before.answer(query)

    prometheus["/api/v1/query"] = Asked(answer)
    assert findings(given)["alertmanager.connected alertmanager"].status == wanted


def test_failed_reload_is_a_failure(given: World) -> None:
    given.servers["alertmanager"].routes["/metrics"] = "a 1\nalertmanager_config_last_reload_successful 0\n"
    assert findings(given)["alertmanager.config alertmanager"].status == "fail"


def test_configured_ones_that_are_not_found_are_a_failure(given: World) -> None:
    sends_to(given)
    found = findings(given)["alertmanager.connected prometheus"]
    assert (found.status, found.summary.partition(" of ")[0]) == ("fail", "Prometheus has found none")
    own = findings(given)["alertmanager.connected alertmanager"]
    assert (own.status, own.depends_on) == ("skip", "alertmanager.connected prometheus")


def test_api_that_is_not_served_is_a_skip(given: World) -> None:
    given.servers["prometheus"].routes["/api/v1/alertmanagers"] = Reply("not here", 404)
    assert {each.status for each in findings(given).values() if each.code == connected.CONNECTED} == {"skip"}
