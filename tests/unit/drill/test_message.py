"""A message is read as people would see it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from stackctl.drill.message import fault

EMPTY_SLACK = {"attachments": [{"text": "", "fallback": "", "footer": "", "mrkdwn_in": ["text"]}]}
CARD = {"attachments": [{"content": {"body": [{"type": "TextBlock", "text": "Down"}]}}]}
READABLE: list[tuple[str, Any]] = [
    ("slack", {"attachments": [{"title": "[FIRING:1] Down", "text": ""}]}),
    ("slack", {"attachments": [{"title": "", "text": "", "fields": [{"title": "a", "value": "b"}]}]}),
    ("slack", {"text": "top level", "attachments": []}),
    ("pagerduty", {"payload": {"summary": "Down", "custom_details": {"firing": "x"}}}),
    ("pagerduty", {"description": "Down"}),
    ("opsgenie", {"message": "Down", "description": ""}),
    ("discord", {"content": "", "embeds": [{"title": "Down", "description": ""}]}),
    ("msteams", {"title": "Down", "text": ""}),
    ("msteamsv2", CARD),
    ("webhook", {"groupKey": "{}:{}", "alerts": [{"annotations": {"summary": "Down"}}]}),
    ("webhook", {"groupKey": '{}/{a="{{"}:{}', "alerts": []}),
    ("someday", {"anything": ""}),
]
EMPTY: list[tuple[str, Any]] = [
    ("slack", EMPTY_SLACK),
    ("opsgenie", {"message": " ", "description": ""}),
    ("discord", {"embeds": [{"title": "", "description": "\n"}]}),
    ("msteams", {"title": "", "summary": "", "text": ""}),
    ("msteamsv2", {"attachments": [{"content": {"body": [{"type": "TextBlock", "text": ""}]}}]}),
]


@pytest.mark.parametrize(("integration", "message"), READABLE)
def test_readable_message_has_no_fault(integration: str, message: Any) -> None:
    assert fault(integration, json.dumps(message).encode()) == ""


@pytest.mark.parametrize(("integration", "message"), EMPTY)
def test_empty_message_is_a_fault(integration: str, message: Any) -> None:
    assert fault(integration, json.dumps(message).encode()).startswith("the message is empty")


@pytest.mark.parametrize("text", ["{{ .CommonAnnotations.summary }}", "x <no value>", "<error expanding template: no>"])
def test_template_that_was_not_executed_is_a_fault(text: str) -> None:
    for integration, message in (
        ("slack", {"attachments": [{"title": "Down", "text": text}]}),
        ("webhook", {"groupKey": "k", "alerts": [{"annotations": {"summary": text}}]}),
        ("pagerduty", {"payload": {"summary": "Down", "custom_details": {"firing": text}}}),
    ):
        assert "the message contains" in fault(integration, json.dumps(message).encode())


@pytest.mark.parametrize("body", [b"", b"\xff", b"[]", b"null", b'{"attachments": 5}', b'{"attachments": [5]}'])
@pytest.mark.parametrize("integration", ["slack", "webhook", "pagerduty", "email", "msteamsv2", "discord"])
def test_body_of_another_form_is_left_alone(integration: str, body: bytes) -> None:
    fault(integration, body)


MAIL = b"Subject: %s\r\nContent-Type: text/plain\r\n\r\n%s\r\n"


def test_mail_is_read_with_its_subject() -> None:
    assert fault("email", MAIL % (b"[FIRING:1] Down", b"")) == ""
    assert fault("email", MAIL % (b"", b"")).startswith("the message is empty")
    assert "the message contains" in fault("email", MAIL % (b"Down", b"{{ .Alerts }}"))
