"""Parts of a stack with what they depend on and what depends on them: as a tree, as JSON and as a Mermaid diagram."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from stackctl.lineage.graph import Branch, Edge, Node
from stackctl.lineage.question import Dependencies
from stackctl.report import console
from stackctl.report.outline import Outline

# Kinds that somebody looks at or gets, with their plurals: they are counted.
_COUNTED = {
    "record": "recording rules",
    "slo": "SLOs",
    "alert": "alerts",
    "receiver": "receivers",
    "panel": "panels",
    "variable": "variables",
}
_WORDS = {"record": "recording rule", "slo": "SLO"}
# Of these the owner says which one is meant.
_OF_OWNER = {"panel": "dashboard", "variable": "dashboard", "slo": "service", "target": "job"}

# What may be markup in a quoted text of Mermaid, written by its code.
_CODES = str.maketrans({"\n": "<br>", **{character: f"#{ord(character)};" for character in '#&"<>`'}})


def tree(found: Dependencies) -> Outline:
    """Return a tree: what is asked about, below it what it depends on, and what it leads to."""
    before = tuple(map(_outline, found.upstream.below)) if found.upstream else ()
    after = tuple(map(_outline, found.downstream.below))
    if not before or not after:
        return Outline(_line(Branch(found.start)), before or after)
    sections = Outline(console.dim("depends on"), before), Outline(console.dim("leads to"), after)
    return Outline(_line(Branch(found.start)), sections)


def _outline(branch: Branch) -> Outline:
    return Outline(_line(branch), tuple(map(_outline, branch.below)))


def _line(branch: Branch) -> str:
    node, edge = branch.node, branch.edge
    fault = _fault(branch)
    owner = f" of {_OF_OWNER[node.kind]} {node.owner}" if node.kind in _OF_OWNER else ""
    notes = [each for each in (node.note, edge.note if edge else "", "shown above" * branch.is_repeated) if each]
    text = f"{_WORDS.get(node.kind, node.kind)} {console.bold(node.name)}{owner}"
    text += f" ({', '.join(notes)})" if notes else ""
    text += f"  {console.dim(str(node.position))}" if node.position else ""
    return f"{console.mark('fail')} {text}: {console.red(fault)}" if fault else text


def _fault(branch: Branch) -> str:
    faults = (branch.edge.fault if branch.edge else "", branch.node.fault)
    return "; ".join(dict.fromkeys(fault for fault in faults if fault))


def summary(found: Dependencies) -> str:
    """Return how many parts of each kind depend on it: `2 alerts, 1 panel and 1 receiver depend on it`."""
    counts: Counter[str] = Counter(node.kind for node in found.dependants)
    parts = [f"{counts[kind]} {_words(kind, counts[kind])}" for kind in _COUNTED if counts[kind]]
    if not parts:
        return f"nothing depends on {found.start.kind} {found.start.name}"
    listed = f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else parts[0]
    verb = "depends" if sum(counts[kind] for kind in _COUNTED) == 1 else "depend"
    return f"{listed} {verb} on {found.start.kind} {found.start.name}"


def _words(kind: str, count: int) -> str:
    return _COUNTED[kind].removesuffix("s") if count == 1 else _COUNTED[kind]


def as_json(found: Dependencies) -> str:
    """`{"start": id, "nodes": [...], "edges": [...], "unused": [...]}`, indented."""
    ids = _ids(found)
    shown = {
        "start": ids[found.start],
        "nodes": [{"id": name, **_node(node)} for node, name in ids.items()],
        "edges": [
            {"from": ids[each.source], "to": ids[each.target], "note": each.note, "fault": each.fault}
            for each in found.edges
        ],
        "unused": list(found.unused),
    }
    return json.dumps(shown, indent=2, ensure_ascii=False) + "\n"


def _node(node: Node) -> dict[str, Any]:
    at = node.position
    return {
        "kind": node.kind,
        "name": node.name,
        "owner": node.owner,
        "note": node.note,
        "fault": node.fault,
        "source": {"file": at.file, "line": at.line, "column": at.column} if at else None,
    }


def as_mermaid(found: Dependencies) -> str:
    """Return a Mermaid flowchart. What is broken is red, and what is asked about has a thick border."""
    ids = _ids(found)
    broken = [name for node, name in ids.items() if node.fault]
    lines = [
        "flowchart LR",
        *(f'  {name}["{_label(node)}"]' for node, name in ids.items()),
        *(f"  {_arrow(each, ids)}" for each in found.edges),
        "  classDef start stroke-width:3px",
        f"  class {ids[found.start]} start",
    ]
    if broken:
        lines += ["  classDef broken stroke:#c00,color:#c00", f"  class {','.join(broken)} broken"]
    faults = [str(index) for index, each in enumerate(found.edges) if each.fault]
    if faults:
        lines.append(f"  linkStyle {','.join(faults)} stroke:#c00,color:#c00")
    return "\n".join(lines) + "\n"


def _label(node: Node) -> str:
    text = f"{_WORDS.get(node.kind, node.kind)}: {node.full_name if node.kind in _OF_OWNER else node.name}"
    return _escaped(f"{text}\n{node.fault}" if node.fault else text)


def _arrow(edge: Edge, ids: dict[Node, str]) -> str:
    arrow = f'-. "{_escaped(edge.fault)}" .->' if edge.fault else "-->"
    return f"{ids[edge.source]} {arrow} {ids[edge.target]}"


def _escaped(text: str) -> str:
    return text.translate(_CODES)


def _ids(found: Dependencies) -> dict[Node, str]:
    return {node: f"n{index}" for index, node in enumerate(found.nodes)}
