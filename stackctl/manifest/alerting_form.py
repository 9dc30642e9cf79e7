"""Form of a file of Grafana's alerting: keys, types and values that Grafana refuses or ignores, each file alone.

Grafana does not start with one that it refuses, and says one mistake at a time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from stackctl.manifest.document import Path
from stackctl.manifest.validate import closest, unknown_name
from stackctl.promql import duration

# A place in the file, the problem and the remedy.
Found = tuple[Path, str, str]

_LISTS = frozenset(
    {"groups", "deleteRules", "contactPoints", "deleteContactPoints", "policies", "resetPolicies", "muteTimes"}
    | {"deleteMuteTimes", "templates", "deleteTemplates"}
)
_KEYS = _LISTS | {"apiVersion"}
# The keys that each part needs, and others that it may have; more may come with a version of Grafana.
_GROUP = ("name", "folder", "interval", "rules")
_RULE = ("uid", "title", "condition", "for", "data")
_RECORD = ("uid", "title", "data")
_QUERY = ("refId", "datasourceUid", "model")
_RECEIVER = ("uid", "type", "settings")
_OF_RULE = (
    *("noDataState", "execErrState", "keepFiringFor", "annotations", "labels", "isPaused", "dashboardUid", "panelId"),
    *("notification_settings", "record", "missing_series_evals_to_resolve", "dasboardUid"),
)
_NEARLY = 0.8  # of the letters of a key, in their order
_OF_QUERY = ("queryType", "relativeTimeRange")
_OF_RECEIVER = ("disableResolveMessage",)
_OF_POLICY = (
    *("receiver", "group_by", "group_wait", "group_interval", "repeat_interval", "routes", "continue", "match"),
    *("match_re", "matchers", "object_matchers", "mute_time_intervals", "active_time_intervals", "orgId"),
)
_UID = re.compile(r"[A-Za-z0-9_-]{1,40}")
_SECONDS = 10  # between two looks of Grafana at which rules are due
# What a rule does where a query finds nothing, or fails.
_STATES = {
    "noDataState": ("NoData", "Alerting", "OK", "KeepLast"),
    "execErrState": ("Error", "Alerting", "OK", "KeepLast"),
}
# Datasources that Grafana computes itself: expressions.
COMPUTED = ("__expr__", "-100")
# Types of contact points; no other one, like `kafka`, is nearly one of these.
_TYPES = [
    *("prometheus-alertmanager", "dingding", "discord", "email", "googlechat", "jira", "line", "mqtt", "opsgenie"),
    *("oncall", "pagerduty", "pushover", "sensugo", "slack", "sns", "teams", "telegram", "threema", "victorops"),
    *("webex", "webhook", "wecom"),
]


def wrong_form(value: Any) -> Iterator[Found]:
    """Yield what is wrong with the content of a file, which may be anything."""
    if not isinstance(value, dict):
        remedy = "Export it in Grafana, or begin with `apiVersion: 1` and `groups:`."
        yield (), "not a file of Grafana's alerting", remedy
        return
    yield from _top_keys(value)
    for path, group in items(value, (), "groups"):
        yield from _group(path, group)
    for path, point in items(value, (), "contactPoints"):
        yield from _contact_point(path, point)
    for path, policy in items(value, (), "policies"):
        yield from _missing(path, policy, ("receiver",))
        yield from _policy_keys(path, policy)
    for key in ("groups", "contactPoints", "policies", "muteTimes", "templates"):
        for path, item in items(value, (), key):
            if item.get("orgId") not in (None, "0", "1"):
                message = "the stack's Grafana has one organization, whose number is 1"
                yield (*path, "orgId"), message, "Write `orgId: 1`."


def _top_keys(value: Mapping[str, Any]) -> Iterator[Found]:
    for key in value.keys() - _KEYS:
        yield (key,), "Grafana ignores this key", unknown_name(key, sorted(_KEYS), "It reads")
    for key in sorted(value.keys() & _LISTS):
        listed = value[key]
        if listed is not None and not isinstance(listed, list):
            yield (key,), "not a list", "Begin each of its items with `-`."
        elif key != "resetPolicies":
            for at, item in enumerate(listed or ()):
                if not isinstance(item, dict):
                    yield (key, at), "not a mapping", "Write its keys and values."


def _group(path: Path, group: Mapping[str, Any]) -> Iterator[Found]:
    yield from _missing(path, group, _GROUP)
    yield from _interval(path, group)
    yield from _nearly(path, group, (*_GROUP, "orgId"))
    for place, rule in items(group, path, "rules"):
        # A rule that records series has no condition, and no time to wait.
        yield from _missing(place, rule, _RECORD if rule.get("record") else _RULE)
        yield from _nearly(place, rule, (*_RULE, *_OF_RULE))
        yield from _rule(place, rule)


def _contact_point(path: Path, point: Mapping[str, Any]) -> Iterator[Found]:
    yield from _missing(path, point, ("name",))
    for place, receiver in items(point, path, "receivers"):
        yield from _missing(place, receiver, _RECEIVER)
        yield from _nearly(place, receiver, (*_RECEIVER, *_OF_RECEIVER))
        yield from _type(place, receiver)


def items(value: Any, path: Path, key: str) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield the mappings of the list under `key`, each with its place."""
    listed = value.get(key) if isinstance(value, dict) else None
    for at, item in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(item, dict):
            yield (*path, key, at), item


