"""What the operator has not taken up, and what Prometheus has not loaded, is named; what others have there is not."""

from __future__ import annotations

import base64
import gzip
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from stackctl.cluster.objects import thing
from stackctl.model import Stack
from stackctl.operations.cluster.confirmation import differences
from stackctl.operations.cluster.session import Session, open_session
from stackctl.operations.cluster.up import bring_up
from tests.contract import operator
from tests.contract.api_server import Pretended, path_of
from tests.unit.operations.pretended import Noted

CONFIG = path_of("v1", "Secret", "shop", "prometheus-shop")
RULES = path_of("v1", "ConfigMap", "shop", "prometheus-shop-rulefiles-0")


@pytest.fixture
def session(manifest: Path, stack: Stack, cluster: Pretended) -> Session:
    """A session with a stack that is up, and all of it loaded."""
    cluster.after_change = lambda: operator.run(cluster)
    bring_up(manifest, 5.0, Noted())
    return open_session(manifest, stack)


def lines(session: Session) -> list[str]:
    return differences(session, ()).get("Prometheus shop", "").splitlines()


def test_all_that_is_loaded_is_no_difference(session: Session, cluster: Pretended) -> None:
    assert differences(session, ()) == {}
    # A rule of somebody else, and a job of theirs.
    files = cluster.objects[RULES]["data"]
    files[f"shop-theirs-{operator.UID}.yaml"] = "groups: [{name: a, rules: [{record: a, expr: up}]}]"
    change_config(cluster, lambda config: config["scrape_configs"].append({"job_name": "theirs"}))
    operator.load(cluster)
    assert differences(session, ()) == {}


def change_config(cluster: Pretended, change: object) -> None:
    data = cluster.objects[CONFIG]["data"]
    config = yaml.safe_load(gzip.decompress(base64.b64decode(data["prometheus.yaml.gz"])))
    assert callable(change)
    change(config)
    data["prometheus.yaml.gz"] = base64.b64encode(gzip.compress(yaml.safe_dump(config).encode())).decode()


def test_job_that_the_operator_has_made_of_an_earlier_object_is_a_difference(
    session: Session, cluster: Pretended
) -> None:
    change_config(cluster, lambda config: config["scrape_configs"][0].pop("relabel_configs"))
    operator.load(cluster)
    assert lines(session) == ["the Prometheus Operator has not taken up the ServiceMonitor api"]


def test_rule_that_the_operator_has_not_written_is_a_difference(session: Session, cluster: Pretended) -> None:
    cluster.objects[RULES]["data"] = {}
    assert lines(session) == ["the Prometheus Operator has not taken up the PrometheusRule shop-shop"]


def test_what_prometheus_has_not_loaded_is_a_difference(session: Session, cluster: Pretended) -> None:
    change_config(cluster, lambda config: config["global"].update(evaluation_interval="2m"))
    assert lines(session) == [
        "global.evaluation_interval: rendered '2m', loaded '1m'",
        "shop-shop.yaml: shop/job:up:sum: loaded with the interval of its group 60 and not 120",
    ]


def test_server_that_does_not_answer_confirms_nothing(session: Session, cluster: Pretended) -> None:
    cluster.proxied.clear()
    assert "returns 404" in lines(session)[0]


def test_server_that_only_an_earlier_manifest_had_is_asked_too(session: Session, cluster: Pretended) -> None:
    data = {"alertmanager.yaml": base64.b64encode(b"route: {receiver: a}").decode()}
    before = (
        ("v1", "Secret", "shop-alertmanager", {"data": data}),
        ("monitoring.coreos.com/v1", "Alertmanager", "shop", {"spec": {"configSecret": "shop-alertmanager"}}),
    )
    things = [
        thing({"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": "shop"}, **content})
        for version, kind, name, content in before
    ]
    found = differences(replace(session, things=(*session.things, *things)), ())
    assert found == {"Alertmanager shop": "the Prometheus Operator has not taken up the Secret shop-alertmanager"}
    packed = base64.b64encode(gzip.compress(b"route: {receiver: a}")).decode()
    metadata = {"name": "alertmanager-shop-generated", "namespace": "shop"}
    cluster.add({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": {"alertmanager.yaml.gz": packed}})
    found = differences(replace(session, things=(*session.things, *things)), ())
    assert "alertmanager-shop-0:9093" in found["Alertmanager shop"]


def test_unreadable_file_of_the_operator_confirms_nothing(session: Session, cluster: Pretended) -> None:
    cluster.objects[CONFIG]["data"]["prometheus.yaml.gz"] = base64.b64encode(b"text").decode()
    assert lines(session)[0] == "the Prometheus Operator has not taken up the ServiceMonitor api"
