"""Log messages of Prometheus and Alertmanager: the only place that has the reason of some failures."""

from __future__ import annotations

import re
from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import datetime

from stackctl.bounds.json_text import loads
from stackctl.errors import StackctlError
from stackctl.model import Stack
from stackctl.verification.place import Place, secrets, shown

# The last lines that are read. A server that logs every scrape of many targets writes some hundreds a minute.
LINES = 2_000
_FIELD = re.compile(r'(\w+)=("(?:[^"\\]|\\.)*"|\S*)')


@dataclass(frozen=True)
class Entry:
    """A line of a log: Unix time, 0.0 where it has none, and its fields."""

    time: float
    fields: Mapping[str, str]

    @property
    def message(self) -> str:
        return self.fields.get("msg", "")

    @property
    def error(self) -> str:
        return self.fields.get("err", "") or self.fields.get("error", "")


def entries(place: Place, stack: Stack, component: str) -> list[Entry]:
    """The last lines of a component's log, secrets hidden; none where the runtime has no log to give."""
    hidden = set(secrets(stack))
    try:
        return [entry(line, hidden) for line in place.logs([component], tail=LINES)]
    except StackctlError:
        return []


def entry(line: str, hidden: Set[str]) -> Entry:
    """A line of a log in Go's key=value form, without the secrets in `hidden`."""
    fields = {name: _plain(value) for name, value in _FIELD.findall(shown(line, hidden))}
    return Entry(_time(fields.get("time") or fields.get("ts", "")), fields)


def _plain(value: str) -> str:
    if not value.startswith('"'):
        return value
    try:
        return str(loads(value))
    except ValueError:
        return value.strip('"')


def _time(text: str) -> float:
    try:
        return datetime.fromisoformat(re.sub(r"(\.\d{1,6})\d*", r"\1", text).replace("Z", "+00:00")).timestamp()
    except ValueError:
        return 0.0
