"""The stack as objects for a cluster with the Prometheus Operator.

Fields are those of the operator's API, monitoring.coreos.com, and of Kubernetes' own v1. Each kind of object has a
module, of functions from the model to its content.
"""

from __future__ import annotations

from typing import Any

from stackctl import conventions as c
from stackctl.components import registry
from stackctl.errors import raise_if_any
from stackctl.export.kubernetes.alertmanager import alertmanager_object, configuration
from stackctl.export.kubernetes.clients import SecretKeys
from stackctl.export.kubernetes.daemonset import daemonset
from stackctl.export.kubernetes.dashboard import dashboard_map, map_names
from stackctl.export.kubernetes.deployment import deployment
from stackctl.export.kubernetes.kustomization import FILE, component, kustomization
from stackctl.export.kubernetes.names import dns_name, dns_names
from stackctl.export.kubernetes.networkpolicy import network_policy, query_policy
from stackctl.export.kubernetes.objects import Cluster, Objects
from stackctl.export.kubernetes.patch import deployment_patch
from stackctl.export.kubernetes.poddisruptionbudget import disruption_budget
from stackctl.export.kubernetes.podmonitor import pod_monitor
from stackctl.export.kubernetes.pods import operated
from stackctl.export.kubernetes.probe import probe_objects
from stackctl.export.kubernetes.prometheus import prometheus_object
from stackctl.export.kubernetes.prometheusrule import prometheus_rule
from stackctl.export.kubernetes.rbac import discovery_rights, role, role_binding, service_account
from stackctl.export.kubernetes.review import exported, left_out, left_to_cluster, of_nodes, refused
from stackctl.export.kubernetes.scrapeconfig import scrape_config
from stackctl.export.kubernetes.secret import secret
from stackctl.export.kubernetes.server_pod import (
    config_map,
    is_of_nodes,
    names_of,
    own_secret,
    own_servers,
    volume_claim,
)
from stackctl.export.kubernetes.service import PORT_NAME, headless, ports_of, service_object
from stackctl.export.kubernetes.servicemonitor import own_monitor, service_monitor
from stackctl.export.kubernetes.targets import outside, pods
from stackctl.export.kubernetes.thanos import query_objects
from stackctl.export.kubernetes.workload import (
    Workload,
    volume_claims,
    workload_deployment,
    workload_names,
    workload_secret,
    workloads,
)
from stackctl.model import Exporter, Server, Service, Stack
from stackctl.render.closed import closed
from stackctl.render.rules import rule_files
from stackctl.tree import File, Tree, ignored

__all__ = ["Cluster", "export_kubernetes", "left_out", "left_to_cluster", "of_nodes", "rule_objects"]

PATCHES = "patches"
RUN = "containers"


def export_kubernetes(stack: Stack, cluster: Cluster) -> Tree:
    """The objects, one file each, and the kustomization that lists them.

    Secrets have a folder of their own, which is kept out of version control. Patches for Deployments have one too, and
    a kustomization in it: they belong to objects of the user's, and are none by themselves.

    Raises InputError for services that no object has a form for.
    """
    raise_if_any(refused(stack, cluster))
    objects = Objects(stack, cluster)
    files = {**_services(objects), **_rules(objects), **_dashboards(objects)}
    if not cluster.has_servers:
        files |= {**_servers(objects), **_workloads(objects)}
    listed = [path for path in files if not path.startswith((f"{PATCHES}/", f"{c.SECRETS_DIR}/"))]
    if listed:  # kustomize refuses an empty one
        files[FILE] = objects.file(kustomization(listed))
    files = closed(files, stack)
    files |= ignored(files)
    files[c.EXPORT_MARKER] = File(b"")
    return Tree(stack.name, "kubernetes", files, ())


def _services(objects: Objects) -> dict[str, File]:
    names = workload_names(objects.stack)
    # Those with a Deployment of the export have in it what a patch adds to one of the user's.
    run = set() if objects.cluster.has_servers else {each.name for each in _run(objects)}
    files: dict[str, File] = {}
    patched = []
    for service in exported(objects.stack):
        name = names[service.name]
        files |= _service(objects, service, name)
        inside = pods(service, objects.cluster.variables)
        if inside and service.name not in run:
            patched.append(name)
            files[f"{PATCHES}/{name}.yaml"] = objects.file(deployment_patch(service, name, inside))
    if patched:
        files[f"{PATCHES}/{FILE}"] = objects.file(component(patched))
    return files


def _service(objects: Objects, service: Service, name: str) -> dict[str, File]:
    keys = SecretKeys(f"{name}-scrape")
    files = {}
    if inside := pods(service, objects.cluster.variables):
        files[f"{name}-service.yaml"] = objects.file(service_object(objects, name, ports_of(inside)))
        files[f"{name}-servicemonitor.yaml"] = objects.file(service_monitor(objects, service, name, inside, keys))
    others = outside(service)
    if others or service.discovery:
        files[f"{name}-scrapeconfig.yaml"] = objects.file(scrape_config(objects, service, name, others, keys))
    if keys.data:
        files[f"{c.SECRETS_DIR}/{name}.yaml"] = objects.file(secret(objects, keys), secret=True)
    return files


