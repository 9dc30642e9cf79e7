"""The stack's scrape jobs, rules and dashboards as objects for a cluster with the Prometheus Operator.

Fields are those of the operator's API, monitoring.coreos.com/v1, and of Kubernetes' own v1.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from stackctl import conventions as c
from stackctl.errors import InputError
from stackctl.model import Dashboard, RuleFile, Service, Stack
from stackctl.render.closed import closed
from stackctl.render.grafana import dashboard_json
from stackctl.render.rules import groups
from stackctl.render.scope import scope_of
from stackctl.render.text import yaml_bytes
from stackctl.source import Secret
from stackctl.tree import File, Tree, ignored

PORT_NAME = "http"
# What Grafana's sidecar looks for, by its own defaults.
_DASHBOARD_LABEL = {"grafana_dashboard": "1"}
_FOLDER_ANNOTATION = "grafana_folder"


@dataclass(frozen=True)
class Cluster:
    """Destination of the objects: their namespace ("" leaves it to kubectl), and labels for all of them.

    An operator often selects by a label, such as `release: prometheus`.
    """

    namespace: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)


# What of a `tls_config` was in files, and is in a Secret of the cluster.
_TLS_CONTENT = ("ca", "cert", "key")


def export_kubernetes(stack: Stack, cluster: Cluster) -> Tree:
    """The objects, one file each. Patches for deployments and secrets lie in folders of their own.

    Raises InputError for a service whose targets are discovered: which pods it means cannot be known.
    """
    files: dict[str, File] = {}
    for service in (each for each in stack.services if each.push is None):
        files |= _service_files(stack, service, cluster)
    for rule_file in stack.rules:
        name = _dns(rule_file.path.rsplit(".", 1)[0])
        files[f"rules-{name}.yaml"] = _file(stack, _rules(stack, rule_file, name, cluster))
    for dashboard in stack.dashboards:
        name = _dns(dashboard.uid)
        files[f"dashboard-{name}.yaml"] = _file(stack, _dashboard(stack, dashboard, name, cluster))
    files = closed(files, stack)
    files |= ignored(files)
    files[c.EXPORT_MARKER] = File(b"")
    return Tree(stack.name, "kubernetes", files, ())


def _service_files(stack: Stack, service: Service, cluster: Cluster) -> dict[str, File]:
    if service.discovery:
        raise InputError.of(
            "export.discovered-targets",
            f"services.{service.name}: discovered targets cannot be exported",
            position=service.origin,
            remedy="Declare `targets`: their ports are what a Service and a ServiceMonitor need.",
        )
    name = _dns(service.name)
    files = {
        f"{name}-service.yaml": _file(stack, _service(stack, service, name, cluster)),
        f"{name}-servicemonitor.yaml": _file(stack, _monitor(stack, service, name, cluster)),
        f"patches/{name}.yaml": _file(stack, _patch(service, name)),
    }
    secrets = _secret_data(service)
    if secrets:
        content = {**_head(stack, "v1", "Secret", f"{name}-scrape", cluster), "stringData": secrets}
        files[f"{c.SECRETS_DIR}/{name}.yaml"] = File(_file(stack, content).content, secret=True)
    return files


def _service(stack: Stack, service: Service, name: str, cluster: Cluster) -> dict[str, Any]:
    ports = [
        {"name": port_name, "port": port, "targetPort": port, "protocol": "TCP"}
        for port_name, port in _ports(service).items()
    ]
    head = _head(stack, "v1", "Service", name, cluster, {"app": name})
    return {**head, "spec": {"selector": {"app": name}, "ports": ports}}


def _ports(service: Service) -> dict[str, int]:
    """Name -> port: one for most services, numbered where the targets have several."""
    ports = sorted({target.port for target in service.targets})
    return {PORT_NAME if not index else f"{PORT_NAME}-{index + 1}": port for index, port in enumerate(ports)}


def _monitor(stack: Stack, service: Service, name: str, cluster: Cluster) -> dict[str, Any]:
    endpoints = [_endpoint(service, name, port_name) for port_name in _ports(service)]
    head = _head(stack, "monitoring.coreos.com/v1", "ServiceMonitor", name, cluster, {"app": name})
    spec = {"jobLabel": "app", "selector": {"matchLabels": {"app": name}}, "endpoints": endpoints}
    return {**head, "spec": spec}


def _endpoint(service: Service, name: str, port_name: str) -> dict[str, Any]:
    scrape = service.scrape
    relabelings = [
        {"targetLabel": key, "replacement": value.replace("$", "$$")} for key, value in service.labels.items()
    ]
    fields = {
        "port": port_name,
        "path": service.metrics_path,
        "scheme": service.scheme if service.scheme != "http" else None,
        "interval": service.scrape_interval,
        "scrapeTimeout": service.scrape_timeout,
        "params": scrape.get("params"),
        "honorLabels": scrape.get("honor_labels"),
        "honorTimestamps": scrape.get("honor_timestamps"),
        "basicAuth": _references(name, ("username", "password")) if "basic_auth" in scrape else None,
        "authorization": _authorization(scrape, name),
        "tlsConfig": _tls(scrape, name),
        "relabelings": relabelings + [_camel(step) for step in scrape.get("relabel_configs", ())],
        "metricRelabelings": [_camel(step) for step in scrape.get("metric_relabel_configs", ())],
    }
    return {key: value for key, value in fields.items() if value or value is False}


def _authorization(scrape: Mapping[str, Any], name: str) -> dict[str, Any] | None:
    block = scrape.get("authorization")
    if block is None:
        return None
    return {"type": block.get("type", "Bearer"), **_references(name, ("credentials",))}


def _tls(scrape: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The operator's own form of `tls_config`: what was in its files is in the Secret."""
    block = scrape.get("tls_config", {})
    files = {
        "keySecret" if key == "key" else key: reference if key == "key" else {"secret": reference}
        for key, reference in _references(name, _TLS_CONTENT).items()
        if key in block
    }
    return files | _camel({key: value for key, value in block.items() if key not in _TLS_CONTENT})


