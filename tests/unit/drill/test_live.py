"""What a live drill delivers is what receivers have taken: attempts minus failures."""

from __future__ import annotations

import pytest
import yaml

from stackctl.checks.notified import Failure
from stackctl.clients.alertmanager import Account
from stackctl.drill.live import blocks, delivered
from stackctl.tree import File, Tree

CONFIG = {
    "receivers": [
        {"name": "oncall", "slack_configs": [{}], "webhook_configs": [{}, {}]},
        {"name": "team", "webhook_configs": [{}]},
        {"name": "nobody"},
    ]
}
TREE = Tree("shop", "native", {"alertmanager/alertmanager.yml": File(yaml.safe_dump(CONFIG).encode())}, ())
ONCALL, TEAM = {"oncall"}, {"team"}
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
