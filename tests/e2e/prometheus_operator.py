"""A real Prometheus Operator on the real API server, and what it makes of the objects of an export."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from stackctl.wait import wait_until
from tests.e2e.api_server import CERTIFICATES, TOKEN, ApiServer, running
from tests.e2e.real_stack import cannot_run
from tests.ports import free_port
from tests.servers.prometheus_operator import OPERATOR, program

GROUP = "monitoring.coreos.com/"
RECONCILE_SECONDS = 60
# Of the operator's objects that are scrapes, the field with the parts that become a job each; "" for one.
SCRAPES = {"ServiceMonitor": "endpoints", "PodMonitor": "podMetricsEndpoints", "Probe": "", "ScrapeConfig": ""}
NODE = "node-1"


@contextmanager
def operator(server: ApiServer, folder: Path) -> Iterator[Path]:
    """Run the operator as the administrator of the API server; yield the kubeconfig, which others may use too."""
    if not program().is_file():
        cannot_run(
            f"the Prometheus Operator {OPERATOR} was not built: run `python -m tests.servers.prometheus_operator`"
        )
    kubeconfig = folder / "kubeconfig"
    kubeconfig.write_text(json.dumps(_kubeconfig(server.url)))
    flags = [f"--web.listen-address=127.0.0.1:{free_port()}", "--kubelet-endpoints=false"]
    with running(folder / "operator.log", program(), *flags, KUBECONFIG=str(kubeconfig)):
        yield kubeconfig


def _kubeconfig(url: str) -> dict[str, Any]:
    cluster = {"server": url, "certificate-authority": str(CERTIFICATES / "ca.crt")}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "test", "cluster": cluster}],
        "users": [{"name": "test", "user": {"token": TOKEN}}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
        "current-context": "test",
    }


def reconciled(server: ApiServer, namespace: str, name: str, objects: list[dict[str, Any]]) -> dict[str, Any]:
    """Wait until the operator has made the configuration of a Prometheus of all `objects`; return that."""
    expected = sum(
        len(each["spec"][SCRAPES[each["kind"]]]) if SCRAPES[each["kind"]] else 1 for each in _scrapes(objects)
    )
    rules = sum(each["kind"] == "PrometheusRule" for each in objects)

    operated = [each["kind"].lower() for each in objects if each["kind"] in ("Prometheus", "Alertmanager")]
    governing = {f"{each}-operated" for each in operated}

    def made() -> dict[str, Any]:
        config = configuration(server, namespace, f"prometheus-{name}", "prometheus.yaml.gz")
        is_whole = len(config.get("scrape_configs") or ()) == expected and governing <= _services(server, namespace)
        return config if is_whole and len(rule_files(server, namespace, name)) == rules else {}

    return wait_until(made, bool, RECONCILE_SECONDS, what="the operator's configuration of Prometheus")


def _scrapes(objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [each for each in objects if each["kind"] in SCRAPES]


def _services(server: ApiServer, namespace: str) -> set[str]:
    return {each["metadata"]["name"] for each in server.get(f"/api/v1/namespaces/{namespace}/services")["items"]}


def configuration(server: ApiServer, namespace: str, secret: str, key: str) -> dict[str, Any]:
    """The configuration in a Secret of the operator, {} where there is none yet."""
    secrets = server.get(f"/api/v1/namespaces/{namespace}/secrets")["items"]
    found = [
        each["data"][key] for each in secrets if each["metadata"]["name"] == secret and key in each.get("data", {})
    ]
    return yaml.safe_load(gzip.decompress(base64.b64decode(found[0]))) if found else {}


def rule_files(server: ApiServer, namespace: str, name: str) -> dict[str, str]:
    """The rule files that the operator has written for a Prometheus, by their names."""
    maps = server.get(f"/api/v1/namespaces/{namespace}/configmaps")["items"]
    ours = [each for each in maps if each["metadata"]["name"].startswith(f"prometheus-{name}-rulefiles-")]
    return {key: text for each in ours for key, text in (each.get("data") or {}).items()}


def complaints(server: ApiServer, namespace: str) -> list[str]:
    """The warnings of the operator in the events of a namespace: objects that it refuses."""
    events = server.get(f"/api/v1/namespaces/{namespace}/events")["items"]
    ours = [each for each in events if each["involvedObject"].get("apiVersion", "").startswith(GROUP)]
    return [each["message"] for each in ours if each["type"] == "Warning"]


def pretend_pods(server: ApiServer, namespace: str, objects: list[dict[str, Any]]) -> None:
    """Write what controllers and kubelets would: pods of DaemonSets, and the endpoints of each Service."""
    services = server.get(f"/api/v1/namespaces/{namespace}/services")["items"]
    for at, service in enumerate(services, 10):
        _apply(server, namespace, _slice(service, f"10.9.0.{at}"))
    for at, each in enumerate((each for each in objects if each["kind"] == "DaemonSet"), 10):
        template = each["spec"]["template"]
        name = f"{each['metadata']['name']}-x"
        head = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": template["metadata"]["labels"]}}
        _apply(server, namespace, {**head, "spec": {**template["spec"], "nodeName": NODE}})
        address = f"10.9.1.{at}"
        status = {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}]}
        _apply(server, namespace, {**head, "status": status}, "/status")


def _slice(service: dict[str, Any], address: str) -> dict[str, Any]:
    name = service["metadata"]["name"]
    ports = [
        {"name": each["name"], "port": each["port"], "protocol": "TCP"} for each in service["spec"].get("ports", ())
    ]
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": f"{name}-x", "labels": {"kubernetes.io/service-name": name}},
        "addressType": "IPv4",
        "endpoints": [{"addresses": [address], "conditions": {"ready": True}}],
        "ports": ports,
    }


def _apply(server: ApiServer, namespace: str, thing: dict[str, Any], part: str = "") -> None:
    refusal = server.apply(yaml.safe_dump(thing).encode(), namespace, part=part).refusal
    assert refusal == "", f"{thing['kind']}: {refusal}"
