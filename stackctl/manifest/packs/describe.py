"""Description of a pack as data: for `stackctl packs` and for the pages about packs."""

from __future__ import annotations

from typing import Any

from stackctl.manifest.packs.expand import board, rules
from stackctl.manifest.packs.library import FOLDERS, Library, Pack
from stackctl.manifest.packs.schema import RULES
from stackctl.manifest.packs.template import filled
from stackctl.manifest.packs.trial import trial_context
from stackctl.manifest.packs.uses import Use
from stackctl.manifest.problems import Problems

_FOR = {"service": "each service", "services": "all services", "stack": "the stack", "slo": "each `slo`"}
_USE_OF_SLO = [
    "services:",
    "  api:",
    "    slo:",
    "      availability:",
    "        objective: 99.9",
    '        good: rate(requests_total{status!~"5.."}[$window])',
    "        total: rate(requests_total[$window])",
]


def names(library: Library) -> list[str]:
    """The names of all packs, of either kind."""
    return sorted({name for kind in FOLDERS for name in library.names(kind)})


def summaries(library: Library) -> list[dict[str, Any]]:
    """One line for each pack."""
    packs = [pack for kind in FOLDERS for name in library.names(kind) if (pack := library.pack(kind, name))]
    return [
        {
            "under": FOLDERS[pack.model.kind],
            "name": pack.name,
            "for": pack.model.component or _FOR[pack.model.scope],
            "title": pack.model.title,
            "shipped": pack.shipped,
        }
        for pack in packs
    ]


def described(library: Library, name: str) -> list[dict[str, Any]]:
    """All about the packs of that name: the rules, the dashboard, or both."""
    return [_described(pack) for kind in FOLDERS if (pack := library.pack(kind, name))]


def _described(pack: Pack) -> dict[str, Any]:
    return {
        "under": FOLDERS[pack.model.kind],
        "name": pack.name,
        "title": pack.model.title,
        "description": pack.model.description,
        "use": _use(pack),
        "parameters": _parameters(pack),
        "metrics": _metrics(pack),
        "alerts": _alerts(pack) if pack.model.kind == RULES else [],
        "panels": [] if pack.model.kind == RULES else _panels(pack),
    }


def _use(pack: Pack) -> list[str]:
    """The lines of a manifest that use it."""
    if pack.model.scope == "slo":
        return _USE_OF_SLO
    lines = [f"{FOLDERS[pack.model.kind]}:", f"  - pack: {pack.name}"]
    return lines if pack.model.component or pack.model.scope == "stack" else [*lines, "    services: [api]"]


def _parameters(pack: Pack) -> list[dict[str, str]]:
    return [
        {
            "name": name,
            "type": model.type,
            "default": model.default or ("from the contract" if model.find else ""),
            "description": model.description,
        }
        for name, model in pack.parameters.items()
    ]


def _metrics(pack: Pack) -> list[dict[str, str]]:
    context = trial_context(pack)
    return [
        {
            "name": filled(name, context),
            "type": need.type,
            "labels": ", ".join(filled(label, context) for label in need.labels),
            "help": need.help,
        }
        for name, need in pack.model.metrics.items()
    ]


def _alerts(pack: Pack) -> list[dict[str, Any]]:
    found = rules(Use(pack, "service", trial_context(pack)), Problems())
    return [
        {
            "name": rule.alert,
            "severity": (rule.labels or {}).get("severity", ""),
            "summary": (rule.annotations or {}).get("summary", ""),
            "for": rule.for_ or "0s",
            "expr": rule.expr,
            "description": (rule.annotations or {}).get("description", ""),
            "runbook": rule.runbook.model_dump() if rule.runbook else None,
        }
        for rule in found or ()
        if rule.alert
    ]


def _panels(pack: Pack) -> list[dict[str, str]]:
    file = board(Use(pack, "service", trial_context(pack)), Problems())
    value: Any = file.document.value if file else None
    return [
        {"title": panel["title"], "unit": panel.get("unit", ""), "description": panel.get("description", "")}
        for row in (value or {"rows": []})["rows"]
        for panel in row["panels"]
    ]
