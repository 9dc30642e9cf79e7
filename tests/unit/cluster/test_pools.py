"""Scrape jobs have the names that the Prometheus Operator gives them."""

from __future__ import annotations

from typing import Any

from stackctl.cluster.objects import Thing, thing
from stackctl.cluster.pools import declared_job, pools


def made(kind: str, **spec: Any) -> Thing:
    return thing({"apiVersion": "v1", "kind": kind, "metadata": {"name": "x", "namespace": "n"}, "spec": spec})


def test_each_endpoint_is_a_job_and_so_is_each_other_object() -> None:
    monitor = made("ServiceMonitor", endpoints=[{}, {}])
    others = [made("PodMonitor", podMetricsEndpoints=[{}]), made("ScrapeConfig"), made("Probe"), made("Service")]
    assert [*pools([monitor, *others])] == [
        "serviceMonitor/n/x/0",
        "serviceMonitor/n/x/1",
        "podMonitor/n/x/0",
        "scrapeConfig/n/x",
        "probe/n/x",
    ]


def test_label_of_the_job_is_read_from_where_it_is_set() -> None:
    rule = {"targetLabel": "job", "replacement": "api"}
    assert declared_job(made("ServiceMonitor", endpoints=[{"relabelings": [rule]}])) == "api"
    assert declared_job(made("ScrapeConfig", relabelings=[rule])) == "api"
    assert declared_job(made("Probe", jobName="probe-home")) == "probe-home"
    assert declared_job(made("ServiceMonitor", endpoints=[{}])) == ""
