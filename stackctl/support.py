"""Releases of the components: which are supported and until when, and the oldest that stackctl works with.

Only projects that publish an end of support have a table; for others there is nothing to look up.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from stackctl.components import registry
from stackctl.components.release import image_version
from stackctl.diagnostic import Diagnostic
from stackctl.model import Stack

# When the tables of the components were last compared with what the projects publish.
AS_OF = date(2026, 11, 29)


@dataclass(frozen=True)
class Support:
    """Support of a component's version. `ends` is the last day of its support, None where that is not known."""

    component: str
    version: str
    is_over: bool
    ends: date | None = None


def support_of(component: str, version: tuple[int, ...], today: date) -> Support:
    """Return what the table says of a version, which is () where it is not known."""
    shown = ".".join(map(str, version))
    minor = version[:2]
    known = registry.component(component).support
    if len(minor) < 2 or known is None:
        return Support(component, shown, False)
    ends = known.ends.get(minor)
    is_over = ends < today if ends else minor < known.ended_before
    return Support(component, shown, is_over, ends)


def too_old(stack: Stack) -> Iterator[Diagnostic]:
    """Yield a warning for every image that is older than what stackctl works with."""
    for component in stack.components:
        known, version = registry.of(component), image_version(component.image)
        minimum = known.minimum
        if minimum and () < version < minimum:
            oldest = ".".join(map(str, minimum))
            shown = ".".join(map(str, version))
            yield Diagnostic(
                "version.too-old",
                f"{component.name} {shown} is older than {oldest}, the oldest version that stackctl works with",
                component.origin,
                remedy=f"Remove `image` for {known.image}, or name {oldest} or newer.",
            )
