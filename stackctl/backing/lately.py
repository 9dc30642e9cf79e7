"""Series that are gone and were there lately: a program may serve some only at times, as of the last batch.

A new version of a program that no longer serves them is another process. So is a configuration that drops them loaded
later. So series may come again if they were there since the last reload, from a process that still runs.
"""

from __future__ import annotations

from collections.abc import Collection

from stackctl.clients.prometheus import Prometheus
from stackctl.promql.selectors import Condition, Selector
from stackctl.verification.targets import Place, place_of

# How far back series count, in seconds, and from how many targets they are looked for.
_LATELY = 86_400.0
_TARGETS = 20
# A program that ends, or a reload, may overlap with what follows it for so long, in seconds.
_OVERLAP = 5.0
_START = "process_start_time_seconds"


def were_there(
    client: Prometheus, selector: Selector, since: float, targets: Collection[Place], gateways: Collection[Place]
) -> bool:
    """Return whether series of `selector` were there lately, and may come again.

    `since` is the Unix time of the start or the last reload of Prometheus. `targets` are those that are up, `gateways`
    those of them whose series may have other labels. Raises NoAnswer without an answer.
    """
    ((_, now),) = client.values("vector(time())")
    age = min(_LATELY, now - since - _OVERLAP)
    if age <= 0:
        return False
    gone = f"group by (job, instance) (last_over_time({selector.text}[{age * 1000:.0f}ms]))"
    for labels, _ in client.values(gone, limit=_TARGETS):
        place = place_of(labels)
        sources = [place] if place in targets else gateways
        if any(_from_the_same(client, selector, place, source, age, now) for source in sources):
            return True
    return False


def _from_the_same(client: Prometheus, selector: Selector, place: Place, source: Place, age: float, now: float) -> bool:
    """Return whether series of a place were there since the process of their source has started."""
    started = client.values(f"max({Selector(_START, _of(source)).text})")
    within = min([age, *(now - start - _OVERLAP for _, start in started)])
    its = selector.only(*selector.conditions, *_of(place))
    return bool(started) and within > 0 and client.had(its.text, within)


def _of(place: Place) -> tuple[Condition, ...]:
    return tuple(Condition(label, "=", value) for label, value in zip(("job", "instance"), place, strict=True))
