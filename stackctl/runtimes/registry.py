"""The registry of runtimes: each is a package of this folder.

`facts.py` of the package has its FACTS, `rendering.py` makes its units, and `runtime.py` runs them. To import this
costs nothing: a module of a runtime is read when it is asked for.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stackctl.runtimes.facts import Facts

# In the order in which they are listed, and tried where none is named.
NAMES = ("docker", "native")


def module(name: str, part: str) -> Any:
    """Return a module of the runtime of that name. Raises KeyError where there is no such runtime."""
    if name not in NAMES:
        raise KeyError(name)
    return import_module(f"stackctl.runtimes.{name}.{part}")


@cache
def facts(name: str) -> Facts:
    """Return the facts of the runtime of that name. Raises KeyError where there is none."""
    found: Facts = module(name, "facts").FACTS
    return found


def local_first() -> tuple[str, ...]:
    """Return the names of all runtimes, with those first that need nothing to answer."""
    return tuple(sorted(NAMES, key=lambda name: not facts(name).is_local))


def find(name: str) -> Facts | None:
    """Return the facts of the runtime of that name, None where there is none: the name may come from a file."""
    return facts(name) if name in NAMES else None
