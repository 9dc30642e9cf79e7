"""Protocol of the place where the stack runs, and texts from there without secrets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import fields, is_dataclass
from socket import socket
from typing import Any, Protocol

from stackctl import redaction
from stackctl.source import Secret
from stackctl.tree import Unit


class FoundUnit(Protocol):
    """A unit of the stack as it was found: `runtime.protocol.Observed`."""

    @property
    def name(self) -> str: ...

    @property
    def state(self) -> str: ...

    @property
    def detail(self) -> str: ...

    @property
    def health(self) -> str: ...


class Peer(Protocol):
    """Peer that Prometheus may reach by a name: `runtimes.protocol.Peer`."""

    @property
    def names(self) -> tuple[str, ...]: ...

    @property
    def networks(self) -> tuple[str, ...]: ...

    @property
    def near(self) -> bool: ...


class Place(Protocol):
    """Place in which Prometheus runs, as far as a diagnosis needs it: `runtimes.protocol.Runtime`."""

    def dial(self, host: str, port: int, seconds: float) -> AbstractContextManager[socket]: ...

    def observe(self) -> Sequence[FoundUnit]: ...

    def peers(self) -> Sequence[Peer]: ...

    def logs(self, units: list[str], *, tail: int | None = None) -> Iterator[str]: ...

    def in_shell(self, unit: Unit, arguments: Sequence[str], file: str) -> str: ...


def secrets(value: Any) -> Iterator[str]:
    """Every secret in a value of the model."""
    if isinstance(value, Secret):
        yield value.reveal()
    elif isinstance(value, Mapping):
        yield from (found for item in value.values() for found in secrets(item))
    elif isinstance(value, list | tuple):
        yield from (found for item in value for found in secrets(item))
    elif is_dataclass(value):
        yield from (found for each in fields(value) for found in secrets(getattr(value, each.name)))


def shown(text: str, hidden: Iterable[str]) -> str:
    """`text` as it may be shown: without secrets, users and queries of URLs, and what would move a terminal."""
    for secret in sorted({secret for secret in hidden if redaction.is_maskable(secret)}, key=len, reverse=True):
        text = text.replace(secret, "***")
    text = re.sub(r"(\w+://)[^/\s@\"']*@", r"\1***@", text)
    text = re.sub(r"(\w+://[^\s?\"'<>]*)\?[^\s\"'<>]*", r"\1?***", text)
    return "".join(character for character in text if character.isprintable() or character in "\n\t")
