"""What a live drill delivers is what receivers have taken: attempts minus failures."""

from __future__ import annotations

import pytest
import yaml

from stackctl.checks.notified import Failure
from stackctl.clients.alertmanager import Account, Group
from stackctl.drill.live import blocks, delivered, doubtful, due, failed_attempts
from stackctl.tree import File, Tree

CONFIG = {
    "receivers": [
        {"name": "oncall", "slack_configs": [{}], "webhook_configs": [{}, {}]},
        {"name": "team", "webhook_configs": [{}]},
        {"name": "nobody"},
    ]
}
TREE = Tree("shop", "native", {"alertmanager/alertmanager.yml": File(yaml.safe_dump(CONFIG).encode())}, ())
ONCALL, TEAM = {"oncall": 1}, {"team": 1}
REFUSED = Failure("oncall", "webhook[1]", "connection refused")


def test_each_block_has_a_way_and_a_name() -> None:
    assert blocks(TREE, "oncall") == {
        "oncall/slack[0]": "oncall/slack",
        "oncall/webhook[0]": "oncall/webhook",
        "oncall/webhook[1]": "oncall/webhook 2",
    }
    assert blocks(TREE, "nobody") == {}


@pytest.mark.parametrize(
    ("now", "ways"),
    [
        ({}, set()),
        ({("oncall", "slack"): Account(1, 0)}, {"oncall/slack[0]"}),
        ({("oncall", "slack"): Account(4, 4)}, set()),
        ({("oncall", "slack"): Account(4, 3)}, {"oncall/slack[0]"}),
        ({("oncall", "webhook"): Account(1, 0)}, set()),
        ({("oncall", "webhook"): Account(2, 0)}, {"oncall/webhook[0]", "oncall/webhook[1]"}),
        ({("team", "webhook"): Account(9, 0)}, set()),
    ],
    ids=["nothing", "taken", "all failed", "taken at last", "one of two", "both", "another receiver"],
)
def test_attempts_that_did_not_fail_are_delivered(now: dict[tuple[str, str], Account], ways: set[str]) -> None:
    assert delivered(TREE, ONCALL, {}, now, ()) == ways


def test_what_was_sent_before_does_not_count() -> None:
    account = {("oncall", "slack"): Account(7, 2)}
    assert delivered(TREE, ONCALL, account, account, ()) == set()


def test_counters_that_began_again_count_from_zero() -> None:
    before, now = {("oncall", "slack"): Account(7, 2)}, {("oncall", "slack"): Account(1, 0)}
    assert delivered(TREE, ONCALL, before, now, ()) == {"oncall/slack[0]"}


def test_log_says_which_of_two_blocks_failed() -> None:
    now = {("oncall", "webhook"): Account(2, 1)}
    assert delivered(TREE, ONCALL, {}, now, [REFUSED]) == {"oncall/webhook[0]"}


def test_log_distinguishes_receivers_that_share_an_account() -> None:
    now = {("", "webhook"): Account(3, 1)}
    found = delivered(TREE, ONCALL | TEAM, {}, now, [REFUSED])
    assert found == {"oncall/webhook[0]", "team/webhook[0]"}


def test_shared_account_waits_for_every_block() -> None:
    assert delivered(TREE, ONCALL | TEAM, {}, {("", "webhook"): Account(2, 0)}, ()) == set()
    assert delivered(TREE, TEAM, {}, {("", "webhook"): Account(1, 0)}, ()) == {"team/webhook[0]"}


def test_messages_are_due_for_each_group_of_an_alert_that_nothing_keeps_back() -> None:
    mine, other = {"drill": "live"}, {"a": "b"}
    groups = [Group("oncall", (mine, other)), Group("oncall", (mine,)), Group("team", (other,)), Group("quiet", ())]
    assert due(groups, lambda labels: "drill" in labels) == {"oncall": 2}


def test_every_group_needs_a_message_of_its_own() -> None:
    account = {("team", "webhook"): Account(1, 0)}
    assert delivered(TREE, {"team": 1}, {}, account, ()) == {"team/webhook[0]"}
    assert delivered(TREE, {"team": 2}, {}, account, ()) == set()


@pytest.mark.parametrize(
    ("account", "others", "ways"),
    [
        ({("team", "webhook"): Account(2, 1)}, set(), {"team/webhook[0]"}),
        ({("team", "webhook"): Account(2, 1)}, {"oncall"}, {"team/webhook[0]"}),
        ({("team", "webhook"): Account(2, 0)}, {"team"}, {"team/webhook[0]"}),
        ({("team", "webhook"): Account(2, 1)}, {"team"}, set()),
        ({("", "webhook"): Account(2, 1)}, {"oncall"}, set()),
        ({("", "webhook"): Account(2, 1)}, {"nobody"}, {"team/webhook[0]"}),
    ],
)
def test_failure_that_may_be_of_either_alert_delivers_neither(
    account: dict[tuple[str, str], Account], others: set[str], ways: set[str]
) -> None:
    assert delivered(TREE, TEAM, {}, account, (), others) == ways


def test_failed_attempts_are_counted_without_a_log() -> None:
    before, now = {("team", "webhook"): Account(1, 1)}, {("team", "webhook"): Account(4, 3)}
    assert failed_attempts(TREE, TEAM, before, now) == {"team/webhook[0]": "2 of 3 attempts by webhook failed"}
    assert failed_attempts(TREE, TEAM, now, now) == {}
    (shared,) = failed_attempts(TREE, TEAM, {}, {("", "webhook"): Account(4, 3)}).values()
    assert "receiver-name-in-metrics" in shared


def test_ways_are_in_doubt_whose_account_counts_others() -> None:
    named, shared = {("team", "webhook"): Account(1, 0)}, {("", "webhook"): Account(1, 0), ("", "slack"): Account(1, 0)}
    assert doubtful(TREE, TEAM, named, {"oncall"}) == set()
    assert doubtful(TREE, TEAM, named, {"team"}) == {"team/webhook[0]"}
    assert doubtful(TREE, ONCALL, shared, {"team"}) == {"oncall/webhook[0]", "oncall/webhook[1]"}
    assert doubtful(TREE, ONCALL, shared, {"nobody"}) == set()