def _rules(objects: Objects) -> dict[str, File]:
    files, prefix = rule_files(objects.stack), dns_name(objects.stack.name)
    return {
        f"rules-{name.removeprefix(f'{prefix}-')}.yaml": objects.file(
            prometheus_rule(objects, files[path].content, name)
        )
        for path, name in rule_objects(objects.stack).items()
    }


def rule_objects(stack: Stack) -> dict[str, str]:
    """Rule file -> the name of the object that it becomes."""
    files, prefix = rule_files(stack), dns_name(stack.name)
    names = dns_names(path.rpartition(".")[0] for path in files)
    return {path: f"{prefix}-{names[path.rpartition('.')[0]]}" for path in files}


def _servers(objects: Objects) -> dict[str, File]:
    """The stack's own servers and exporters, in a folder that no service has."""
    stack, name = objects.stack, dns_name(objects.stack.name)
    keys = SecretKeys(f"{name}-prometheus")
    made: dict[str, dict[str, Any] | None] = {
        "prometheus": prometheus_object(objects, name, keys),
        "prometheus-serviceaccount": service_account(objects, name),
        "prometheus-role": role(objects, name),
        "prometheus-rolebinding": role_binding(objects, name),
        **{f"prometheus-{file}": each for file, each in discovery_rights(objects, name).items()},
        **_operated(objects, stack.prometheus, name),
    }
    # No service has a file with an underscore.
    secrets: dict[str, dict[str, Any] | None] = {
        "prometheus_remote-write": secret(objects, keys) if keys.data else None,
    }
    if stack.alertmanager:
        made["alertmanager"] = alertmanager_object(objects, stack.alertmanager, name)
        made |= _operated(objects, stack.alertmanager, name)
        secrets["alertmanager_config"] = configuration(objects, stack.alertmanager, name)
    if stack.thanos:
        made |= {**query_objects(objects, stack.thanos), "thanos-query-networkpolicy": query_policy(objects)}
    names = names_of(stack)
    for server in own_servers(stack):
        own = names[server.name]
        made |= _deployed(objects, server, own)
        made[f"{own}-networkpolicy"] = network_policy(objects, server, own, name)
        secrets[f"deployment_{own}"] = own_secret(objects, server, own)
    return {
        **{f"servers/{file}.yaml": objects.file(content) for file, content in made.items() if content},
        **{f"{c.SECRETS_DIR}/{file}.yaml": objects.file(each, secret=True) for file, each in secrets.items() if each},
    }


def _operated(objects: Objects, server: Server, name: str) -> dict[str, dict[str, Any] | None]:
    """The objects around a server that the operator runs, which makes its Service. No service has such a name."""
    full = f"{name}.{server.name}"
    return {
        f"{server.name}-servicemonitor": own_monitor(objects, server, full, {f"operated-{server.name}": "true"}, "web"),
        f"{server.name}-networkpolicy": network_policy(objects, server, name, name),
        f"{server.name}-poddisruptionbudget": disruption_budget(objects, full, operated(server.name, name)),
    }


def _deployed(objects: Objects, server: Server, name: str) -> dict[str, dict[str, Any] | None]:
    """The objects of a server that the operator does not run, without its Secret, by their files."""
    if is_of_nodes(server):
        return {
            f"{name}-daemonset": daemonset(objects, server, name),
            f"{name}-configmap": config_map(objects, server, name),
            f"{name}-podmonitor": pod_monitor(objects, server, name),
        }
    ports = {PORT_NAME: registry.of(server).port}
    probes = probe_objects(objects, server, name) if isinstance(server, Exporter) else []
    return {
        f"{name}-deployment": deployment(objects, server, name),
        f"{name}-configmap": config_map(objects, server, name),
        f"{name}-persistentvolumeclaim": volume_claim(objects, server, name),
        f"{name}-service": service_object(objects, name, ports),
        f"{name}-servicemonitor": own_monitor(objects, server, name, {"app": name}, PORT_NAME),
        **{f"probe-{each['metadata']['name']}": each for each in probes},
    }


def _run(objects: Objects) -> list[Workload]:
    return workloads(objects.stack, objects.cluster.variables)


def _workloads(objects: Objects) -> dict[str, File]:
    """The containers that the manifest runs, in a folder of their own."""
    found, names = _run(objects), workload_names(objects.stack)
    scraped = {service.name for service in exported(objects.stack) if pods(service)}
    files: dict[str, File] = {}
    for each in found:
        name = names[each.name]
        made = {"deployment": workload_deployment(objects, each, name)}
        if each.name not in scraped:
            made["service"] = headless(objects, name, each.ports)
        if each.ran.replicas > 1:
            made["poddisruptionbudget"] = disruption_budget(objects, name, {"app": name})
        files |= {f"{RUN}/{name}-{kind}.yaml": objects.file(thing) for kind, thing in made.items()}
        if hidden := workload_secret(objects, each, name):
            files[f"{c.SECRETS_DIR}/{RUN}_{name}.yaml"] = objects.file(hidden, secret=True)
    claims = volume_claims(objects, found)
    return files | {
        f"{RUN}/volume_{name}-persistentvolumeclaim.yaml": objects.file(claim) for name, claim in claims.items()
    }


def _dashboards(objects: Objects) -> dict[str, File]:
    names = map_names(objects.stack)
    return {
        f"{names[dashboard.uid]}.yaml": objects.file(dashboard_map(objects, dashboard, names[dashboard.uid]))
        for dashboard in objects.stack.dashboards
    }
