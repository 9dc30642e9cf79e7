"""The generations of a stack that its namespace keeps: all objects as they were applied, in a Secret each. Pure.

A Secret, because objects can hold secrets. It is written before the first object of its generation is changed, and
marked once the servers have confirmed it; so one that is not marked has not finished.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from stackctl import conventions as c
from stackctl.bounds.json_text import loads
from stackctl.bounds.packed import unpacked
from stackctl.cluster.objects import GENERATION, MANAGED_BY, Thing, thing
from stackctl.errors import Unavailable
from stackctl.tree import digest

# The API server takes no larger Secret.
SIZE_LIMIT = 1 << 20
_CONTENT = "objects.json.gz"
_NUMBER, _CONFIRMED, _WRITTEN = "stackctl/number", "stackctl/confirmed", "stackctl/written-at"


@dataclass(frozen=True)
class Generation:
    """One generation. `number` grows with each that is written, at a Unix `time`; `content` is its objects, packed."""

    id: str
    number: int
    time: float
    is_confirmed: bool
    content: bytes

    def written_at(self) -> float:
        """Return when it was written, as Unix time."""
        return self.time

    def things(self) -> tuple[Thing, ...]:
        """Return its objects, in the order in which they are applied. Raises Unavailable for a damaged Secret."""
        try:
            return tuple(thing(each) for each in loads(unpacked(self.content)))
        except (ValueError, LookupError, TypeError):
            remedy = "Run `stackctl up`, which keeps a new one."
            summary = f"the Secret with the generation {self.id} is damaged"
            raise Unavailable.of("generation.edited", summary, remedy=remedy) from None

    @property
    def is_too_large(self) -> bool:
        """Return whether no Secret can hold it."""
        return len(self.content) > SIZE_LIMIT


def generation_of(things: Sequence[Thing], kept: Sequence[Generation], now: float) -> Generation:
    """Return the generation of some objects, after those that are kept. It is not confirmed yet."""
    text = json.dumps([each.content for each in things], sort_keys=True, separators=(",", ":"))
    number = 1 + max((each.number for each in kept), default=0)
    return Generation(digest(text), number, now, False, gzip.compress(text.encode(), mtime=0))


def confirmed(kept: Iterable[Generation]) -> Generation | None:
    """Return the generation that was confirmed last, None where none was."""
    return max((each for each in kept if each.is_confirmed), key=lambda each: each.number, default=None)


def unfinished(kept: Sequence[Generation]) -> Generation | None:
    """Return the generation whose change began after all others and was not confirmed, None where all were."""
    last = max(kept, key=lambda each: each.number, default=None)
    return last if last and not last.is_confirmed else None


def outdated(kept: Sequence[Generation]) -> list[Generation]:
    """Return those to remove: changes that came to nothing, what was confirmed again later, or too long ago."""
    in_order = sorted(kept, key=lambda each: each.number)
    finished = {each.id: each for each in in_order if each.is_confirmed}  # the last one of each
    lasting = sorted(finished.values(), key=lambda each: -each.number)[: c.GENERATIONS_KEPT]
    return [each for each in in_order if each not in lasting]


def generations(found: Iterable[Thing]) -> list[Generation]:
    """Return the generations among objects of a namespace, the last one first."""
    kept = [_read(each.content) for each in found if each.is_generation]
    return sorted(kept, key=lambda each: -each.number)


def _read(content: Mapping[str, Any]) -> Generation:
    """Return the generation in a Secret. What somebody else has written into it counts for nothing."""
    metadata = content["metadata"]
    notes = metadata.get("annotations") or {}
    try:
        data = base64.b64decode((content.get("data") or {}).get(_CONTENT, ""))
        number, written_at = int(notes.get(_NUMBER, "0")), float(notes.get(_WRITTEN, "0"))
    except (binascii.Error, ValueError):
        data, number, written_at = b"", 0, 0.0
    return Generation(metadata["labels"][GENERATION], number, written_at, notes.get(_CONFIRMED) == "true", data)


def secret(generation: Generation, stack: str, namespace: str, labels: Mapping[str, str]) -> dict[str, Any]:
    """Return the Secret of a generation of a stack, which has the `labels` of all objects of that stack."""
    notes = {
        _NUMBER: str(generation.number),
        _CONFIRMED: "true" if generation.is_confirmed else "false",
        _WRITTEN: f"{generation.time:.0f}",
    }
    own = {**labels, MANAGED_BY[0]: MANAGED_BY[1], GENERATION: generation.id}
    name = f"{stack}-generation-{generation.number}"
    metadata = {"name": name, "namespace": namespace, "labels": own, "annotations": notes}
    data = {_CONTENT: base64.b64encode(generation.content).decode()}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": "stackctl/generation", "data": data}


def as_confirmed(generation: Generation) -> Generation:
    """Return a generation that the servers have confirmed."""
    return replace(generation, is_confirmed=True)
