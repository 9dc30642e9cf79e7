"""Contracts as the rest of stackctl sees them: inline, from a file, and from one file for several services."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.errors import InputError
from stackctl.manifest import load
from stackctl.model import Label, Stack

HEAD = "version: 1\nname: shop\nservices:\n"
TEMPLATE = """\
# {service} is what the manifest says
{service}_requests_total:
  type: counter
  help: Requests to {title}
  labels: {status: ["200", "500"], queue: ["{service}-in"]}
{service}_up_info: info
"""


def stack(folder: Path, services: str, contract: str = "") -> Stack:
    (folder / "stack.yml").write_text(HEAD + services)
    (folder / "contract.yml").write_text(contract)
    return load(folder / "stack.yml", environ={})


def test_every_type_and_key_is_in_the_model(tmp_path: Path) -> None:
    services = """\
  api:
    targets: ["localhost:8000"]
    metrics:
      a_total: counter
      b_ratio: {type: gauge, unit: ratio, help: How full, range: [0, 1]}
      c_seconds: {type: histogram, labels: [method, path], buckets: [0.1, 1, +Inf]}
      d_bytes: {type: summary, quantiles: [0.5, 0.99], labels: {kind: [in, out], peer: , topic: {examples: [x]}}}
      e_info: {type: info, labels: [version]}
      f: {type: stateset, states: [good, bad]}
      g_total: {type: gauge}
"""
    contract = stack(tmp_path, services).services[0].contract
    assert contract is not None
    a, b, c, d, e, f, g = contract.metrics
    assert (a.name, a.kind, a.labels) == ("a_total", "counter", ())
    assert (b.unit, b.help, b.range) == ("ratio", "How full", (0, 1))
    assert (c.labels, c.buckets) == ((Label("method"), Label("path")), (0.1, 1))
    assert d.labels == (Label("kind", ("in", "out")), Label("peer"), Label("topic", (), ("x",)))
    assert d.quantiles == (0.5, 0.99)
    assert (e.kind, f.states, g.kind) == ("info", ("good", "bad"), "gauge")
    assert c.origin.line == 9
    assert c.samples == ("c_seconds_bucket", "c_seconds_sum", "c_seconds_count")


def test_one_file_serves_several_services_under_their_own_names(tmp_path: Path) -> None:
    services = "".join(
        f'  {name}:\n    targets: ["localhost:{port}"]\n'
        f"    metrics: {{file: contract.yml, with: {{service: {name}, title: The {name}}}}}\n"
        for name, port in (("buy", 8000), ("sell", 8001))
    )
    buy, sell = stack(tmp_path, services, TEMPLATE).services
    assert buy.contract
    assert sell.contract
    assert [metric.name for metric in buy.contract.metrics] == ["buy_requests_total", "buy_up_info"]
    requests = sell.contract.metrics[0]
    assert requests.help == "Requests to The sell"
    assert requests.labels == (Label("status", ("200", "500")), Label("queue", ("sell-in",)))
    assert (requests.origin.file, requests.origin.line) == ("contract.yml", 2)


def test_file_and_more_metrics_make_one_contract(tmp_path: Path) -> None:
    services = (
        '  api:\n    targets: ["localhost:8000"]\n    metrics: {file: contract.yml, metrics: {more_total: counter}}\n'
    )
    contract = stack(tmp_path, services, "jobs_total: counter\n").services[0].contract
    assert contract
    assert [(metric.name, metric.origin.file) for metric in contract.metrics] == [
        ("jobs_total", "contract.yml"),
        ("more_total", str(tmp_path / "stack.yml")),
    ]


def test_a_file_alone_may_be_named_without_a_mapping(tmp_path: Path) -> None:
    services = '  api:\n    targets: ["localhost:8000"]\n    metrics: contract.yml\n'
    contract = stack(tmp_path, services, "jobs_total: counter\n").services[0].contract
    assert contract
    assert contract.metrics[0].name == "jobs_total"


def test_honor_labels_keeps_labels_that_the_service_sets(tmp_path: Path) -> None:
    services = (
        '  api:\n    targets: ["localhost:8000"]\n    labels: {team: core}\n'
        "    metrics: {jobs_total: {type: counter, labels: [team, job]}}\n"
    )
    with pytest.raises(InputError, match="the scrape sets the label `team` itself"):
        stack(tmp_path, services)
    assert stack(tmp_path, services + "    honor_labels: true\n").services[0].contract


def test_a_service_without_metrics_has_no_contract(tmp_path: Path) -> None:
    assert stack(tmp_path, '  api: {targets: ["localhost:8000"]}\n').services[0].contract is None
