"""Questions about a graph: one of its nodes found by name, with what it depends on and what depends on it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace

from stackctl.lineage.graph import Branch, Edge, Graph, Node
from stackctl.lineage.moment import Moment

_METRICS = frozenset({"metric", "series"})


@dataclass(frozen=True)
class Dependencies:
    """Trees of a node: all that depends on it, and all that it depends on, None if that was not asked.

    `unused` are metrics of a service that nothing reads; they are not in the tree. `now` is how nodes of a stack that
    runs are at the moment; `unasked` is why nothing, or not all, is known of that, or "".
    """

    start: Node
    downstream: Branch
    upstream: Branch | None = None
    unused: tuple[str, ...] = ()
    now: Mapping[Node, Moment] = field(default_factory=dict)
    unasked: str = ""

    @property
    def _branches(self) -> Iterator[Branch]:
        yield from self.upstream.walk() if self.upstream else ()
        yield from self.downstream.walk()

    @property
    def nodes(self) -> list[Node]:
        """All nodes of both trees, each once."""
        return list(dict.fromkeys(branch.node for branch in self._branches))

    @property
    def edges(self) -> list[Edge]:
        """All edges of both trees, each once."""
        return list(dict.fromkeys(branch.edge for branch in self._branches if branch.edge))

    @property
    def dependants(self) -> list[Node]:
        """All nodes that depend on the start, each once."""
        return [node for node in dict.fromkeys(each.node for each in self.downstream.walk()) if node != self.start]


def why(graph: Graph, start: Node) -> Dependencies:
    """Return what a node depends on, and where it leads."""
    return Dependencies(start, graph.downstream(start), graph.upstream(start))


def impact(graph: Graph, start: Node) -> Dependencies:
    """Return all that depends on a node."""
    tree = graph.downstream(start)
    unused = tuple(branch.node.name for branch in tree.below if _is_unused(branch))
    return Dependencies(
        start, replace(tree, below=tuple(each for each in tree.below if not _is_unused(each))), unused=unused
    )


def _is_unused(branch: Branch) -> bool:
    """Return whether a branch has nothing but a metric, and the series that it consists of."""
    return not branch.is_repeated and all(each.node.kind in _METRICS for each in branch.walk())


def find(graph: Graph, name: str, kinds: Collection[str]) -> list[Node]:
    """Return the nodes of these kinds that `name` names: alone, with the owner, or by the place as `file:line`."""
    asked = {name} - {""}
    return [node for node in graph.nodes if node.kind in kinds and asked & {node.name, node.full_name, place(node)}]


def place(node: Node) -> str:
    """Return the file and line of a node, "" where it has none."""
    return f"{node.position.file}:{node.position.line}" if node.position else ""
