"""The message that an integration has sent, read as a person would see it: an empty one is useless."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from typing import Any

from stackctl.bounds.json_text import loads

# What a template leaves behind that could not be executed, or was never executed.
_BROKEN = ("error expanding template", "<no value>", "{{")


def fault(integration: str, body: bytes) -> str:
    """Return what is wrong with the message, "" when it can be read. `body` is as sent: JSON, or a mail."""
    try:
        texts = [text.strip() for text in _READERS.get(integration, _nothing)(body)]
    except (ValueError, TypeError, AttributeError, LookupError):
        return ""  # of a form that is not known here
    if not texts:
        return ""
    if not any(texts):
        return "the message is empty: a template of this receiver failed"
    for text in texts:
        for mark in _BROKEN:
            if mark in text:
                return f"the message contains {mark!r}: {_around(text, mark)}"
    return ""


def _around(text: str, mark: str) -> str:
    at = text.index(mark)
    return " ".join(text[max(0, at - 40) : at + 160].split())


def _nothing(_: bytes) -> Iterator[str]:
    yield from ()


def _slack(body: bytes) -> Iterator[str]:
    message = loads(body)
    yield message.get("text") or ""
    for attachment in message.get("attachments") or ():
        yield from (str(attachment.get(name) or "") for name in ("title", "pretext", "text"))
        yield from (str(field.get("value") or "") for field in attachment.get("fields") or ())


def _pagerduty(body: bytes) -> Iterator[str]:
    message = loads(body)
    payload = message.get("payload") or {}
    yield str(payload.get("summary") or message.get("description") or "")
    yield from _strings(payload.get("custom_details"))


def _opsgenie(body: bytes) -> Iterator[str]:
    message = loads(body)
    yield from (str(message.get(name) or "") for name in ("message", "description"))


def _discord(body: bytes) -> Iterator[str]:
    message = loads(body)
    yield str(message.get("content") or "")
    for embed in message.get("embeds") or ():
        yield from (str(embed.get(name) or "") for name in ("title", "description"))


def _teams(body: bytes) -> Iterator[str]:
    message = loads(body)
    yield from (str(message.get(name) or "") for name in ("title", "summary", "text"))


def _teams_cards(body: bytes) -> Iterator[str]:
    for attachment in loads(body).get("attachments") or ():
        yield from (str(block.get("text") or "") for block in (attachment.get("content") or {}).get("body") or ())


def _webhook(body: bytes) -> Iterator[str]:
    """The annotations: the rest of its message is not made by a template of the user."""
    message = loads(body)
    yield str(message.get("groupKey") or "(no key)").replace("{", "(")
    for alert in message.get("alerts") or ():
        yield from _strings(alert.get("annotations"))


def _email(body: bytes) -> Iterator[str]:
    message = message_from_bytes(body, policy=policy.default)
    yield str(message.get("Subject") or "")
    for part in message.walk():
        if part.get_content_maintype() == "text":
            yield part.get_content()


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _strings(item)


_READERS: dict[str, Callable[[bytes], Iterator[str]]] = {
    "slack": _slack,
    "pagerduty": _pagerduty,
    "opsgenie": _opsgenie,
    "discord": _discord,
    "msteams": _teams,
    "msteamsv2": _teams_cards,
    "webhook": _webhook,
    "email": _email,
}
