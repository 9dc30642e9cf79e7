"""Values of single keys."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.errors import InputError
from tests.unit.manifest.test_load import loaded, service


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


def test_refuses_parameters_in_a_metrics_path(tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        loaded(tmp_path, service("    metrics_path: /probe?module=http&target=a%20b&target=\n"))
    remedy = refused.value.problems[0].remedy
    assert remedy == 'Write `metrics_path: /probe` and `params: {module: ["http"], target: ["a b", ""]}`.'


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
    "url",
    [
        "postgresql://u:right-horse@h:99999/db",
        "postgresql://u:right-horse@h:0/db",
        "postgresql://u:right-horse@h:x/db",
        "postgresql://u:right-horse@h1:5432,h2:5433/db",
        "postgresql://u:right-horse@h1,h2/db",
        "postgresql://u:right-horse@h/db,postgresql://u:right-horse@h2/db",
        "postgresql://u:right-horse@[::1/db",
        "postgresql://u:right-horse@[zz]:5432/db",
        "postgresql://u:right-horse#x@h/db",
        "mysql://u:right-horse@h/db",
        "host=h user=u password=right-horse",
        "postgresql:///db?host=/run/postgresql",
    ],
)
def test_refuses_urls_that_are_not_of_one_database(tmp_path: Path, url: str) -> None:
    with pytest.raises(InputError) as refused:
        loaded(tmp_path, f"version: 1\nname: x\nexporters: {{postgres: {{dsn: '{url}'}}}}\n")
    (problem,) = refused.value.problems
    assert problem.position
    assert problem.position.line == 3
    assert "right-horse" not in str(problem)
