"""Secrets in blocks of other programs are recognized by their keys."""

from __future__ import annotations

import pytest

from stackctl.manifest.block_fields import integration
from stackctl.source import Secret


def test_recognizes_the_secrets_of_an_integration() -> None:
    made = integration("pagerduty", {"routing_key": "right-horse", "description": "x", "send_resolved": "true"})
    assert isinstance(made["routing_key"], Secret)
    assert made["description"] == "x"


@pytest.mark.parametrize(("url", "secret"), [("http://localhost:1/", False), ("https://x.test/hook", True)])
def test_webhook_of_this_machine_is_public(url: str, secret: bool) -> None:
    (block,) = integration("webhook", [{"url": url}])
    assert isinstance(block["url"], Secret) is secret


def test_secrets_are_found_at_any_depth() -> None:
    block = {"url": "http://localhost/", "http_config": {"basic_auth": {"username": "u", "password": "right-horse"}}}
    assert isinstance(integration("webhook", block)["http_config"]["basic_auth"]["password"], Secret)
