"""PrometheusRule: a rule file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stackctl.export.kubernetes.objects import OPERATOR, Objects
from stackctl.tree import load_texts


def prometheus_rule(objects: Objects, content: bytes, name: str) -> dict[str, Any]:
    """The PrometheusRule of a rule file's content. Kubernetes takes texts only where Prometheus takes any scalar."""
    groups = (load_texts(content) or {}).get("groups") or ()
    spec = {"groups": [_group(group) for group in groups if group]}
    return {**objects.head(OPERATOR, "PrometheusRule", name), "spec": spec}


def _group(group: Mapping[str, Any]) -> dict[str, Any]:
    limit = {"limit": int(group["limit"])} if group.get("limit") else {}
    # An empty entry is skipped by Prometheus, and refused by Kubernetes.
    return {**_filled(group), **limit, "rules": [_filled(rule) for rule in group.get("rules") or () if rule]}


def _filled(block: Mapping[str, Any]) -> dict[str, Any]:
    """A group or rule without what is empty; an empty label or annotation has an empty text."""
    return {
        key: {name: text or "" for name, text in value.items()} if key in ("labels", "annotations") else value
        for key, value in block.items()
        if value is not None
    }
