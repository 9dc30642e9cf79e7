"""Dependencies in a stack, for `why` and `impact`: by the manifest and its files, with what its servers say of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stackctl.errors import InputError
    from stackctl.lineage.graph import Graph, Node
    from stackctl.lineage.question import Dependencies
    from stackctl.model import Stack

# What each command can be asked about.
_WHY = ("alert", "target", "panel", "variable", "record", "slo", "receiver")
_IMPACT = ("metric", "series", "service", "component")
_WITH_ARTICLE = {
    **{kind: f"a {kind}" for kind in (*_WHY, *_IMPACT)},
    "alert": "an alert",
    "record": "a recording rule",
    "slo": "an SLO",
    "series": "a series of a metric",
}
# So many names are listed where none is near.
_LISTED = 12


def explain(manifest: Path, name: str) -> Dependencies:
    """Return what the alert, target, panel, recording rule, SLO or receiver `name` depends on, and where it leads.

    Raises InputError for a manifest that cannot be read, and for a name that is unknown or that several have.
    """
    from stackctl.lineage.question import why

    stack, graph = _graph(manifest)
    return _observed(manifest, stack, why(graph, _find(graph, name, _WHY)))


def find_dependants(manifest: Path, name: str) -> Dependencies:
    """Return what depends on the metric, service or component `name`. Raises InputError as `explain` does."""
    from stackctl.lineage.question import impact

    stack, graph = _graph(manifest)
    return _observed(manifest, stack, impact(graph, _find(graph, name, _IMPACT)))


def _graph(manifest: Path) -> tuple[Stack, Graph]:
    from stackctl.lineage.build import lineage
    from stackctl.operations.checking import load_or_report

    stack = load_or_report(manifest)
    return stack, lineage(stack)


def _observed(manifest: Path, stack: Stack, found: Dependencies) -> Dependencies:
    from stackctl.operations.moments import observe

    now, unasked = observe(manifest, stack, found.nodes)
    return replace(found, now=now, unasked=unasked)


def _find(graph: Graph, name: str, kinds: Sequence[str]) -> Node:
    from stackctl.lineage.question import find

    found = find(graph, name, kinds)
    if len(found) == 1:
        return found[0]
    raise _ambiguous(name, found) if found else _unknown(graph, name, kinds)


def _unknown(graph: Graph, name: str, kinds: Sequence[str]) -> InputError:
    from stackctl.errors import InputError
    from stackctl.lineage.question import find

    others = find(graph, name, _IMPACT if kinds is _WHY else _WHY)
    if others:
        command = "impact" if kinds is _WHY else "why"
        remedy = f"Run `stackctl {command} {name}`, as `{name}` is {_WITH_ARTICLE[others[0].kind]}."
    else:
        remedy = _nearest(graph, name, kinds)
    what = "alert, target or panel" if kinds is _WHY else "metric or service"
    return InputError.of("usage.unknown-name", f"the stack has no {what} `{name}`", remedy=remedy)


def _nearest(graph: Graph, name: str, kinds: Sequence[str]) -> str:
    from difflib import get_close_matches

    names = list(dict.fromkeys(node.name for node in graph.nodes if node.kind in kinds))
    near = get_close_matches(name, names, n=3)
    if near:
        return f"Did you mean {' or '.join(f'`{each}`' for each in near)}?"
    listed = ", ".join(f"`{each}`" for each in names[:_LISTED])
    more = f", and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return f"It has: {listed}{more}." if names else ""


def _ambiguous(name: str, found: Sequence[Node]) -> InputError:
    from stackctl.errors import InputError
    from stackctl.lineage.question import place

    full = [node.full_name for node in found]
    choices = [each if full.count(each) == 1 else place(node) for each, node in zip(full, found, strict=True)]
    listed = ", ".join(f"`{choice}` ({node.kind})" for choice, node in zip(choices, found, strict=True))
    return InputError.of(
        "usage.ambiguous-name", f"the stack has {len(found)} things of the name `{name}`", remedy=f"Name one: {listed}."
    )
