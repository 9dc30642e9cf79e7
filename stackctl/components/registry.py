"""The registry of components: each file of this folder that has a `COMPONENT`, found by its name.

To import this costs nothing: the file of a component is read when it is asked for.
"""

from __future__ import annotations

import pkgutil
from dataclasses import replace
from functools import cache
from importlib import import_module
from typing import Any

from stackctl import components
from stackctl.components.component import Component
from stackctl.model import Exporter, Server

# The other files of this folder.
_SHAPE = frozenset({"component", "custom", "registry", "release", "series", "served", "settings"})
# In the names of services that export what something else does.
_EXPORTER = "exporter"


@cache
def names() -> frozenset[str]:
    """Return the names of all components."""
    return frozenset(module.name for module in pkgutil.iter_modules(components.__path__)) - _SHAPE


@cache
def component(name: str) -> Component:
    """Return the component of that name. Raises KeyError where there is none."""
    if name not in names():
        raise KeyError(name)
    found: Component = import_module(f"{components.__name__}.{name}").COMPONENT
    return found


def of(server: Server) -> Component:
    """Return the component of a server of a stack; of an exporter that is none, what the manifest says of it."""
    if server.component_name not in names() and isinstance(server, Exporter):
        return custom(server.name, server.settings)
    return instance(server.component_name, server.name)


def instance(kind: str, name: str) -> Component:
    """Return the component `kind` as one of several exporters: under a name and a service of its own.

    Its service does not have the name alone, where that of the kind has not either: what it asks may be called so.
    """
    known = component(kind)
    if name == kind:
        return known
    is_apart = known.container.service and _EXPORTER not in name
    container = replace(known.container, service=f"{name}-{_EXPORTER}" if is_apart else "")
    return replace(known, name=name, container=container)


def custom(name: str, settings: Any) -> Component:
    """Return the component that the settings of an exporter describe which stackctl does not know."""
    described: Component = import_module(f"{components.__name__}.custom").component(name, settings)
    return described


def find(name: str) -> Component | None:
    """Return the component of that name, None where there is none: a service of the user's own."""
    return component(name) if name in names() else None


@cache
def every() -> tuple[Component, ...]:
    """Return all components, in the order in which they are listed."""
    return tuple(sorted(map(component, names()), key=lambda each: each.rank))


@cache
def running() -> tuple[Component, ...]:
    """Return the components that a stack can run."""
    return tuple(each for each in every() if each.runs)


@cache
def exporters() -> tuple[Component, ...]:
    """Return those with a section under `exporters`."""
    return tuple(each for each in every() if each.is_exporter)
