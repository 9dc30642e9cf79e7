"""alertmanager.yml in the words of the manifest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stackctl.adopt.secrets import Secrets
from stackctl.adopt.setup import Server
from stackctl.manifest.routing_schema import ReceiverModel

# What Alertmanager calls otherwise than the manifest.
_NAMES = {"msteamsv2": "teams"}
# Alertmanager's own words where stackctl would fill in others.
_TEXTS: Mapping[str, Mapping[str, Any]] = {
    "slack": {
        "send_resolved": False,
        "title": '{{ template "slack.default.title" . }}',
        "fallback": '{{ template "slack.default.fallback" . }}',
        "text": '{{ template "slack.default.text" . }}',
    },
    "email": {"send_resolved": False, "html": '{{ template "email.default.html" . }}', "text": ""},
    "pagerduty": {
        "description": '{{ template "pagerduty.default.description" . }}',
        "severity": "error",
    },
    "opsgenie": {
        "message": '{{ template "opsgenie.default.message" . }}',
        "description": '{{ template "opsgenie.default.description" . }}',
    },
    "teams": {
        "title": '{{ template "msteamsv2.default.title" . }}',
        "text": '{{ template "msteamsv2.default.text" . }}',
    },
}
_SUBJECT = '{{ template "email.default.subject" . }}'
_DETAILS = {
    "firing": '{{ template "pagerduty.default.instances" .Alerts.Firing }}',
    "resolved": '{{ template "pagerduty.default.instances" .Alerts.Resolved }}',
}
# (Key of `global`) -> the integration that takes it, and its key there.
_GLOBAL: Mapping[str, tuple[str, str]] = {
    "slack_api_url": ("slack", "api_url"),
    "slack_api_url_file": ("slack", "api_url_file"),
    "smtp_smarthost": ("email", "smarthost"),
    "smtp_from": ("email", "from"),
    "smtp_hello": ("email", "hello"),
    "smtp_auth_username": ("email", "auth_username"),
    "smtp_auth_password": ("email", "auth_password"),
    "smtp_auth_password_file": ("email", "auth_password_file"),
    "smtp_auth_secret": ("email", "auth_secret"),
    "smtp_auth_identity": ("email", "auth_identity"),
    "smtp_require_tls": ("email", "require_tls"),
    "opsgenie_api_key": ("opsgenie", "api_key"),
    "opsgenie_api_key_file": ("opsgenie", "api_key_file"),
    "opsgenie_api_url": ("opsgenie", "api_url"),
    "pagerduty_url": ("pagerduty", "url"),
    "victorops_api_key": ("victorops", "api_key"),
    "victorops_api_url": ("victorops", "api_url"),
    "wechat_api_secret": ("wechat", "api_secret"),
    "wechat_api_corp_id": ("wechat", "corp_id"),
    "wechat_api_url": ("wechat", "api_url"),
    "telegram_api_url": ("telegram", "api_url"),
    "webex_api_url": ("webex", "api_url"),
}


def adopt_alertmanager(server: Server, secrets: Secrets) -> dict[str, Any]:
    """The section `alertmanager`: its route and receivers, and under `extra` what the manifest has no words for."""
    source = server.config
    written = source.data.get("global")
    given = dict(written) if isinstance(written, Mapping) else {}
    common = secrets.block(given, source, ("global",), "global", "alertmanager")
    receivers: dict[str, Any] = {}
    others: list[Any] = []
    listed = source.data.get("receivers")
    for index, receiver in enumerate(listed if isinstance(listed, list) else ()):
        if not isinstance(receiver, Mapping):
            continue
        name = str(receiver.get("name") or "")
        read = secrets.block(receiver, source, ("receivers", index), named=f"alertmanager_{name}")
        integrations = _integrations(read, common)
        if name and integrations:
            receivers[name] = integrations
        else:
            others.append(read)
    # Receivers as Alertmanager writes them still need what `global` has for all.
    as_they_are = any(each.keys() - {"name"} for each in others)
    rest = {key: value for key, value in common.items() if as_they_are or key not in _GLOBAL}
    extra = {
        **({"global": rest} if rest else {}),
        **({"receivers": others} if others else {}),
        **{key: value for key, value in source.data.items() if key not in ("global", "receivers", "route") and value},
    }
    route = source.data.get("route")
    return {
        **({"route": route} if isinstance(route, Mapping) else {}),
        **({"receivers": receivers} if receivers else {}),
        **({"extra": extra} if extra else {}),
    }


def _integrations(receiver: Mapping[str, Any], common: Mapping[str, Any]) -> dict[str, Any] | None:
    """A receiver by its integrations; None where the manifest has no word for one of them, or there is none."""
    result: dict[str, Any] = {}
    for key, blocks in receiver.items():
        if key == "name" or not blocks:
            continue
        kind = _NAMES.get(key.removesuffix("_configs"), key.removesuffix("_configs"))
        if kind not in ReceiverModel.model_fields or not isinstance(blocks, list):
            return None
        made = [_integration(kind, block, common) for block in blocks if isinstance(block, Mapping)]
        if kind == "slack" and not all(each.get("channel") for each in made):
            return None  # an incoming webhook has a channel of its own, which the manifest does not know
        result[kind] = made[0] if len(made) == 1 else made
    return result or None


def _integration(kind: str, block: Mapping[str, Any], common: Mapping[str, Any]) -> dict[str, Any]:
    result = {key: value for key, value in block.items() if value is not None}
    for key, (owner, name) in _GLOBAL.items():
        twin = name.removesuffix("_file") if name.endswith("_file") else f"{name}_file"
        if owner == kind and common.get(key) not in (None, "") and name not in result and twin not in result:
            result[name] = common[key]
    result |= {key: value for key, value in _TEXTS.get(kind, {}).items() if key not in result}
    if kind == "email":
        headers = result.get("headers")
        headers = dict(headers) if isinstance(headers, Mapping) else {}
        if not any(name.lower() == "subject" for name in headers):
            headers["Subject"] = _SUBJECT
        result["headers"] = headers
    if kind == "pagerduty":
        details = result.get("details")
        result["details"] = {**_DETAILS, **(details if isinstance(details, Mapping) else {})}
    return result