def _missing(path: Path, value: Mapping[str, Any], keys: Iterable[str]) -> Iterator[Found]:
    for key in keys:
        if not value.get(key):
            yield path, f"there is no `{key}`, without which Grafana does not start", f"Add `{key}`."


def _nearly(path: Path, value: Mapping[str, Any], keys: Sequence[str]) -> Iterator[Found]:
    """Keys that are nearly known ones, whose values Grafana ignores."""
    for key in value:
        close = get_close_matches(str(key), keys, n=1, cutoff=_NEARLY)
        if close and key not in keys:
            yield (*path, key), "Grafana ignores this key", f"Did you mean `{close[0]}`?"


def _policy_keys(path: Path, policy: Mapping[str, Any]) -> Iterator[Found]:
    yield from _nearly(path, policy, _OF_POLICY)
    for place, route in items(policy, path, "routes"):
        yield from _policy_keys(place, route)


def _interval(path: Path, group: Mapping[str, Any]) -> Iterator[Found]:
    given = group.get("interval")
    if isinstance(given, str) and given:
        seconds = as_seconds(given)
        if seconds is None:
            yield (*path, "interval"), f"not a duration: `{given}`", "Write for example `1m`."
        elif seconds <= 0 or seconds % _SECONDS:
            message = f"Grafana evaluates rules at multiples of {_SECONDS}s only, not every {given}"
            yield (*path, "interval"), message, "Write for example `10s` or `1m`."


def as_seconds(text: str) -> float | None:
    """Return a duration in seconds, None where `text` is not one."""
    try:
        return duration.seconds(text)
    except ValueError:
        return None


def _rule(path: Path, rule: Mapping[str, Any]) -> Iterator[Found]:
    uid, wait = rule.get("uid"), rule.get("for")
    if isinstance(uid, str) and uid and not _UID.fullmatch(uid):
        yield (*path, "uid"), f"not a uid: `{uid}`", "Use at most 40 of the characters a-z, A-Z, 0-9, - and _."
    if isinstance(wait, str) and wait and as_seconds(wait) is None:
        yield (*path, "for"), f"not a duration: `{wait}`", "Write for example `5m`, or `0s` for none."
    for key, states in _STATES.items():
        if rule.get(key) and rule[key] not in states:
            yield (
                (*path, key),
                f"`{rule[key]}` is not a state that Grafana knows here",
                unknown_name(str(rule[key]), states, "It knows"),
            )
    refs: list[str] = []
    for place, query in items(rule, path, "data"):
        yield from _missing(place, query, _QUERY)
        yield from _nearly(place, query, (*_QUERY, *_OF_QUERY))
        yield from _time_range(place, query)
        if (ref := query.get("refId")) in refs:
            yield (*place, "refId"), f"two queries of the rule are `{ref}`", "Give one of them another `refId`."
        refs += [str(ref)] if ref else []
    condition = rule.get("condition")
    if condition and refs and condition not in refs:
        yield (
            (*path, "condition"),
            f"the rule has no query `{condition}`",
            unknown_name(str(condition), dict.fromkeys(refs), "It has"),
        )


def _time_range(path: Path, query: Mapping[str, Any]) -> Iterator[Found]:
    """A query of a datasource needs a time range; an expression has none of its own."""
    given = query.get("relativeTimeRange")
    begin, end = (_number(given.get(key)) if isinstance(given, dict) else 0 for key in ("from", "to"))
    if query.get("datasourceUid") not in COMPUTED and begin <= end:
        message = "its time range begins after its end, or is missing, so that Grafana does not start"
        yield path, message, "Write for example `relativeTimeRange: {from: 600, to: 0}`, in seconds before now."


def _number(value: Any) -> float:
    try:
        return float(value or 0)
    except (TypeError, ValueError):
        return 0


def _type(path: Path, receiver: Mapping[str, Any]) -> Iterator[Found]:
    """A type that is nearly one of Grafana's. Others may come with a version."""
    type_ = receiver.get("type")
    if isinstance(type_, str) and type_.lower() not in _TYPES and (close := closest(type_.lower(), _TYPES)):
        yield (*path, "type"), f"Grafana has no contact points of the type `{type_}`", f"Did you mean `{close}`?"
