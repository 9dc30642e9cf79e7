"""Kinds of values, as names of metrics give them: the naming conventions of Prometheus, which not everybody follows."""

from __future__ import annotations

import re
from functools import lru_cache

from stackctl.promql.types.value import COUNTER, INFO, UNKNOWN

# Events, of which only a counter can hold all there have been. Many gauges are named `_total` too: the total of disks.
_EVENTS = re.compile(
    r"(?:^|_)(?:requests?|responses|errors?|fail(?:ed|ures?)|exceptions|panics|crashes|timeouts?|retries|restarts?|resets"
    r"|attempts|calls|invocations|quer(?:y|ies)|fetch(?:es)?|lookups|logins|commits|rollbacks|operations|ops|evaluations|notifications"
    r"|reconciliations|scrapes|reads?|writes?|written|receive[ds]?|sent|transmit(?:ted)?|drops|dropped|discard(?:s|ed)"
    r"|reject(?:ed|ions)|accepted|processed|handled|completed|succeeded|expired|evict(?:ed|ions)|hits|misses|created"
    r"|deleted|abort(?:s|ed)|kill(?:s|ed)|collisions|interrupts|switches|seconds)(?:_\w+)?_total$"
)
# How many there are now, or what somebody else has added up over a period of its own.
_NOW = re.compile(
    r"(?:^|_)(?:pending|active|current(?:ly)?|open|in_?flight|running|queued|waiting|incoming|ready|online|offline|idle"
    r"|max|limit|un?available|healthy|unhealthy|desired|size|capacity|uptime|age|last)(?:_|$)|^(?:aws|azure\w*|stackdriver)_"
)


@lru_cache(10_000)
def of_name(name: str) -> str:
    """Return the kind that the name of a series says it is, UNKNOWN where it does not.

    Only names that are hardly ever something else are read: with a colon in it, a name is that of a recording rule.
    """
    if not name.endswith(("_info", "_total")) or ":" in name:
        return UNKNOWN
    if name.endswith("_info"):
        return INFO
    return COUNTER if _EVENTS.search(name) and not _NOW.search(name) else UNKNOWN
