from __future__ import annotations

from typing import Any

import pytest
import yaml

from stackctl.model import Match, Period, Receiver, Routing, RoutingRule
from stackctl.render import render, routing
from stackctl.source import Secret
from tests.unit.render.stacks import HERE, alertmanager, declared, stack

OFFICE = Period(("monday", "friday"), "09:00", "17:00", "Europe/Berlin")


def config_of(receivers: dict[str, Any], runtime: str = "native", **fields: Any) -> dict[str, Any]:
    one = alertmanager(Receiver("team", receivers, HERE), **fields)
    tree = render(stack(alertmanager=one), runtime)
    return declared(yaml.safe_load(tree.files["alertmanager/alertmanager.yml"].content))


def route_of(**fields: Any) -> dict[str, Any]:
    rule = RoutingRule("team", HERE, **fields)
    result: dict[str, Any] = routing.route(Routing("nobody", {}, (rule,)))["routes"][0]
    return result


@pytest.mark.parametrize(
    ("match", "written"),
    [
        (Match("severity", "=", "critical"), 'severity="critical"'),
        (Match("team", "!=", ""), 'team!=""'),
        (Match("path", "=", 'C:\\ "x"'), r'path="C:\\ \"x\""'),
        (Match("host", "=~", r"db\d+"), r'host=~"db\\d+"'),
        (Match("text", "=", "a\nb"), r'text="a\nb"'),
    ],
)
def test_matchers_are_quoted_for_both_parsers(match: Match, written: str) -> None:
    assert route_of(matches=(match,))["matchers"] == [written]


def test_a_rule_says_no_more_than_the_manifest() -> None:
    assert route_of() == {"receiver": "team"}
    assert route_of(onward=True, grouping={"group_wait": "0s"}) == {
        "receiver": "team",
        "group_wait": "0s",
        "continue": True,
    }


def test_times_are_active_time_intervals() -> None:
    assert route_of(during=("office",)) == {"receiver": "team", "active_time_intervals": ["office"]}


def test_otherwise_notifies_the_other_receiver_at_all_other_times() -> None:
    assert route_of(during=("office",), otherwise="night", onward=True) == {
        "receiver": "team",
        "continue": True,
        "routes": [
            {"receiver": "team", "continue": True, "active_time_intervals": ["office"]},
            {"receiver": "night", "mute_time_intervals": ["office"]},
        ],
    }


def test_a_period_over_midnight_ends_on_the_next_day() -> None:
    night = Period(("friday", "sunday"), "22:00", "06:00", "UTC")
    (named,) = routing.time_intervals(Routing("a", {}, times={"night": (night,)}))
    evening, morning = named["time_intervals"]
    assert (evening["times"][0], evening["weekdays"]) == (
        {"start_time": "22:00", "end_time": "24:00"},
        ["friday", "sunday"],
    )
    assert (morning["times"][0], morning["weekdays"]) == (
        {"start_time": "00:00", "end_time": "06:00"},
        ["saturday", "monday"],
    )


@pytest.mark.parametrize("end", ["24:00", "00:00"])
def test_a_period_until_midnight_is_one_interval(end: str) -> None:
    (named,) = routing.time_intervals(Routing("a", {}, times={"late": (Period((), "22:00", end, "UTC"),)}))
    assert named["time_intervals"] == [{"times": [{"start_time": "22:00", "end_time": "24:00"}], "location": "UTC"}]


def test_criticals_inhibit_warnings_only_with_equal_labels() -> None:
    (rule,) = routing.inhibit_rules(Routing("a", {}, inhibit=("cluster", "job")))
    assert rule == {
        "source_matchers": ['severity="critical"', 'cluster!=""'],
        "target_matchers": ['severity="warning"'],
        "equal": ["cluster", "job"],
    }
    assert routing.inhibit_rules(Routing("a", {})) == []


def test_routing_adds_the_receiver_that_drops() -> None:
    config = config_of({}, routing=Routing("team", {}, (RoutingRule("nobody", HERE),)))
    assert config["receivers"] == [{"name": "team"}, {"name": "nobody"}]
    assert "time_intervals" not in config
    assert "inhibit_rules" not in config


def test_settings_of_the_user_win_over_defaults() -> None:
    slack = {"channel": "#a", "title": "mine", "send_resolved": False}
    mail = {"to": "a@b.test", "headers": {"SUBJECT": "mine", "X-A": "b"}, "html": "<p>mine</p>"}
    (receiver,) = config_of({"slack": (slack,), "email": (mail,)})["receivers"]
    assert receiver["slack_configs"][0].items() >= slack.items()
    assert receiver["slack_configs"][0]["text"] == '{{ template "stackctl.text" . }}'
    assert receiver["email_configs"][0].items() >= mail.items()


def test_a_webhook_gets_nothing_but_what_the_user_says() -> None:
    (receiver,) = config_of({"webhook": ({"url": "http://x.test"},)})["receivers"]
    assert receiver["webhook_configs"] == [{"url": "http://x.test"}]


def test_templates_are_where_the_configuration_looks() -> None:
    tree = render(stack(alertmanager=alertmanager(Receiver("a", {}, HERE))), "docker")
    config = yaml.safe_load(tree.files["alertmanager/alertmanager.yml"].content)
    assert [f"alertmanager/{path}" in tree.files for path in config["templates"]] == [True]


def test_container_reaches_servers_on_the_users_machine() -> None:
    receivers = {
        "email": ({"smarthost": "localhost:25"},),
        "opsgenie": ({"api_url": "http://127.0.0.1:1/"},),
        "teams": ({"webhook_url": "http://localhost:2/"},),
    }
    (receiver,) = config_of(receivers, "docker")["receivers"]
    assert receiver["email_configs"][0]["smarthost"] == "host.docker.internal:25"
    assert receiver["opsgenie_configs"][0]["api_url"] == "http://host.docker.internal:1/"
    assert receiver["msteamsv2_configs"][0]["webhook_url"] == "http://host.docker.internal:2/"
    one = alertmanager(Receiver("a", {"slack": ({"api_url": Secret("http://localhost:3/")},)}, HERE))
    secrets = [file.content for _, file in render(stack(alertmanager=one), "docker") if file.secret]
    assert secrets == [b"http://host.docker.internal:3/"]
