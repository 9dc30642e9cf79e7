"""Parts of a stack with what they depend on and what depends on them: as a tree, as JSON and as a Mermaid diagram."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from stackctl.lineage.graph import Branch, Edge, Node
from stackctl.lineage.moment import Moment
from stackctl.lineage.question import Dependencies
from stackctl.report import console, quantity
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


def warn_of_silence(found: Dependencies) -> None:
    """Say why it is not shown how the parts are now, where servers that run do not answer."""
    if found.unasked:
        console.warn(f"it is not shown how all parts are now: {found.unasked}")


def tree(found: Dependencies) -> Outline:
    """Return a tree: what is asked about, below it what it depends on, and what it leads to."""
    before = tuple(_outline(each, found.now) for each in found.upstream.below) if found.upstream else ()
    after = tuple(_outline(each, found.now) for each in found.downstream.below)
    start = _line(Branch(found.start), found.now)
    if not before or not after:
        return Outline(start, before or after)
    return Outline(start, (Outline(console.dim("depends on"), before), Outline(console.dim("leads to"), after)))


def _outline(branch: Branch, now: Mapping[Node, Moment]) -> Outline:
    return Outline(_line(branch, now), tuple(_outline(each, now) for each in branch.below))


def _line(branch: Branch, now: Mapping[Node, Moment]) -> str:
    node, edge = branch.node, branch.edge
    moment = now.get(node, Moment())
    fault = _fault(branch, moment)
    owner = f" of {_OF_OWNER[node.kind]} {node.owner}" if node.kind in _OF_OWNER else ""
    said = (node.note, edge.note if edge else "", _now(node, moment), "shown above" * branch.is_repeated)
    notes = [each for each in said if each]
    text = f"{_WORDS.get(node.kind, node.kind)} {console.bold(node.name)}{owner}"
    text += f" ({', '.join(notes)})" if notes else ""
    text += f"  {console.dim(str(node.position))}" if node.position else ""
    return f"{console.mark('fail')} {text}: {console.red(fault)}" if fault else text


def _now(node: Node, moment: Moment) -> str:
    """Return how a part is at the moment: `3 series`, `1 of 2 up`, `inactive: 0.02 now, fires when > 0.05`."""
    if moment.total is not None:
        return f"{moment.count} of {moment.total} up" if moment.state != "not scraped yet" else moment.state
    if node.kind == "alert":
        return _now_of_alert(moment)
    if moment.count is None:
        return moment.state
    if node.kind == "receiver":
        return f"{quantity.counted(moment.count, 'alert')} now"
    if moment.value is not None:
        return f"{_figure(moment.value)} now"
    return f"{moment.count} series" if moment.count else "no series now"


def _now_of_alert(moment: Moment) -> str:
    state = f"{moment.state}: {quantity.counted(moment.count, 'alert')}" if moment.count else moment.state
    if not moment.limit:
        return state
    value = "no value now" if moment.value is None else f"{_figure(moment.value)} now"
    return f"{state}, {value}, fires when {moment.limit}"


def _figure(value: float) -> str:
    return quantity.number(value) if math.isfinite(value) else str(value).replace("nan", "NaN").replace("inf", "Inf")


def _fault(branch: Branch, moment: Moment) -> str:
    faults = (branch.edge.fault if branch.edge else "", branch.node.fault, moment.fault)
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
        "nodes": [{"id": name, **_node(node), **_moment(found.now.get(node))} for node, name in ids.items()],
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


def _moment(moment: Moment | None) -> dict[str, Any]:
    if moment is None:
        return {}
    is_number = moment.value is not None and math.isfinite(moment.value)
    return {"now": {**asdict(moment), "value": moment.value if is_number else None}}


def as_mermaid(found: Dependencies) -> str:
    """Return a Mermaid flowchart. What is broken is red, and what is asked about has a thick border."""
    ids = _ids(found)
    faults = {node: "; ".join(filter(None, (node.fault, found.now.get(node, Moment()).fault))) for node in ids}
    broken = [name for node, name in ids.items() if faults[node]]
    lines = [
        "flowchart LR",
        *(f'  {name}["{_label(node, faults[node])}"]' for node, name in ids.items()),
        *(f"  {_arrow(each, ids)}" for each in found.edges),
        "  classDef start stroke-width:3px",
        f"  class {ids[found.start]} start",
    ]
    if broken:
        lines += ["  classDef broken stroke:#c00,color:#c00", f"  class {','.join(broken)} broken"]
    dead = [str(index) for index, each in enumerate(found.edges) if each.fault]
    if dead:
        lines.append(f"  linkStyle {','.join(dead)} stroke:#c00,color:#c00")
    return "\n".join(lines) + "\n"


def _label(node: Node, fault: str) -> str:
    text = f"{_WORDS.get(node.kind, node.kind)}: {node.full_name if node.kind in _OF_OWNER else node.name}"
    return _escaped(f"{text}\n{fault}" if fault else text)


def _arrow(edge: Edge, ids: dict[Node, str]) -> str:
    arrow = f'-. "{_escaped(edge.fault)}" .->' if edge.fault else "-->"
    return f"{ids[edge.source]} {arrow} {ids[edge.target]}"


def _escaped(text: str) -> str:
    return text.translate(_CODES)


def _ids(found: Dependencies) -> dict[Node, str]:
    return {node: f"n{index}" for index, node in enumerate(found.nodes)}
