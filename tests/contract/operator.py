"""A pretended operator, kubelet and Prometheus: what they make of the objects of a pretended API server."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import yaml

from stackctl.cluster.objects import thing
from stackctl.cluster.pools import pools
from stackctl.cluster.waiting import WORKLOADS, selector
from stackctl.promql import duration
from tests.contract.api_server import Pretended, path_of

NAMESPACE = "shop"
PROXY = f"/api/v1/namespaces/{NAMESPACE}/pods/prometheus-shop-0:9090/proxy/api/v1"
UID = "c8200544-ea68-49ca-a85d-4b3216078ea0"
CONDITIONS = [{"type": each, "status": "True", "observedGeneration": 0} for each in ("Reconciled", "Available")]
STATUS = {"conditions": CONDITIONS, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1}


def run(cluster: Pretended) -> None:
    """Make the operator's files of the objects, have Prometheus load them, and all pods ready."""
    take_up(cluster)
    load(cluster)
    start(cluster)


def take_up(cluster: Pretended) -> None:
    """Write the operator's files."""
    things = [thing(each) for each in cluster.objects.values()]
    jobs = [_job(name, each.content["spec"]) for name, each in pools(things).items()]
    config = {"global": {"evaluation_interval": "1m"}, "scrape_configs": jobs}
    packed = base64.b64encode(gzip.compress(yaml.safe_dump(config).encode())).decode()
    _add(cluster, "Secret", "prometheus-shop", {}, {"prometheus.yaml.gz": packed})
    files = {
        f"{NAMESPACE}-{each.name}-{UID}.yaml": yaml.safe_dump(each.content["spec"])
        for each in things
        if each.kind == "PrometheusRule"
    }
    _add(cluster, "ConfigMap", "prometheus-shop-rulefiles-0", {"prometheus-name": "shop"}, files)


def load(cluster: Pretended) -> None:
    """Have Prometheus load the operator's files."""
    packed = cluster.objects[path_of("v1", "Secret", NAMESPACE, "prometheus-shop")]["data"]["prometheus.yaml.gz"]
    files = cluster.objects[path_of("v1", "ConfigMap", NAMESPACE, "prometheus-shop-rulefiles-0")]["data"]
    groups = [
        {"name": group["name"], "file": f"/etc/prometheus/rules/x/{file}", "interval": 60, "rules": _rules(group)}
        for file, text in files.items()
        for group in yaml.safe_load(text)["groups"]
    ]
    answers: dict[str, Any] = {
        "status/config": {"yaml": gzip.decompress(base64.b64decode(packed)).decode()},
        "status/runtimeinfo": {
            "startTime": "2026-01-01T00:00:00Z",
            "lastConfigTime": "2026-01-01T00:00:00Z",
            "reloadConfigSuccess": True,
            "storageRetention": "15d",
        },
        "rules": {"groups": groups},
    }
    cluster.proxied |= {f"{PROXY}/{path}": {"status": "success", "data": data} for path, data in answers.items()}


def start(cluster: Pretended) -> None:
    """Make a ready pod for each workload."""
    for path, content in [*cluster.objects.items()]:
        each = thing(content)
        if each.kind in WORKLOADS:
            cluster.objects[path] = {**content, "status": STATUS}
            name = f"{each.kind.lower()}-{each.name}-0"
            metadata = {"name": name, "namespace": NAMESPACE, "labels": dict(selector(each))}
            status = {"conditions": [{"type": "Ready", "status": "True"}]}
            cluster.add({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {}, "status": status})


def _job(name: str, spec: dict[str, Any]) -> dict[str, Any]:
    steps = json.loads(json.dumps(spec))["endpoints"][0]["relabelings"]
    return {
        "job_name": name,
        "relabel_configs": [
            {"target_label": each.get("targetLabel"), "replacement": each.get("replacement")} for each in steps
        ],
    }


def _rules(group: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "type": "alerting" if "alert" in each else "recording",
            "name": each.get("alert") or each["record"],
            "query": each["expr"],
            "duration": duration.seconds(each.get("for", "0s")),
            "labels": each.get("labels", {}),
            "annotations": each.get("annotations", {}),
            "health": "ok",
            "lastEvaluation": "2026-01-01T00:00:00Z",
        }
        for each in group["rules"]
    ]


def _add(cluster: Pretended, kind: str, name: str, labels: dict[str, str], data: dict[str, str]) -> None:
    metadata = {"name": name, "namespace": NAMESPACE, "labels": labels}
    cluster.add({"apiVersion": "v1", "kind": kind, "metadata": metadata, "data": data})
