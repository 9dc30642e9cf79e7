"""Labels of scopes: each names all that one Prometheus sees, so that its series may as well do without."""

from __future__ import annotations

import re

_WORDS = "account cluster clusters customer datacenter dc domain env environment location prometheus project region"
_MORE = "replica site stage tenant"
_SCOPES = frozenset([*_WORDS.split(), *_MORE.split()])


def is_scope(label: str) -> bool:
    """Return whether a label names a scope: `cluster`, `cluster_name`, `k8s_cluster`, `deployment_environment`."""
    return not _SCOPES.isdisjoint(re.split(r"[^a-z0-9]+", label.lower()))
