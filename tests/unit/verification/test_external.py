"""What a manifest declares next to what servers of somebody else have loaded, as values."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from stackctl.clients.prometheus import LoadedRule
from stackctl.model import Receiver
from stackctl.source import Position
from stackctl.verification.external import job_differences, matched, receiver_differences
from stackctl.verification.written_rules import WrittenRule

WRITTEN = WrittenRule("a.yml", "g", "alert", "Down", "up == 0", hold=60.0, labels={"severity": "page"})
LOADED = LoadedRule(
    "alert",
    "Down",
    "up==0",
    "other",
    "/x/y.yml",
    "ok",
    "",
    1.0,
    90.0,
    position=7,
    hold=60.0,
    labels={"severity": "page"},
)
WARN = replace(LOADED, labels={"severity": "warn"})


def test_rule_is_known_whatever_its_file_group_and_place() -> None:
    assert matched([WRITTEN], [LOADED], {}) == [(LOADED, [])]


def test_rule_of_a_group_with_an_interval_needs_that() -> None:
    ((_, other),) = matched([WRITTEN], [LOADED], {("a.yml", "g"): 30.0})
    assert other == ["the interval of its group 90 and not 30"]


def test_rules_of_one_name_are_each_matched_once() -> None:
    warn = replace(WRITTEN, labels={"severity": "warn"})
    assert [rule for rule, _ in matched([warn, WRITTEN], [LOADED, WARN], {})] == [WARN, LOADED]
    assert matched([WRITTEN, WRITTEN], [LOADED], {}) == [(LOADED, []), (None, [])]


def test_most_similar_rule_is_compared() -> None:
    far = replace(LOADED, labels={"severity": "warn"}, hold=1.0)
    assert matched([replace(WRITTEN, hold=5.0)], [far, LOADED], {})[0] == (LOADED, ["`for` 60 and not 5"])


def test_record_is_no_alert() -> None:
    assert matched([WRITTEN], [replace(LOADED, kind="record")], {}) == [(None, [])]


@pytest.mark.parametrize(
    ("declared", "loaded", "wanted"),
    [
        ({}, {"sample_limit": 3, "metric_relabel_configs": [{"action": "drop"}]}, 0),
        ({"scrape_interval": "1m"}, {"scrape_interval": "60s"}, 0),
        ({"metrics_path": "/m", "scheme": "https"}, {}, 0),
        ({"oauth2": {"client_secret": "x"}}, {"oauth2": {"client_secret": "<secret>", "proxy_url": "http://p"}}, 0),
        ({"tls_config": {"ca_file": "../secrets/a"}}, {}, 0),
        ({"tls_config": {"insecure_skip_verify": True}}, {"tls_config": {"insecure_skip_verify": False}}, 1),
        ({"metric_relabel_configs": [{"action": "drop"}]}, {}, 1),
    ],
)
def test_job_differs_in_what_is_declared_alone(declared: Any, loaded: Any, wanted: int) -> None:
    found = job_differences({"job_name": "a", "static_configs": [], **declared}, {"job_name": "a", **loaded})
    assert len(found) == wanted


def receiver(**integrations: Any) -> tuple[Receiver, dict[str, Any]]:
    model = Receiver("r", {name: (block,) for name, block in integrations.items()}, Position("stack.yml"))
    return model, {
        "name": "r",
        **{f"{name}_configs": [{**block, "title": "made"}] for name, block in integrations.items()},
    }


def test_receiver_is_compared_by_what_the_manifest_says() -> None:
    declared = receiver(slack={"channel": "#a", "api_url": "http://secret"})
    hidden = {"slack_configs": [{"channel": "#a", "api_url": "<secret>", "title": "theirs"}]}
    assert receiver_differences(*declared, hidden) == []
    nested = receiver(slack={"http_config": {"authorization": {"credentials": "x"}}})
    assert (
        receiver_differences(*nested, {"slack_configs": [{"http_config": {"authorization": {"type": "Bearer"}}}]}) == []
    )
    in_file = {"slack_configs": [{"channel": "#a", "api_url_file": "/theirs"}]}
    assert receiver_differences(*declared, in_file) == []


def test_receiver_in_another_order_is_the_same() -> None:
    model = Receiver("r", {"webhook": ({"max_alerts": 1}, {"max_alerts": 2})}, Position("stack.yml"))
    rendered = {"name": "r", "webhook_configs": [{"max_alerts": 1}, {"max_alerts": 2}]}
    assert receiver_differences(model, rendered, {"webhook_configs": [{"max_alerts": 2}, {"max_alerts": 1}]}) == []


def test_receiver_with_another_setting_or_kind_differs() -> None:
    declared = receiver(slack={"channel": "#a"})
    assert receiver_differences(*declared, {"slack_configs": [{"channel": "#b"}]}) == [
        "slack_configs.channel: rendered '#a', loaded '#b'"
    ]
    assert receiver_differences(*declared, {"email_configs": [{}]}) == ["it notifies by email, not by slack"]
