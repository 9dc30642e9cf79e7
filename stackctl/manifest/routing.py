"""The Alertmanager's section: what its receivers and its routing lack, and what they become."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from stackctl import conventions as c
from stackctl.components.alertmanager import AlertmanagerSettings
from stackctl.manifest.document import Document, Path
from stackctl.manifest.routing_schema import (
    CriticalsModel,
    GroupingModel,
    MatchModel,
    PeriodModel,
    ReceiverModel,
    RoutingModel,
    RoutingRuleModel,
)
from stackctl.manifest.validate import unknown_name
from stackctl.model import Match, Period, Receiver, Routing, RoutingRule

Found = tuple[Path, str, str]

_PLACE: Path = ("alertmanager",)
_ROUTING: Path = (*_PLACE, "routing")

# Integration -> what it cannot do without: a field, or another that says the same. Those of `global` lie in `extra`.
_NEEDS: dict[str, tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]] = {
    "slack": (
        (("api_url", "api_url_file", "app_token", "app_token_file"), ("slack_api_url", "slack_api_url_file")),
        (("channel",), ()),
    ),
    "email": (
        (("to",), ()),
        (("from",), ("smtp_from",)),
        (("smarthost",), ("smtp_smarthost",)),
    ),
    "pagerduty": ((("routing_key", "routing_key_file", "service_key", "service_key_file"), ()),),
    "webhook": ((("url", "url_file"), ()),),
    "opsgenie": ((("api_key", "api_key_file"), ("opsgenie_api_key", "opsgenie_api_key_file")),),
    "teams": ((("webhook_url", "webhook_url_file"), ()),),
}
# The names by which people drop alerts in a tree of their own: receivers without an integration.
_DROPPING = frozenset({"null", "blackhole", "black-hole", "devnull", "dev-null"})
_INTEGRATION = (
    "Add one, like `webhook: {url: http://localhost:5001/}`. To drop alerts, send them to `nobody` in `routing`; in "
    '`route`, to a receiver named `"null"`.'
)
# What each needed field is, in a user's words.
_MEANT = {
    "api_url": "the address of Slack's incoming webhook, preferably as `${SLACK_URL}`",
    "channel": 'the channel, like `"#alerts"`',
    "to": "the recipient's mail address",
    "from": "the sender's address",
    "smarthost": "the mail server, like `mail.example.org:587`",
    "routing_key": "the key of an Events API v2 integration, preferably as `${PAGERDUTY_KEY}`",
    "url": "the URL that alerts are posted to",
    "api_key": "the key of the integration, preferably as `${OPSGENIE_KEY}`",
    "webhook_url": "the address of the workflow's webhook, preferably as `${TEAMS_URL}`",
}


def contradictions(alertmanager: AlertmanagerSettings) -> Iterator[Found]:
    """Yield what receivers lack, and names in routing that do not exist: each with its place in the manifest."""
    for name, receiver in alertmanager.receivers.items():
        if alertmanager.route is None or name not in _DROPPING or receiver.model_fields_set:
            yield from _receiver((*_PLACE, "receivers", name), receiver, alertmanager.extra.get("global"))
    if alertmanager.route is not None:
        for path, name in _routed(alertmanager.route, (*_PLACE, "route")):
            yield from _known(path, name, _declared(alertmanager))
    if alertmanager.routing is not None:
        yield from _routing(alertmanager, alertmanager.routing)


def _receiver(path: Path, receiver: ReceiverModel, everywhere: Any) -> Iterator[Found]:
    blocks = {name: getattr(receiver, name) for name in type(receiver).model_fields}
    if not any(blocks.values()):
        yield path, "a receiver needs an integration", _INTEGRATION
    for name, integrations in blocks.items():
        for index, block in enumerate(integrations):
            for fields, elsewhere in _NEEDS.get(name, ()):
                if not block.keys() & set(fields) and not set(everywhere or ()) & set(elsewhere):
                    place = (*path, name, index) if len(integrations) > 1 else (*path, name)
                    yield place, f"the key `{fields[0]}` is missing", _remedy(fields)


def _remedy(fields: tuple[str, ...]) -> str:
    others = [f"`{field}`" for field in fields[1:]]
    return f"`{fields[0]}`: {_MEANT[fields[0]]}{'; or ' if others else ''}{', '.join(others)}."


def _routed(route: Any, path: Path) -> Iterator[tuple[Path, str]]:
    """The receivers that a tree of Alertmanager's own names."""
    for place, each in routes_of(route, path):
        if isinstance(each.get("receiver"), str):
            yield (*place, "receiver"), each["receiver"]


