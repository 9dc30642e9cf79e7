"""ServiceMonitor: the scrape of the pods behind a Service."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stackctl import conventions as c
from stackctl.components import registry
from stackctl.export.kubernetes.clients import SecretKeys
from stackctl.export.kubernetes.objects import OPERATOR, Objects
from stackctl.export.kubernetes.scraping import (
    COMMON,
    WITHOUT_OWN_LABELS,
    given,
    interval,
    labelling,
    limits,
    options,
    relabelling,
)
from stackctl.export.kubernetes.service import ports_of
from stackctl.model import Alertmanager, Prometheus, Scrape, Server, Service, Target

# Fields that an endpoint has, and others not.
_ENDPOINT = {"follow_redirects": "followRedirects", "enable_http2": "enableHttp2"}
_MONITOR = {"body_size_limit": "bodySizeLimit"}
_BY_POD = {"sourceLabels": ["__meta_kubernetes_pod_name"], "targetLabel": "instance"}
KNOWN = COMMON | _ENDPOINT.keys() | _MONITOR.keys()


def service_monitor(
    objects: Objects, service: Service, name: str, targets: tuple[Target, ...], keys: SecretKeys
) -> dict[str, Any]:
    """The ServiceMonitor of a service's `targets`. Secrets go to `keys`.

    The operator makes `job` from a label of the Service; the manifest's name of the job, by which rules and dashboards
    select, takes its place.
    """
    common = given(
        {
            "path": service.metrics_path,
            "scheme": service.scheme if service.scheme != "http" else None,
            "interval": interval(objects.stack, service),
            **options(service, keys),
            **{field: service.scrape.get(key) for key, field in _ENDPOINT.items()},
            **_relabelling(service),
        }
    )
    spec = {
        "jobLabel": "app",
        "selector": {"matchLabels": {"app": name}},
        "endpoints": [{"port": port, **common} for port in ports_of(targets)],
        **limits(service),
        **given({field: service.scrape.get(key) for key, field in _MONITOR.items()}),
    }
    return {**objects.head(OPERATOR, "ServiceMonitor", name, {"app": name}), "spec": spec}


def _relabelling(service: Service) -> dict[str, Any]:
    steps = relabelling(service, {"job": service.name, **service.labels})
    return {**steps, "relabelings": [WITHOUT_OWN_LABELS, *steps["relabelings"]]}


def own_monitor(
    objects: Objects, server: Server, name: str, selector: Mapping[str, str], port: str
) -> dict[str, Any] | None:
    """The ServiceMonitor of a server of the stack, by the labels of its Service; None if it is not scraped.

    Its one pod has the `instance` that the server has elsewhere: the pod's address changes with the pod. Of several
    replicas each has the name of its pod, which stays the same.
    """
    if server.scrape is None:
        return None
    labels = {"job": server.job, "instance": _instance(server), **server.labels}
    is_one = not isinstance(server, Prometheus | Alertmanager) or server.replicas == 1
    steps = [*labelling(labels), *([] if is_one else [_BY_POD])]
    endpoint = own_endpoint(objects, server, server.scrape, port, steps)
    spec = {"selector": {"matchLabels": dict(selector)}, "endpoints": [endpoint]}
    return {**objects.head(OPERATOR, "ServiceMonitor", name), "spec": spec}


def own_endpoint(
    objects: Objects, server: Server, scrape: Scrape, port: str, steps: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """The scrape of a server of the stack at a port by its name. `steps` are what relabelling does to its labels."""
    return given(
        {
            "port": port,
            "path": scrape.metrics_path,
            "interval": scrape.interval or objects.stack.prometheus.scrape_interval,
            "scrapeTimeout": scrape.timeout,
            # Pushed series carry the job and the instance of the pusher.
            "honorLabels": server.name == c.PUSHGATEWAY or None,
            "relabelings": [WITHOUT_OWN_LABELS, *steps],
        }
    )


def _instance(server: Server) -> str:
    known = registry.of(server)
    return f"{known.service}:{known.port}"
