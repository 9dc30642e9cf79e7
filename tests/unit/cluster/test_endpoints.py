"""The way from Prometheus to a target ends where a name or a label does not fit, and that is said."""

from __future__ import annotations

from typing import Any

import pytest

from stackctl.cluster.endpoints import Namespace, break_of, by_key, way
from stackctl.cluster.objects import Thing, thing

OURS = {"part-of": "shop"}
APP = {"app": "api"}


def made(kind: str, name: str, labels: dict[str, str] | None = None, **spec: Any) -> Thing:
    return thing({"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "labels": labels or {}}, "spec": spec})


PROMETHEUS = made("Prometheus", "shop", serviceMonitorSelector={"matchLabels": OURS})
MONITOR = made("ServiceMonitor", "api", OURS, selector={"matchLabels": APP}, endpoints=[{"port": "http"}])
SERVICE = made("Service", "api", APP, selector=APP, ports=[{"name": "http"}])
POD = {"metadata": {"name": "api-1", "labels": APP}}


def said(owned: list[Thing], services: list[Thing], pods: list[Any]) -> str:
    found = Namespace(by_key(owned), tuple(each.content for each in services), tuple(pods))
    return break_of(MONITOR, "shop", found)


def test_whole_way_has_no_break() -> None:
    assert said([PROMETHEUS, MONITOR], [SERVICE], [POD]) == ""


@pytest.mark.parametrize(
    ("owned", "services", "pods", "words"),
    [
        ([PROMETHEUS], [SERVICE], [POD], "the ServiceMonitor api is not in the cluster"),
        (
            [PROMETHEUS, made("ServiceMonitor", "api", {}, selector={}, endpoints=[])],
            [SERVICE],
            [POD],
            "the Prometheus `shop` selects by the label `part-of: shop`, which the ServiceMonitor api does not have",
        ),
        ([PROMETHEUS, MONITOR], [], [POD], "selects Services by the labels `app: api`, and none has them"),
        (
            [PROMETHEUS, MONITOR],
            [made("Service", "api", APP, selector=APP, ports=[{"name": "web"}])],
            [POD],
            "the ServiceMonitor api asks for the port `http`, and the Service api has web",
        ),
        (
            [PROMETHEUS, MONITOR],
            [SERVICE],
            [],
            "the Service api selects pods by the labels `app: api`, and none has them",
        ),
    ],
)
def test_break_is_named(owned: list[Thing], services: list[Thing], pods: list[Any], words: str) -> None:
    assert words in said(owned, services, pods)


def test_service_without_a_selector_may_have_any_endpoints() -> None:
    assert said([PROMETHEUS, MONITOR], [made("Service", "api", APP, ports=[{"name": "http"}])], []) == ""


def test_way_leads_by_the_service_to_the_pods() -> None:
    pods = made("Deployment", "api", template={"metadata": {"labels": APP}})
    other = made("Deployment", "other", template={"metadata": {"labels": {"app": "other"}}})
    declared = [PROMETHEUS, MONITOR, SERVICE, pods, other]
    assert [str(each) for each in way(MONITOR, declared)] == ["ServiceMonitor api", "Service api", "Deployment api"]
    assert [str(each) for each in way(made("Probe", "p"), declared)] == ["Probe p"]
