"""alertmanager.yml."""

from __future__ import annotations

from typing import Any

from stackctl import conventions as c
from stackctl.model import Alertmanager
from stackctl.render import routing
from stackctl.render.receivers import TEMPLATES, receiver_config
from stackctl.render.secrets import SecretFiles
from stackctl.render.text import merged
from stackctl.runtimes.facts import Facts

# Without receivers alerts are shown and go nowhere: Alertmanager wants a name for that.
_NO_RECEIVER = "null"
_APPENDED = frozenset({"receivers", "templates", "inhibit_rules", "time_intervals"})


def alertmanager_config(alertmanager: Alertmanager, runtime: Facts, secrets: SecretFiles) -> dict[str, Any]:
    """The content of alertmanager.yml. Secrets go to `secrets`."""
    return _guarded(unguarded_config(alertmanager, runtime, secrets))


def unguarded_config(alertmanager: Alertmanager, runtime: Facts, secrets: SecretFiles) -> dict[str, Any]:
    """The same for an Alertmanager that stackctl does not drill."""
    sections = {
        "route": secrets.plain(_route(alertmanager), ("route",)),
        "receivers": [
            *(receiver_config(receiver, runtime, secrets) for receiver in alertmanager.receivers),
            *({"name": name} for name in _dropping(alertmanager)),
        ],
        "templates": [TEMPLATES] if alertmanager.receivers else [],
        **_times_and_inhibition(alertmanager),
    }
    config = {key: value for key, value in sections.items() if value}
    extra = secrets.plain(alertmanager.extra, ("extra",))
    result: dict[str, Any] = merged(config, extra, _APPENDED)
    return result


def _guarded(config: dict[str, Any]) -> dict[str, Any]:
    """`config` with a route that keeps drilled alerts from people, whatever a drill has left behind."""
    route = {"receiver": c.DRILL_RECEIVER, "matchers": [f'{c.DRILL}="{c.DRILL_ASIDE}"']}
    routes = [route, *(config["route"].get("routes") or ())]
    receivers = [*config["receivers"], {"name": c.DRILL_RECEIVER}]
    return {**config, "route": {**config["route"], "routes": routes}, "receivers": receivers}


def _route(alertmanager: Alertmanager) -> dict[str, Any]:
    if alertmanager.routing:
        return routing.route(alertmanager.routing)
    first = alertmanager.receivers[0].name if alertmanager.receivers else _NO_RECEIVER
    return {"receiver": first, **(alertmanager.route or {"group_by": list(c.GROUP_BY)})}


def _dropping(alertmanager: Alertmanager) -> list[str]:
    """The receivers without an integration that alerts may be sent to, to be dropped."""
    if alertmanager.routing:
        return [c.NOBODY]
    return [] if alertmanager.receivers else [_NO_RECEIVER]


def _times_and_inhibition(alertmanager: Alertmanager) -> dict[str, Any]:
    if alertmanager.routing is None:
        return {}
    return {
        "time_intervals": routing.time_intervals(alertmanager.routing),
        "inhibit_rules": routing.inhibit_rules(alertmanager.routing),
    }
