"""A small stack in which each kind of dependency exists, whole and broken."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from stackctl.lineage.graph import Branch, Graph, Node
from stackctl.manifest import load
from stackctl.model import Stack

Load = Callable[[str], Stack]
HEAD = "version: 1\nname: shop\n"


@pytest.fixture
def stack_of(tmp_path: Path) -> Load:
    """Load the manifest of a text without its first lines."""

    def loaded(text: str) -> Stack:
        path = tmp_path / "stack.yml"
        path.write_text(HEAD + text)
        return load(path)

    return loaded


def node(graph: Graph, name: str) -> Node:
    """The only node of a name."""
    (found,) = (each for each in graph.nodes if each.name == name)
    return found


def outline(branch: Branch) -> dict[str, object]:
    """The names in a tree: name -> what is below it."""
    return {each.node.name: outline(each) for each in branch.below}


@pytest.fixture
def names_of() -> Callable[[Graph, str, str], dict[str, object]]:
    """Return the names in the tree of a node: "upstream" or "downstream"."""
    return lambda graph, name, way: outline(getattr(graph, way)(node(graph, name)))


@pytest.fixture
def node_of() -> Callable[[Graph, str], Node]:
    """Return the only node of a name."""
    return node
