"""The labels and annotations that the texts of receivers ask for, next to those of the stack's alerts and groups."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from stackctl import conventions as c
from stackctl.diagnostic import Diagnostic
from stackctl.manifest.routing import routes_of
from stackctl.model import Alertmanager, Stack
from stackctl.promql.alert_text import actions_of, shown
from stackctl.promql.nearest import Names, is_slip

_FIELD = re.compile(r"\.(?:Common)?(Annotations)\.([A-Za-z_]\w*)|\.(?:Common|Group)?(Labels)\.([A-Za-z_]\w*)")
# What all alerts have, whatever their rules say.
_OF_ALL = frozenset({"alertname", "job", "instance", "severity"})


_GROUP_LABEL = re.compile(r"""\.GroupLabels\.([A-Za-z_]\w*)|index\s+\.GroupLabels\s+["`]([^"`]+)["`]""")
# What a template asks of all group labels, as in `.GroupLabels.SortedPairs`.
_METHODS = frozenset({"SortedPairs", "Remove", "Names", "Values", "String"})
_ALL = "..."
_Place = tuple[str | int, ...]


def ungrouped_labels(stack: Stack) -> Iterator[Diagnostic]:
    """Yield labels of groups that receivers show, though none of their routes groups by them."""
    alertmanager = stack.alertmanager
    if alertmanager is None or "route" in alertmanager.extra:
        return
    groups = _groups(alertmanager)
    for receiver in alertmanager.receivers:
        known = groups.get(receiver.name)
        if known is None or _ALL in known:
            continue
        texts = _texts(receiver.integrations)
        for name in dict.fromkeys(name for text in texts for name in shown(_GROUP_LABEL, actions_of(text))):
            if name not in known | _METHODS:
                shows = f"the receiver `{receiver.name}` shows the group label `{name}`"
                summary = f"{shows}, and its routes do not group by it: it is empty in each message"
                remedy = f"Add `{name}` to `group_by`, or use `.CommonLabels.{name}`."
                yield Diagnostic("receiver.unknown-field", summary, receiver.origin, remedy=remedy)


def _groups(alertmanager: Alertmanager) -> dict[str, frozenset[str]]:
    """Receiver -> the labels by which routes that lead to it group."""
    found: dict[str, frozenset[str]] = {}

    def add(receiver: Any, labels: Any) -> None:
        known = found.get(str(receiver), frozenset())
        found[str(receiver)] = known | (frozenset(map(str, labels)) if isinstance(labels, list | tuple) else {_ALL})

    first = next((each.name for each in alertmanager.receivers), "")
    if alertmanager.routing is not None:
        routing = alertmanager.routing
        usual = routing.grouping.get("group_by", ())
        add(routing.default, usual)
        for rule in routing.rules:
            for receiver in filter(None, (rule.receiver, rule.otherwise)):
                add(receiver, rule.grouping.get("group_by", usual))
    elif alertmanager.route is not None:
        above: dict[_Place, tuple[Any, Any]] = {}
        for at, route in routes_of(alertmanager.route, ()):
            receiver, labels = above.get(at[:-2], (first, ()))
            above[at] = route.get("receiver") or receiver, route.get("group_by") or labels
            add(*above[at])
    else:
        add(first, c.GROUP_BY)
    return found


def unknown_fields(stack: Stack) -> Iterator[Diagnostic]:
    """Yield fields that no alert of the stack has and that are probably misspelt: they are empty in each message."""
    alerts = [rule for file in stack.rules for rule in file.rules if rule.kind == "alert"]
    if stack.alertmanager is None or not alerts:
        return
    known = {
        "Annotations": {name for rule in alerts for name in rule.annotations},
        "Labels": {name for rule in alerts for name in rule.labels} | _OF_ALL,
    }
    names = {kind: Names(each) for kind, each in known.items()}
    for receiver in stack.alertmanager.receivers:
        for kind, name in dict.fromkeys(_asked(receiver.integrations)):
            near = names[kind].nearest(name) if name not in known[kind] else ""
            if near and is_slip(name, near):
                what = kind.lower().removesuffix("s")
                summary = f"the receiver `{receiver.name}` uses the {what} `{name}`, which no alert of the stack has"
                yield Diagnostic("receiver.unknown-field", summary, receiver.origin, remedy=f"Did you mean `{near}`?")


def _asked(value: Any) -> Iterator[tuple[str, str]]:
    """Kind and name of each field in the texts of a block."""
    for text in _texts(value):
        for match in _FIELD.finditer(text):
            yield match[1] or match[3], match[2] or match[4]


def _texts(value: Any) -> Iterator[str]:
    """The templates in a block."""
    if isinstance(value, str):
        yield from (value,) if "{{" in value else ()
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
