"""Names of stacks, services, metrics and labels."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.errors import InputError
from stackctl.manifest.fields import (
    CheckName,
    DatasourceUid,
    EnvironmentName,
    GroupingLabel,
    LabelName,
    MetricName,
    PluginName,
    ServiceName,
    SettingName,
    StackName,
)
from tests.unit.manifest.fields.reading import read, refusal
from tests.unit.manifest.small import loaded, service


def test_accepts_the_label_names_of_prometheus_3(tmp_path: Path) -> None:
    labels = "    labels: {service.name: a}\n"
    contract = "    metrics: {x_total: {type: counter, labels: {http.route: , zone: }}}\n"
    more = "prometheus: {external_labels: {__replica__: r1, k8s.cluster: eu}}\n"
    stack = loaded(tmp_path, service(labels + contract) + more)
    assert stack.prometheus.external_labels == {"__replica__": "r1", "k8s.cluster": "eu"}
    assert stack.services[0].labels == {"service.name": "a"}


def test_refuses_names_that_prometheus_2_does_not_take(tmp_path: Path) -> None:
    text = service("    labels: {service.name: a, team: b}\n") + "prometheus: {image: 'prom/prometheus:v2.53.0'}\n"
    with pytest.raises(InputError) as refused:
        loaded(tmp_path, text)
    (problem,) = refused.value.problems
    assert "Prometheus 2 does not accept this label name: `service.name`" in problem.summary
    assert problem.position
    assert problem.position.line == 6


@pytest.mark.parametrize("name", ['""', "__x", '"a\\nb"'])
def test_refuses_names_that_no_target_can_have(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError):
        loaded(tmp_path, service(f"    labels: {{{name}: a}}\n"))


@pytest.mark.parametrize(
    "text",
    ["name: {}\nservices: {{a: {{targets: ['a:1']}}}}", "name: x\nservices: {{{}: {{targets: ['a:1']}}}}"],
    ids=["stack", "service"],
)
def test_names_the_limit_of_a_long_name(tmp_path: Path, text: str) -> None:
    assert loaded(tmp_path, "version: 1\n" + text.format("a" * 63))
    with pytest.raises(InputError) as refused:
        loaded(tmp_path, "version: 1\n" + text.format("a" * 64))
    assert "the name is 64 characters long, the limit is 63" in refused.value.problems[0].summary


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (StackName, "shop-2_b"),
        (ServiceName, "Shop.api_2"),
        (MetricName, "job:requests:rate5m"),
        (LabelName, "service.name"),
        (GroupingLabel, "shard"),
        (PluginName, "grafana-clock-panel@2.1.5"),
        (DatasourceUid, "Loki_1-a"),
        (CheckName, "panel.no-data"),
        (CheckName, "panel"),
        (EnvironmentName, "GF_LOG_LEVEL"),
        (EnvironmentName, "my-app.mode"),
        (SettingName, "auth.generic_oauth"),
    ],
)
def test_name_stays_as_it_is(kind: object, name: str) -> None:
    assert read(kind, name) == name


@pytest.mark.parametrize(
    ("kind", "name", "remedy"),
    [
        (StackName, "My Shop!", "Write `my-shop`."),
        (StackName, "!!", "Begin with a letter or a digit."),
        (ServiceName, "-api/v2", "Write `api-v2`."),
        (MetricName, "http-requests total", "Write `http_requests_total`."),
        (MetricName, "2xx", ""),
        (LabelName, "__name__", "Names that begin with two underscores belong to Prometheus."),
        (GroupingLabel, "shard.id", "Use letters, digits and underscores, not beginning with a digit."),
        (PluginName, "clock panel", "Write an id like `grafana-clock-panel`, or `ID@VERSION`."),
        *(
            (EnvironmentName, name, "Use letters from A to Z, digits and underscores, not beginning with a digit.")
            for name in ("ü", "A=B", "A B", "", "1A")
        ),
        (SettingName, "säule", "Write it as Grafana's documentation has it."),
        (DatasourceUid, "a" * 41, "Use at most 40 of the characters a-z, A-Z, 0-9, - and _."),
        (CheckName, "Panel", "Write it as reports show it: `panel.data`, or `panel` for its family."),
    ],
)
def test_name_is_refused_with_the_one_that_fits(kind: object, name: str, remedy: str) -> None:
    assert refusal(kind, name)[1] == remedy
