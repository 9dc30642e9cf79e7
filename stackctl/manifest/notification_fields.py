"""The labels and annotations that the texts of receivers ask for, next to those that the stack's alerts have."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from stackctl.diagnostic import Diagnostic
from stackctl.model import Stack
from stackctl.promql.nearest import Names, is_slip

_FIELD = re.compile(r"\.(?:Common)?(Annotations)\.([A-Za-z_]\w*)|\.(?:Common|Group)?(Labels)\.([A-Za-z_]\w*)")
# What all alerts have, whatever their rules say.
_OF_ALL = frozenset({"alertname", "job", "instance", "severity"})


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
    if isinstance(value, str):
        for annotations, annotation, labels, label in _FIELD.findall(value) if "{{" in value else ():
            yield annotations or labels, annotation or label
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _asked(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _asked(item)
