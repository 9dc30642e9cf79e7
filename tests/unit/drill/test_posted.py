"""A drill by Alertmanager's API: the alerts as they are handed over, how long is waited, and what is found."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stackctl.drill import Delivery, Drilled
from stackctl.drill.posted import dropped_finding, filled, left_out, patience, posted_finding, resolve_seconds
from stackctl.source import Position

ROUTING = {
    "route": {
        "receiver": "theirs",
        "group_wait": "10s",
        "routes": [
            {"receiver": "oncall", "group_interval": "1m", "routes": [{"group_wait": "2m"}]},
            {"receiver": "audit", "group_wait": "1h"},
        ],
    }
}
ALERT = Drilled(0, "Down", "r.yml", "g", {"severity": "page"}, {}, Position("stack.yml", 3))
TAKEN = Delivery(ALERT, received=5.0, receivers=("oncall",), arrived={"oncall/slack": 12.0})


def test_texts_name_the_labels_that_are_known() -> None:
    labels = {"team": "core", "owner": "{{ $labels.team }}", "value": "{{ $value }}"}
    texts = {"a": "{{$labels.team}}, {{ .Labels.pod }}!", "b": "{{ $value | humanize }} of {{- $labels.owner -}}"}
    found = filled(replace(ALERT, labels=labels, annotations=texts))
    assert found.labels == {"alertname": "Down", "team": "core", "owner": "core"}
    assert found.annotations == {"a": "core, !", "b": "{{ $value | humanize }} of core"}


@pytest.mark.parametrize(
    ("receivers", "seconds"),
    [(["theirs"], (10, 300)), (["oncall"], (120, 60)), (["theirs", "oncall"], (120, 300)), (["nobody"], (30, 300))],
)
def test_patience_is_that_of_the_routes_to_the_receivers(receivers: list[str], seconds: tuple[float, float]) -> None:
    assert patience(ROUTING, receivers) == seconds


def test_alerts_last_as_long_as_the_configuration_says() -> None:
    assert resolve_seconds({"global": {"resolve_timeout": "90s"}}) == 90
    assert resolve_seconds({}) == 300


def test_delivered_alert_passes_with_the_times_since_it_was_handed_over() -> None:
    found = posted_finding(TAKEN, 20, 10.0, frozenset({"oncall"}), is_doubtful=False)
    assert (found.status, found.summary) == ("pass", "taken by Alertmanager, at oncall/slack after 2.0 s")


def test_delivery_is_in_doubt_where_others_were_counted() -> None:
    found = posted_finding(TAKEN, 20, 10.0, frozenset(), is_doubtful=True)
    assert (found.status, "messages about real alerts" in found.summary) == ("pass", True)
    missing = replace(TAKEN, arrived={"oncall/slack": None})
    assert "real alerts" not in posted_finding(missing, 20, 10.0, frozenset(), is_doubtful=True).summary


def test_more_receivers_than_declared_are_no_failure() -> None:
    assert posted_finding(TAKEN, 20, 10.0, frozenset(), is_doubtful=False).status == "pass"


def test_route_that_leads_elsewhere_is_named_though_another_receiver_is_notified() -> None:
    found = posted_finding(TAKEN, 20, 10.0, frozenset({"audit", "oncall"}), is_doubtful=False)
    assert found.status == "fail"
    assert "lead it to `oncall`, not to `audit`" in found.summary


def test_alert_that_is_not_shown_asks_for_the_address_of_one() -> None:
    found = posted_finding(Delivery(ALERT), 20, 10.0, frozenset({"oncall"}), is_doubtful=False)
    assert (found.status, found.stage) == ("fail", "loaded")
    assert "load balancer" in found.remedy


def test_silenced_alert_is_not_delivered_by_the_message_of_another() -> None:
    found = posted_finding(replace(TAKEN, kept_back="a silence holds"), 20, 10.0, frozenset(), is_doubtful=False)
    assert (found.status, found.summary) == ("skip", "not delivered: taken by Alertmanager, where a silence holds")


def test_alert_that_prometheus_does_not_send_names_the_step() -> None:
    found = dropped_finding(ALERT, 2)
    assert (found.status, found.subject) == ("fail", "r.yml/g/Down")
    assert "step 2" in found.summary


def test_what_is_not_shown_is_said_and_fails_nothing() -> None:
    found = left_out(Position("stack.yml", 1))
    assert found.status == "info"
    assert "stackctl verify" in found.remedy
