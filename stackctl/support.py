"""Releases of the components: which are supported and until when, and the oldest that stackctl works with.

Only projects that publish an end of support are in the table; for others there is nothing to look up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from stackctl import conventions as c
from stackctl.errors import Problem
from stackctl.model import Stack

# When the table was last compared with what the projects publish.
AS_OF = date(2026, 11, 29)
# Minor release -> the last day of its support. A release of Prometheus ends when the next one appears, but for the
# long-term ones. Grafana supports a minor release for nine months, and the last one of a major release for fifteen.
_ENDS: dict[str, dict[tuple[int, int], date]] = {
    c.PROMETHEUS: {
        (3, 5): date(2026, 7, 31),
        (3, 11): date(2026, 5, 28),
        (3, 12): date(2026, 7, 1),
        (3, 13): date(2027, 7, 31),
        (3, 14): date(2026, 9, 24),
        (3, 15): date(2026, 11, 4),
    },
    c.GRAFANA: {
        (11, 6): date(2026, 6, 25),
        (12, 0): date(2026, 2, 5),
        (12, 1): date(2026, 4, 22),
        (12, 2): date(2026, 6, 23),
        (12, 3): date(2026, 8, 19),
    },
}
# Everything before these has ended, whether it is in the table or not.
_ENDED_BEFORE: dict[str, tuple[int, int]] = {c.PROMETHEUS: (3, 13), c.GRAFANA: (12, 4)}
MINIMUM: dict[str, tuple[int, ...]] = {c.PROMETHEUS: (3,), c.ALERTMANAGER: (0, 27), c.GRAFANA: (10,)}


@dataclass(frozen=True)
class Support:
    """What is known of a component's version. `ends` is the last day of its support, None where that is not known."""

    component: str
    version: str
    is_over: bool
    ends: date | None = None


def image_version(image: str) -> tuple[int, ...]:
    """Return the version that an image's tag names: (3, 13, 5) for `prom/prometheus:v3.13.5`, () when it names none."""
    match = re.search(r":v?(\d+)\.(\d+)(?:\.(\d+))?[^/]*$", image.partition("@")[0])
    return tuple(int(number) for number in match.groups() if number) if match else ()


def support_of(component: str, version: tuple[int, ...], today: date) -> Support:
    """Return what the table says of a version, which is () where it is not known."""
    shown = ".".join(map(str, version))
    minor = version[:2]
    if len(minor) < 2 or component not in _ENDED_BEFORE:
        return Support(component, shown, False)
    ends = _ENDS[component].get((minor[0], minor[1]))
    is_over = ends < today if ends else minor < _ENDED_BEFORE[component]
    return Support(component, shown, is_over, ends)


def too_old(stack: Stack) -> Iterator[Problem]:
    """Yield a warning for every image that is older than what stackctl works with."""
    for component in stack.components:
        minimum, version = MINIMUM.get(component.name), image_version(component.image)
        if minimum and () < version < minimum:
            oldest = ".".join(map(str, minimum))
            shown = ".".join(map(str, version))
            yield Problem(
                f"{component.name} {shown} is older than {oldest}, the oldest version that stackctl works with",
                component.origin,
                remedy=f"Remove `image` for {c.IMAGES[component.name]}, or name {oldest} or newer.",
            )
