"""Observations of a failed target: the answers from both sides, and what runs behind it."""

from __future__ import annotations

from dataclasses import dataclass

from stackctl.clients.probe import Probe
from stackctl.verification.place import FoundUnit, Peer


@dataclass(frozen=True)
class Observations:
    """Observations of one failed target.

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
    unit: FoundUnit | None = None
    last_words: tuple[str, ...] = ()
    peers: tuple[Peer, ...] = ()

    @property
    def answer(self) -> Probe | None:
        """The probe that got an answer, Prometheus' own first."""
        return next((probe for probe in (self.there, self.here) if probe and probe.reply), None)


NOTHING = Observations()