def routes_of(route: Any, path: Path) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Yield each route of a tree of Alertmanager's own with its place, from the root at `path` on."""
    if not isinstance(route, Mapping):
        return
    yield path, route
    children = route.get("routes")
    for index, child in enumerate(children if isinstance(children, list) else ()):
        yield from routes_of(child, (*path, "routes", index))


def _declared(alertmanager: AlertmanagerSettings) -> list[str]:
    """The names of all receivers, those in `extra` too."""
    own = alertmanager.extra.get("receivers")
    others = [str(each["name"]) for each in own if isinstance(each, dict) and "name" in each] if own else []
    return [*alertmanager.receivers, *others]


def _known(path: Path, name: str, receivers: Collection[str]) -> Iterator[Found]:
    if name not in receivers:
        yield path, f"there is no receiver `{name}`", unknown_name(name, receivers, "Declared receivers")


def _routing(alertmanager: AlertmanagerSettings, routing: RoutingModel) -> Iterator[Found]:
    receivers = _declared(alertmanager)
    if alertmanager.route is not None:
        yield _ROUTING, "`route` and `routing` are two ways to say the same thing", "Keep one of them."
    if c.NOBODY in receivers:
        message = f"`{c.NOBODY}` is the reserved word for dropping alerts"
        yield (*_PLACE, "receivers", c.NOBODY), message, "Give the receiver another name."
    for path, name in _named(routing):
        yield from _known(path, name, [*receivers, c.NOBODY])
    for index, rule in enumerate(routing.rules):
        for number, name in enumerate(rule.during):
            if name not in routing.times:
                path = (*_ROUTING, "rules", index, "during", *((number,) if len(rule.during) > 1 else ()))
                yield path, f"there is no time `{name}`", unknown_name(name, routing.times, "Declared times")


def _named(routing: RoutingModel) -> Iterator[tuple[Path, str]]:
    yield (*_ROUTING, "default"), routing.default
    for index, rule in enumerate(routing.rules):
        yield (*_ROUTING, "rules", index, "to"), rule.to
        if rule.otherwise is not None:
            yield (*_ROUTING, "rules", index, "otherwise"), rule.otherwise


def receivers(document: Document, alertmanager: AlertmanagerSettings) -> tuple[Receiver, ...]:
    """The receivers of the model."""
    return tuple(
        Receiver(
            name,
            {kind: tuple(blocks) for kind in type(receiver).model_fields if (blocks := getattr(receiver, kind))},
            document.position((*_PLACE, "receivers", name), key=True),
        )
        for name, receiver in alertmanager.receivers.items()
    )


def routing(document: Document, model: RoutingModel | None) -> Routing | None:
    """The routing of the model, when there is one."""
    if model is None:
        return None
    return Routing(
        default=model.default,
        grouping={"group_by": list(c.GROUP_BY), **_grouping(model)},
        rules=tuple(_rule(rule, document, (*_ROUTING, "rules", index)) for index, rule in enumerate(model.rules)),
        times={name: tuple(_period(period) for period in periods) for name, periods in model.times.items()},
        inhibit=_inhibit(model.inhibit.warnings_by_criticals),
    )


def _grouping(model: GroupingModel) -> dict[str, Any]:
    return {key: value for key in GroupingModel.model_fields if (value := getattr(model, key))}


def _rule(model: RoutingRuleModel, document: Document, place: Path) -> RoutingRule:
    return RoutingRule(
        receiver=model.to,
        origin=document.position(place),
        matches=tuple(match for label, value in model.when.items() for match in _matches(label, value)),
        during=tuple(model.during),
        otherwise=model.otherwise,
        onward=model.continue_,
        grouping=_grouping(model),
    )


def _matches(label: str, model: MatchModel) -> Iterator[Match]:
    if model.is_:
        yield _any_of(label, model.is_, "=", "=~")
    if model.not_:
        yield _any_of(label, model.not_, "!=", "!~")
    if model.matches:
        yield Match(label, "=~", model.matches)


def _any_of(label: str, values: list[str], one: str, several: str) -> Match:
    if len(values) == 1:
        return Match(label, one, values[0])
    return Match(label, several, "|".join(re.sub(r"([\\.+*?()|\[\]{}^$])", r"\\\1", value) for value in values))


def _period(model: PeriodModel) -> Period:
    weekdays = {day for days in model.weekdays for day in days}
    return Period(tuple(day for day in c.WEEKDAYS if day in weekdays), model.from_, model.to, model.location)


def _inhibit(model: CriticalsModel | None) -> tuple[str, ...]:
    return tuple(model.equal) if model and model.enabled else ()