def _references(name: str, keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: {"name": f"{name}-scrape", "key": key} for key in keys}


def _secret_data(service: Service) -> dict[str, str]:
    blocks = (service.scrape.get("basic_auth", {}), service.scrape.get("authorization", {}))
    data = {key: value for block in blocks for key, value in block.items() if key != "type"}
    data |= {key: value for key, value in service.scrape.get("tls_config", {}).items() if key in _TLS_CONTENT}
    return {key: value.reveal() if isinstance(value, Secret) else str(value) for key, value in data.items()}


def _patch(service: Service, name: str) -> dict[str, Any]:
    """For a Deployment of the same name: the annotations that scraping without an operator uses, and the probes."""
    port = next(iter(_ports(service).values()))
    annotations = {
        "prometheus.io/scrape": "true",
        "prometheus.io/port": str(port),
        "prometheus.io/path": service.metrics_path,
        **({"prometheus.io/scheme": service.scheme} if service.scheme != "http" else {}),
    }
    probes = {
        key: {"httpGet": {"path": path, "port": port, "scheme": service.scheme.upper()}}
        for key, path in (("livenessProbe", service.health.live), ("readinessProbe", service.health.ready))
        if path
    }
    template: dict[str, Any] = {"metadata": {"annotations": annotations, "labels": {"app": name}}}
    if probes:
        template["spec"] = {"containers": [{"name": name, **probes}]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {"template": template},
    }


def _rules(stack: Stack, rule_file: RuleFile, name: str, cluster: Cluster) -> dict[str, Any]:
    head = _head(stack, "monitoring.coreos.com/v1", "PrometheusRule", f"{_dns(stack.name)}-{name}", cluster)
    return {**head, "spec": {"groups": groups(rule_file)}}


def _dashboard(stack: Stack, dashboard: Dashboard, name: str, cluster: Cluster) -> dict[str, Any]:
    annotations = {_FOLDER_ANNOTATION: dashboard.folder} if dashboard.folder else {}
    head = _head(stack, "v1", "ConfigMap", f"dashboard-{name}", cluster, _DASHBOARD_LABEL, annotations)
    text = json.dumps(dashboard_json(dashboard, scope_of(stack)), indent=2, ensure_ascii=False)
    return {**head, "data": {f"{name}.json": text}}


def _head(
    stack: Stack,
    version: str,
    kind: str,
    name: str,
    cluster: Cluster,
    labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    own = {"app.kubernetes.io/part-of": stack.name, "app.kubernetes.io/managed-by": "stackctl"}
    metadata: dict[str, Any] = {
        "name": name,
        **({"namespace": cluster.namespace} if cluster.namespace else {}),
        "labels": {**own, **(labels or {}), **cluster.labels},
        **({"annotations": dict(annotations)} if annotations else {}),
    }
    return {"apiVersion": version, "kind": kind, "metadata": metadata}


def _camel(step: Mapping[str, Any]) -> dict[str, Any]:
    """A relabelling step in the operator's spelling: `source_labels` is `sourceLabels` there."""
    return {re.sub(r"_(\w)", lambda match: match[1].upper(), key): value for key, value in step.items()}


def _dns(text: str) -> str:
    """`text` as a name that Kubernetes takes: lower-case letters, digits and dashes, at most 63."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:63].rstrip("-")


def _file(stack: Stack, content: Mapping[str, Any]) -> File:
    return File(yaml_bytes(content, stack.origin.file))
