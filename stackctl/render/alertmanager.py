"""alertmanager.yml."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stackctl.model import Alertmanager, Receiver
from stackctl.render.secrets import SecretFiles
from stackctl.render.text import merged
from stackctl.scrape import reachable_url
from stackctl.source import Secret

# Without receivers alerts are shown and go nowhere: Alertmanager wants a name for that.
_NOBODY = "null"
_APPENDED = frozenset({"receivers", "templates", "inhibit_rules", "time_intervals"})
# Where our word for an integration is not Alertmanager's.
_SECTIONS = {"teams": "msteamsv2_configs"}


def alertmanager_config(alertmanager: Alertmanager, runtime: str, secrets: SecretFiles) -> dict[str, Any]:
    """The content of alertmanager.yml. Secrets go to `secrets`."""
    receivers = [_receiver(receiver, runtime, secrets) for receiver in alertmanager.receivers]
    receivers = receivers or [{"name": _NOBODY}]
    route = {"receiver": receivers[0]["name"], **(alertmanager.route or {"group_by": ["alertname", "job"]})}
    config = {
        "route": secrets.plain(route, ("route",), alertmanager.origin),
        "receivers": receivers,
    }
    extra = secrets.plain(alertmanager.extra, ("extra",), alertmanager.origin)
    result: dict[str, Any] = merged(config, extra, _APPENDED)
    return result


def _receiver(receiver: Receiver, runtime: str, secrets: SecretFiles) -> dict[str, Any]:
    integrations = {
        _SECTIONS.get(name, f"{name}_configs"): [_reachable(block, runtime) for block in blocks]
        for name, blocks in receiver.integrations.items()
    }
    sections = {
        section: secrets.plain(blocks, (receiver.name, section), receiver.origin)
        for section, blocks in integrations.items()
    }
    return {"name": receiver.name, **sections}


def _reachable(block: Mapping[str, Any], runtime: str) -> dict[str, Any]:
    """`block` with a `url` on the user's own machine as the server reaches it."""
    url = block.get("url")
    if isinstance(url, Secret):
        return {**block, "url": Secret(reachable_url(url.reveal(), runtime))}
    return {**block, "url": reachable_url(url, runtime)} if isinstance(url, str) else dict(block)
