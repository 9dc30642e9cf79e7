"""The graph of a stack: from targets over metrics, rules and routes to receivers, and to panels."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal, TypeAlias

from stackctl.source import Position

Kind: TypeAlias = Literal[
    "target",
    "service",
    "component",
    "metric",
    "series",
    "record",
    "slo",
    "alert",
    "route",
    "receiver",
    "panel",
    "variable",
]
# Kinds that serve metrics.
SOURCES = frozenset({"service", "component"})


@dataclass(frozen=True)
class Node:
    """One part of a stack.

    owner  the group of a rule, the dashboard of a panel, the service of a target; else ""
    note   more to know about it, or ""
    fault  why it does not work, or ""
    """

    kind: Kind
    name: str
    owner: str = ""
    position: Position | None = None
    note: str = field(default="", compare=False)
    fault: str = field(default="", compare=False)

    @property
    def full_name(self) -> str:
        """The name with that of its owner, as the command line takes it: `Shop/Errors`."""
        return f"{self.owner}/{self.name}" if self.owner else self.name


Sources: TypeAlias = frozenset[Node] | None


@dataclass(frozen=True)
class Edge:
    """The way of data from `source` to `target`.

    note     more to know about it, or ""
    fault    why nothing gets from one to the other, or ""
    sources  of an edge from a metric, the services and components whose series the target selects; None for all
    """

    source: Node
    target: Node
    note: str = ""
    fault: str = ""
    sources: Sources = None


@dataclass(frozen=True)
class Branch:
    """A node as a tree shows it: with the edge by which it was reached, None at the root, and what follows.

    A node that the tree already shows elsewhere `is_repeated`, without what follows.
    """

    node: Node
    edge: Edge | None = None
    below: tuple[Branch, ...] = ()
    is_repeated: bool = False

    def walk(self) -> Iterator[Branch]:
        """Yield this branch, and all below it."""
        yield self
        for branch in self.below:
            yield from branch.walk()


def _merged(one: Edge, other: Edge) -> Edge:
    is_open = one.sources is None or other.sources is None
    sources = None if is_open else (one.sources or frozenset()) | (other.sources or frozenset())
    return replace(one, note=one.note or other.note, fault=one.fault or other.fault, sources=sources)


# A step of a walk: the node it leads to, by which edge, and the services that the rest of the way is about.
_Step: TypeAlias = tuple[Node, Edge, Sources]
_Follow: TypeAlias = Callable[[Node, Sources], Iterator[_Step]]


@dataclass(frozen=True)
class Graph:
    """All nodes and edges of a stack."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    @classmethod
    def of(cls, nodes: Iterable[Node], edges: Iterable[Edge]) -> Graph:
        """Return the graph of these, each once; notes and faults of repetitions are kept."""
        joined: dict[tuple[Node, Node], Edge] = {}
        for edge in edges:
            ends = edge.source, edge.target
            joined[ends] = _merged(joined[ends], edge) if ends in joined else edge
        fullest: dict[Node, Node] = {}
        for node in (*nodes, *(end for edge in joined.values() for end in (edge.source, edge.target))):
            known = fullest.setdefault(node, node)
            if not known.note and not known.fault:
                fullest[node] = node
        return cls(
            tuple(fullest.values()),
            tuple(
                replace(edge, source=fullest[edge.source], target=fullest[edge.target])
                for edge in joined.values()
                if edge.source != edge.target
            ),
        )

    @cached_property
    def outgoing(self) -> Mapping[Node, list[Edge]]:
        found: defaultdict[Node, list[Edge]] = defaultdict(list)
        for edge in self.edges:
            found[edge.source].append(edge)
        return found

    @cached_property
    def incoming(self) -> Mapping[Node, list[Edge]]:
        found: defaultdict[Node, list[Edge]] = defaultdict(list)
        for edge in self.edges:
            found[edge.target].append(edge)
        return found

    def upstream(self, start: Node) -> Branch:
        """Return the tree of all that a node depends on, up to the services; their targets are left out."""
        return self._grown(start, None, None, set(), self._before)

    def downstream(self, start: Node) -> Branch:
        """Return the tree of all that depends on a node."""
        return self._grown(start, None, None, set(), self._after)

    def _grown(
        self, node: Node, edge: Edge | None, sources: Sources, seen: set[tuple[Node, Sources]], follow: _Follow
    ) -> Branch:
        steps = list(follow(node, sources))
        if (node, sources) in seen:
            return Branch(node, edge, is_repeated=bool(steps))
        seen.add((node, sources))
        below = (self._grown(step, by, from_, seen, follow) for step, by, from_ in steps)
        return Branch(node, edge, tuple(below))

    def _after(self, node: Node, sources: Sources) -> Iterator[_Step]:
        """Yield what reads a node. Of a metric that several serve, only what selects the series of `sources`."""
        inside = frozenset({node}) if node.kind in SOURCES else sources
        for edge in self.outgoing.get(node, ()):
            if inside is None or edge.sources is None or inside & edge.sources:
                yield edge.target, edge, inside if edge.sources is None else None

    def _before(self, node: Node, sources: Sources) -> Iterator[_Step]:
        """Yield what a node reads. Of a metric that several serve, only those that are selected."""
        for edge in self.incoming.get(node, ()):
            is_other = edge.source.kind in SOURCES and sources is not None and edge.source not in sources
            if edge.source.kind != "target" and not is_other:
                yield edge.source, edge, sources if edge.sources is None else edge.sources
