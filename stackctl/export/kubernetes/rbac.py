"""Rights of Prometheus in its namespace: to find its targets, and nothing else."""

from __future__ import annotations

from typing import Any

from stackctl.export.kubernetes.objects import Objects

_FIND = ["get", "list", "watch"]
RULES = [
    {"apiGroups": [""], "resources": ["pods", "services"], "verbs": _FIND},
    {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": _FIND},
]


def service_account(objects: Objects, name: str) -> dict[str, Any]:
    """The account that pods of Prometheus have."""
    return objects.head("v1", "ServiceAccount", name)


def role(objects: Objects, name: str) -> dict[str, Any]:
    """The rights."""
    return {**objects.head("rbac.authorization.k8s.io/v1", "Role", name), "rules": RULES}


def role_binding(objects: Objects, name: str) -> dict[str, Any]:
    """The binding of the role to the account, which both have the same name."""
    return {
        **objects.head("rbac.authorization.k8s.io/v1", "RoleBinding", name),
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": name}],
    }
