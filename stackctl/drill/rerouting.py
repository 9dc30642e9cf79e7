"""The tree under drill: one more rule file for Prometheus, and routes of Alertmanager that lead drilled alerts aside.

Every drilled alert gets a route in front of the others. It holds a copy of the whole routing tree in which each
receiver is a copy too, pointed at the sink. So real alerts go their usual way meanwhile, the decision is made by the
routes that are declared, and where something arrives tells exactly which alert, receiver and integration it was.

What a copy leaves out: waiting (a drill that waits for `group_wait` tests nothing more), the times in which a route
is silent, and inhibition, which a drilled alert neither causes nor suffers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import yaml

from stackctl import conventions as c
from stackctl.diagnostic import Diagnostic
from stackctl.drill.alerts import Drilled
from stackctl.drill.sink import Place
from stackctl.tree import File, Tree, digest, dump_units

_LISTED = c.DRILL_RULES.partition("/")[2]
_INTERVAL = "1s"
# The fields of a route that a copy does not keep.
_TIMES = ("group_wait", "group_interval", "group_by", "mute_time_intervals", "active_time_intervals")

# Integration -> the fields that lead it to the sink. Nothing else of its address and its login is kept.
_LEAD: dict[str, Callable[[Place, str], dict[str, Any]]] = {
    "webhook": lambda place, path: {"url": place.url(path)},
    "slack": lambda place, path: {"api_url": place.url(path)},
    "pagerduty": lambda place, path: {"url": place.url(path), "routing_key": "drill"},
    "opsgenie": lambda place, path: {"api_url": place.url(path) + "/", "api_key": "drill"},
    "msteams": lambda place, path: {"webhook_url": place.url(path)},
    "msteamsv2": lambda place, path: {"webhook_url": place.url(path)},
    "discord": lambda place, path: {"webhook_url": place.url(path)},
    "email": lambda place, path: {
        "smarthost": place.mail,
        "from": "drill@stackctl.invalid",
        "to": f"{path.replace('/', '.')}@stackctl.invalid",
        "require_tls": False,
    },
}
_ADDRESS_AND_LOGIN = frozenset(
    f"{name}{ending}"
    for name in (
        "url", "api_url", "webhook_url", "routing_key", "service_key", "api_key", "app_token", "app_url", "http_config",
        "smarthost", "from", "to", "hello", "tls_config", "auth_username", "auth_password", "auth_secret",
        "auth_identity", "require_tls",
    )
    for ending in ("", "_file")
)  # fmt: skip


def reroute_to_sink(tree: Tree, alerts: Sequence[Drilled], place: Place) -> Tree:
    """`tree` with routes that lead `alerts` under drill to the sink at `place`. None of them fires yet."""
    config = _with_routes(tree.yaml(c.ALERTMANAGER_FILE), alerts, place)
    return _with(tree, {c.ALERTMANAGER_FILE: _dump(config)})


def set_off(tree: Tree, alerts: Sequence[Drilled]) -> Tree:
    """`tree` with a rule that makes each of `alerts` fire."""
    prometheus = tree.yaml(c.PROMETHEUS_FILE)
    prometheus["rule_files"] = [*prometheus.get("rule_files", ()), _LISTED]
    return _with(tree, {c.PROMETHEUS_FILE: _dump(prometheus), c.DRILL_RULES: _dump(_rules(alerts))})


def remove_drill_rules(tree: Tree) -> Tree:
    """`tree` without the rules of a drill: what was led aside still is, and nothing fires any more."""
    prometheus = tree.yaml(c.PROMETHEUS_FILE)
    prometheus["rule_files"] = [path for path in prometheus["rule_files"] if path != _LISTED]
    rest = _with(tree, {c.PROMETHEUS_FILE: _dump(prometheus)})
    return replace(rest, files={path: file for path, file in rest.files.items() if path != c.DRILL_RULES})


def _with(tree: Tree, changes: Mapping[str, bytes]) -> Tree:
    """`tree` with other contents; it tells which units read them again on a reload."""
    files = {**tree.files, **{path: File(content) for path, content in changes.items()}}
    units = tuple(
        replace(unit, reads=digest(unit.reads, *own)) if own else unit
        for unit in tree.units
        for own in [[content for path, content in changes.items() if path.startswith(f"{unit.name}/")]]
    )
    files[c.UNITS_FILE] = File(dump_units(tree.stack, tree.runtime, units))
    return replace(tree, files=files, units=units)


def undrillable(tree: Tree) -> list[Diagnostic]:
    """A problem for every receiver with an integration that cannot be led to the sink."""
    receivers = tree.yaml(c.ALERTMANAGER_FILE).get("receivers") or ()
    remedy = "Drill it with --live, which notifies the real receivers; or choose alerts that are not routed to it."
    return [
        Diagnostic(
            "drill.integration",
            f"the receiver `{receiver['name']}` notifies by {integration}, which stackctl cannot replace",
            remedy=remedy,
        )
        for receiver in receivers
        for integration, _ in _integrations(receiver)
        if integration not in _LEAD
    ]


def _rules(alerts: Sequence[Drilled]) -> dict[str, Any]:
    rules = [
        {
            "alert": alert.name,
            "expr": "vector(1)",
            "labels": dict(alert.labels),
            "annotations": dict(alert.annotations),
        }
        for alert in alerts
    ]
    return {"groups": [{"name": "stackctl-drill", "interval": _INTERVAL, "rules": rules}]}


def _with_routes(config: dict[str, Any], alerts: Sequence[Drilled], place: Place) -> dict[str, Any]:
    route = config["route"]
    receivers = list(config.get("receivers") or ())
    ways = [
        {"matchers": _matchers(alert), "group_by": ["..."], "group_wait": "0s", "group_interval": _INTERVAL,
         **_copied_route(route, alert.number, place.token)}
        for alert in alerts
    ]  # fmt: skip
    copies = [
        _copied_receiver(order, receiver, alert.number, place)
        for alert in alerts
        for order, receiver in enumerate(receivers)
    ]
    spared = [_spared(rule) for rule in config.get("inhibit_rules") or ()]
    changed = {"route": {**route, "routes": [*ways, *(route.get("routes") or ())]}, "receivers": [*receivers, *copies]}
    return {**config, **changed, **({"inhibit_rules": spared} if spared else {})}


def _spared(rule: Mapping[str, Any]) -> dict[str, Any]:
    """An inhibition that drilled alerts have no part in."""
    others = f'{c.DRILL}=""'
    return {**rule, **{side: [*(rule.get(side) or ()), others] for side in ("source_matchers", "target_matchers")}}


def _matchers(alert: Drilled) -> list[str]:
    """Matchers that hold for this alert alone. A label with a template in it is unknown until it fires."""
    labels = {"alertname": alert.name, **alert.labels}
    return [f"{name}={_quoted(value)}" for name, value in labels.items() if "{{" not in value]


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _copied_route(route: Mapping[str, Any], number: int, token: str) -> dict[str, Any]:
    copy = {key: value for key, value in route.items() if key not in (*_TIMES, "routes")}
    if "receiver" in copy:
        copy["receiver"] = _copied_name(token, number, copy["receiver"])
    if route.get("routes"):
        # All but the one that keeps what drills leave behind from people.
        declared = [child for child in route["routes"] if child.get("receiver") != c.DRILL_RECEIVER]
        copy["routes"] = [_copied_route(child, number, token) for child in declared]
    return copy


def _copied_receiver(order: int, receiver: Mapping[str, Any], number: int, place: Place) -> dict[str, Any]:
    copy: dict[str, Any] = {"name": _copied_name(place.token, number, receiver["name"])}
    for integration, blocks in _integrations(receiver):
        if integration in _LEAD:
            copy[f"{integration}_configs"] = [
                _led(block, _LEAD[integration](place, _way(number, order, integration, nth)))
                for nth, block in enumerate(blocks)
            ]
    return copy


def _led(block: Mapping[str, Any], lead: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in block.items() if key not in _ADDRESS_AND_LOGIN}
    # Empty, so that neither a proxy nor a login of the global section is used on the way to the sink.
    plain: dict[str, Any] = {} if "smarthost" in lead else {"http_config": {}}
    return {**kept, **plain, **lead, "send_resolved": False}


def _integrations(receiver: Mapping[str, Any]) -> Iterator[tuple[str, Sequence[Mapping[str, Any]]]]:
    for key, blocks in receiver.items():
        if key.endswith("_configs"):
            yield key.removesuffix("_configs"), blocks or ()


def _copied_name(token: str, number: int, receiver: str) -> str:
    """Return the name of the copy of `receiver` for the alert `number`."""
    return f"{c.DRILL}-{token}-{number}-{receiver}"


def ways(tree: Tree, alert: Drilled, place: Place) -> dict[str, dict[str, str]]:
    """The copies of the receivers for one alert -> the ways by which it comes from each -> their names for people."""
    receivers = tree.yaml(c.ALERTMANAGER_FILE).get("receivers") or ()
    return {
        _copied_name(place.token, alert.number, receiver["name"]): {
            _way(
                alert.number, order, integration, nth
            ): f"{receiver['name']}/{integration}{f' {nth + 1}' if nth else ''}"
            for integration, blocks in _integrations(receiver)
            for nth, _ in enumerate(blocks)
        }
        for order, receiver in enumerate(receivers)
    }


def _way(number: int, receiver: int, integration: str, nth: int) -> str:
    """Return the path at which one block of an integration of a receiver is notified, for the alert `number`."""
    return f"{number}/{receiver}/{integration}/{nth}"


def _dump(value: Any) -> bytes:
    text: str = yaml.dump(value, Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper), sort_keys=False)
    return text.encode()
