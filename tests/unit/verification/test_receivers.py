"""Receivers of the rendered configuration, with those that `extra` adds."""

from __future__ import annotations

from stackctl.model import Receiver
from stackctl.render import render
from stackctl.source import Secret
from stackctl.verification.receivers import integrations, posted_urls, rendered_receivers
from tests.unit.render.stacks import HERE, alertmanager, stack


def test_lists_declared_and_added_receivers_without_that_of_drills() -> None:
    declared = Receiver("team", {"webhook": ({"url": "http://x.test/"},)}, HERE)
    extra = {"receivers": [{"name": "other", "slack_configs": [{"api_url": "http://y.test/"}]}]}
    made = stack(alertmanager=alertmanager(declared, extra=extra))
    found = rendered_receivers(made, render(made, "native"))
    assert [(each.name, each.kinds) for each in found] == [("team", ("webhook",)), ("other", ("slack",))]


def test_no_alertmanager_has_no_receivers() -> None:
    assert rendered_receivers(stack(), render(stack(), "native")) == []


def test_each_block_of_a_receiver_counts() -> None:
    receiver = {"name": "x", "slack_configs": [{}, {}], "webhook_configs": [{}], "email_configs": None}
    assert integrations(receiver) == ("slack", "slack", "webhook")


def test_returns_the_urls_that_blocks_post_to_also_those_in_secret_files() -> None:
    hooks = ({"url": Secret("http://x.test/a")}, {"url": Secret("http://x.test/b")})
    declared = Receiver("team", {"webhook": hooks, "email": ({"to": "a@x.test"},)}, HERE)
    extra = {"receivers": [{"name": "other", "slack_configs": [{"api_url": "http://y.test/"}, {"channel": "#x"}]}]}
    tree = render(stack(alertmanager=alertmanager(declared, extra=extra)), "native")
    assert posted_urls(tree, "team") == {"webhook[0]": "http://x.test/a", "webhook[1]": "http://x.test/b"}
    assert posted_urls(tree, "other") == {"slack[0]": "http://y.test/"}
    assert posted_urls(tree, "nobody") == {}
