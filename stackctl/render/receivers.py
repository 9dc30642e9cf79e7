"""Receivers in Alertmanager's own terms. What the user leaves open is filled in: texts, and word of the end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from stackctl.addresses import reachable_url
from stackctl.bounds.files import read_bytes
from stackctl.data import data_dir
from stackctl.model import Receiver
from stackctl.render.secrets import SecretFiles
from stackctl.runtimes.facts import Facts
from stackctl.source import Attached, Secret

TEMPLATES = "templates/stackctl.tmpl"

# Where our word for an integration is not Alertmanager's.
_SECTIONS = {"teams": "msteamsv2_configs"}
_TITLE = '{{ template "stackctl.title" . }}'
_TEXT = '{{ template "stackctl.text" . }}'
# Defaults where the user says nothing else. By default Alertmanager notifies mail and Slack only of firing alerts.
_DEFAULTS: dict[str, dict[str, Any]] = {
    "slack": {"send_resolved": True, "title": _TITLE, "fallback": _TITLE, "text": _TEXT},
    "email": {"send_resolved": True, "headers": {"Subject": _TITLE}, "html": "", "text": _TEXT},
    "pagerduty": {
        "description": _TITLE,
        "severity": '{{ template "stackctl.pagerduty.severity" . }}',
        "details": {
            "firing": '{{ template "stackctl.alerts" .Alerts.Firing }}',
            "resolved": '{{ template "stackctl.alerts" .Alerts.Resolved }}',
        },
    },
    "opsgenie": {"message": _TITLE, "description": _TEXT},
    "teams": {"title": _TITLE, "text": _TEXT},
}
# The fields that hold the address of another server: localhost in it means the user's machine.
_ADDRESSES = ("url", "api_url", "webhook_url", "smarthost")


def receiver_config(receiver: Receiver, runtime: Facts, secrets: SecretFiles) -> dict[str, Any]:
    """The receiver's entry in alertmanager.yml. Secrets go to `secrets`."""
    sections: dict[str, Any] = {"name": receiver.name}
    for name, blocks in receiver.integrations.items():
        section = _SECTIONS.get(name, f"{name}_configs")
        filled = [_reachable(_filled(block, _DEFAULTS.get(name, {})), runtime) for block in blocks]
        sections[section] = secrets.plain(filled, (receiver.name, section))
    return sections


def templates() -> bytes:
    """The templates that the texts of receivers come from; their place next to alertmanager.yml is TEMPLATES."""
    return read_bytes(data_dir("templates") / "alertmanager" / "stackctl.tmpl")


def _filled(block: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """`block`, and after it what it leaves open; mappings such as headers are filled entry by entry."""
    result = dict(block)
    for key, value in defaults.items():
        if isinstance(value, dict) and isinstance(block.get(key), Mapping):
            given = {name.lower() for name in block[key]}
            result[key] = {**block[key], **{name: each for name, each in value.items() if name.lower() not in given}}
        else:
            result.setdefault(key, value)
    return result


def _reachable(block: Mapping[str, Any], runtime: Facts) -> dict[str, Any]:
    """`block` with addresses on the user's own machine as the server reaches them."""
    return {
        key: _address(value, runtime) if key.removesuffix("_file") in _ADDRESSES else value
        for key, value in block.items()
    }


def _address(value: Any, runtime: Facts) -> Any:
    if isinstance(value, Secret):
        return Secret(reachable_url(value.reveal(), runtime))
    if isinstance(value, Attached):
        return replace(value, content=reachable_url(value.content.strip(), runtime))
    return reachable_url(value, runtime) if isinstance(value, str) else value
