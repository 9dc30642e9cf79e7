"""Dashboards in Grafana's classic form, and what is read of them."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from stackctl.diagnostic import Diagnostic
from stackctl.manifest.classic import read_classic
from stackctl.manifest.problems import Problems
from stackctl.model import Dashboard
from stackctl.source import Position

ORIGIN = Position("stack.yml", 1, 1)


def read(definition: Any) -> Dashboard:
    found = Problems()
    dashboard = read_classic(json.dumps(definition, indent=1), "d.json", "", ORIGIN, found)
    assert dashboard, "\n".join(map(str, found))
    assert not found
    return dashboard


def problems(definition: Any) -> list[Diagnostic]:
    text = definition if isinstance(definition, str) else json.dumps(definition, indent=1)
    found = Problems()
    assert read_classic(text, "d.json", "", ORIGIN, found) is None
    return list(found)


def exprs(dashboard: Dashboard) -> list[tuple[str, str]]:
    return [(query.panel, query.expr) for query in dashboard.queries]


def panel(title: str, expr: str = "up", **more: Any) -> dict[str, Any]:
    return {"type": "timeseries", "title": title, "targets": [{"refId": "A", "expr": expr}], **more}


KEY_NAMES = """
title uid panels rows targets expr datasource type templating list name query current value includeAll multi __inputs
__elements libraryPanel model repeat annotations dashboard spec apiVersion metadata regex allValue
"""
KEYS = st.sampled_from(KEY_NAMES.split())
WORDS = st.sampled_from(["", "up", "$x", "${DS_P}", "row", "query", "custom", "loki", "prometheus", "$__all", "sum("])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=40,
)


OURS = {"type": "prometheus", "uid": "prometheus"}


INPUTS = [
    {"name": "DS_PROM", "type": "datasource", "pluginId": "prometheus"},
    {"name": "DS_LOGS", "type": "datasource", "pluginId": "loki"},
    {"name": "VAR_X", "type": "constant", "value": "v"},
]
CHOICES = [
    {"name": "ds", "type": "datasource", "query": "prometheus", "regex": "/Prod.*/"},
    {"name": "logs", "type": "datasource", "query": "loki"},
]


def of(source: Any, target: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    target = {"expr": "up"} if target is None else target
    one = {"title": "P", "datasource": source, "targets": [target]}
    return {"title": "D", "__inputs": INPUTS, "templating": {"list": CHOICES}, "panels": [one], **more}
