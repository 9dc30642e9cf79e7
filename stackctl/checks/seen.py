"""What was seen of a failed target: the answers from both sides, what runs behind it, and who has which name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, fields, is_dataclass
from socket import socket
from typing import Any, Protocol

from stackctl import redaction
from stackctl.clients.probe import Probe
from stackctl.source import Secret
from stackctl.tree import Unit


class Found(Protocol):
    """A unit of the stack as it was found: `runtime.protocol.Observed`."""

    @property
    def name(self) -> str: ...

    @property
    def state(self) -> str: ...

    @property
    def detail(self) -> str: ...


class Beside(Protocol):
    """What Prometheus may reach by a name: `runtime.protocol.Peer`."""

    @property
    def names(self) -> tuple[str, ...]: ...

    @property
    def networks(self) -> tuple[str, ...]: ...

    @property
    def near(self) -> bool: ...


class Place(Protocol):
    """Where Prometheus runs, as far as a diagnosis looks at it: `runtime.protocol.Runtime`."""

    def dial(self, host: str, port: int, seconds: float) -> AbstractContextManager[socket]: ...

    def observe(self) -> Sequence[Found]: ...

    def peers(self) -> Sequence[Beside]: ...

    def logs(self, units: list[str], *, tail: int | None = None) -> Iterator[str]: ...

    def in_shell(self, unit: Unit, arguments: Sequence[str], file: str) -> str: ...


@dataclass(frozen=True)
class Seen:
    """What was seen of one failed target.

    there   the answer to Prometheus' place, `here` to this machine where that is another one
    other   the answer to the other scheme, when the declared one seems wrong
    path    another path that does answer with metrics
    elsewhere  another address of this machine at which something listens on the port of a target that refuses
    unit    what the stack runs behind the target, and its `last_words`
    """

    there: Probe | None = None
    here: Probe | None = None
    other: Probe | None = None
    path: str = ""
    elsewhere: str = ""
    unit: Found | None = None
    last_words: tuple[str, ...] = ()
    peers: tuple[Beside, ...] = ()

    @property
    def answer(self) -> Probe | None:
        """The probe that got an answer, Prometheus' own first."""
        return next((probe for probe in (self.there, self.here) if probe and probe.reply), None)


NOTHING = Seen()


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
