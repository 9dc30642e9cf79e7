"""Probe: what the blackbox exporter asks."""

from __future__ import annotations

from typing import Any

from stackctl.components import registry
from stackctl.export.kubernetes.names import dns_names
from stackctl.export.kubernetes.objects import OPERATOR, Objects
from stackctl.export.kubernetes.scraping import WITHOUT_OWN_LABELS, given, labelling
from stackctl.model import Exporter, Probe
from stackctl.scrape import probe_job_name


def probe_objects(objects: Objects, exporter: Exporter, name: str) -> list[dict[str, Any]]:
    """The Probes of the exporter whose Service is `name`. Their jobs and labels are those of the manifest."""
    scrape = exporter.scrape
    if scrape is None:
        return []
    names = dns_names(probe.name for probe in exporter.probes)
    common = {
        "prober": {"url": f"{name}:{registry.of(exporter).port}"},
        "interval": scrape.interval or objects.stack.prometheus.scrape_interval,
        "scrapeTimeout": scrape.timeout,
    }
    return [
        {
            **objects.head(OPERATOR, "Probe", f"{name}.{names[probe.name]}"),
            "spec": given(
                {"jobName": probe_job_name(probe), "module": probe.module, **common, **_target(exporter, probe)}
            ),
        }
        for probe in exporter.probes
    ]


def _target(exporter: Exporter, probe: Probe) -> dict[str, Any]:
    steps = [WITHOUT_OWN_LABELS, *labelling({"probe": probe.name, **exporter.labels})]
    return {"targets": {"staticConfig": {"static": [probe.url], "relabelingConfigs": steps}}}
