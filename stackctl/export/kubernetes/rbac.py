"""Rights of Prometheus: to find its targets, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stackctl.export.kubernetes.names import dns_name
from stackctl.export.kubernetes.objects import Objects
from stackctl.model import Service, Stack

_FIND = ["get", "list", "watch"]
RULES = [
    {"apiGroups": [""], "resources": ["pods", "services"], "verbs": _FIND},
    {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": _FIND},
]
_API = "rbac.authorization.k8s.io/v1"
_GROUPS = {"endpointslices": "discovery.k8s.io", "ingresses": "networking.k8s.io"}
# Role of a discovery of Kubernetes -> the resources that it lists.
_LISTED: Mapping[str, tuple[str, ...]] = {
    "pod": ("pods",),
    "service": ("services",),
    "endpoints": ("endpoints", "pods", "services"),
    "endpointslice": ("endpointslices", "pods", "services"),
    "ingress": ("ingresses",),
    "node": ("nodes",),
}
# Resources that are in no namespace.
_OF_CLUSTER = ("nodes", "namespaces")


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


def discovery_rights(objects: Objects, name: str) -> dict[str, dict[str, Any]]:
    """The rights that `kubernetes_sd_configs` of services need besides those of the stack's namespace, by their files.

    Nothing where the namespace of the account is not known: a binding has to name it.
    """
    own = objects.cluster.namespace
    if not own:
        return {}
    needed: dict[str, set[str]] = {}
    for namespace, resource in _needed(objects.stack, own):
        needed.setdefault(namespace, set()).add(resource)
    files: dict[str, dict[str, Any]] = {}
    for namespace, resources in sorted(needed.items()):
        kind = "Role" if namespace else "ClusterRole"
        # An object of the whole cluster has the namespace in its name: another stack may have the same name.
        head = objects.head(_API, kind, dns_name(f"{own}-{name}-discovery"))
        binding = objects.head(_API, f"{kind}Binding", head["metadata"]["name"])
        for each in (head, binding):
            each["metadata"].pop("namespace")
            each["metadata"] |= {"namespace": namespace} if namespace else {}
        role_ref = {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": head["metadata"]["name"]}
        subjects = [{"kind": "ServiceAccount", "name": name, "namespace": own}]
        file = f"discovery-{namespace}" if namespace else "discovery"
        files[f"{file}-{kind.lower()}"] = {**head, "rules": [_rule(each) for each in sorted(resources)]}
        files[f"{file}-{kind.lower()}binding"] = {**binding, "roleRef": role_ref, "subjects": subjects}
    return files


def lacks_rights(service: Service, namespace: str) -> bool:
    """Return whether a service discovers what the stack's account may not list, in a namespace that is not known."""
    return not namespace and any(True for _ in _needed_by(service, ""))


def _rule(resource: str) -> dict[str, Any]:
    return {"apiGroups": [_GROUPS.get(resource, "")], "resources": [resource], "verbs": _FIND}


def _needed(stack: Stack, own: str) -> Iterator[tuple[str, str]]:
    for service in stack.services:
        yield from _needed_by(service, own)


def _needed_by(service: Service, own: str) -> Iterator[tuple[str, str]]:
    """The resources that a service's discovery lists, with their namespaces, "" for the whole cluster."""
    has_already = {resource for rule in RULES for resource in rule["resources"]}
    for entry in service.discovery.get("kubernetes_sd_configs") or ():
        if entry.get("api_server"):
            continue  # of another cluster
        found = entry.get("namespaces") or {}
        names = [*(found.get("names") or ()), *([own] if found.get("own_namespace") else [])] or [""]
        attached = entry.get("attach_metadata") or {}
        more = [f"{each}s" for each in ("node", "namespace") if attached.get(each)]
        for resource in (*_LISTED.get(str(entry.get("role")), ()), *more):
            for namespace in [""] if resource in _OF_CLUSTER else names:
                if namespace != own or resource not in has_already or not own:
                    yield namespace, resource
