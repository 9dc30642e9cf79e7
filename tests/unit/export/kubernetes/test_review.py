"""What cannot be exported is reported, never dropped in silence."""

from __future__ import annotations

import copy
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from stackctl.export.kubernetes import export_kubernetes
from stackctl.export.kubernetes.objects import Cluster
from stackctl.export.kubernetes.review import left_out, refused
from stackctl.manifest import load, outside, read
from stackctl.source import Secret
from tests.golden.cases import EXPORTER_SECRETS, MANIFESTS, SECRETS
from tests.unit.export.manifests import services_in

POD, ADDRESS = "targets: ['api:1']", "targets: ['10.0.0.1:1']"


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        (f"{POD}, extra_scrape_metrics: true", "`extra_scrape_metrics`"),
        (f"{POD}, body_size_limit: 1MB", ""),
        (f"{ADDRESS}, body_size_limit: 1MB", "`body_size_limit`"),
        (f"{POD}, enable_compression: false", "`enable_compression`"),
        (f"{ADDRESS}, enable_compression: false", ""),
        ("targets: ['api:1', '10.0.0.1:1'], enable_compression: false", "`enable_compression`"),
        ("targets: [{address: 'api:1', labels: {zone: a}}]", "`targets.labels`"),
        ("targets: [{address: '10.0.0.1:1', labels: {zone: a}}]", ""),
        ("discovery: {dns_sd_configs: [{names: [x], new: 1}]}", "`discovery.dns_sd_configs.new`"),
        (f"{POD}, sample_limit: 5, basic_auth: {{username: a, password: b}}, relabel: [{{regex: x}}]", ""),
    ],
)
def test_settings_without_a_field_are_reported(tmp_path: Path, settings: str, names: str) -> None:
    found = left_out(services_in(tmp_path, f"{{api: {{{settings}}}}}"), Cluster())
    assert [each.summary for each in found] == ([f"services.api: {names} cannot be exported"] if names else [])
    assert all(each.status == "warn" for each in found)


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ("discovery: {ec2_sd_configs: [{region: x}]}", "export.discovered-targets"),
        (f"{POD}, relabel: [{{source_labels: [service.name], target_label: a}}]", "export.not-accepted"),
        (f"{POD}, metric_relabel: [{{source_labels: [ü], target_label: a}}]", "export.not-accepted"),
        (f"{POD}, proxy_url: 'proxy:3128'", "export.not-accepted"),
        ("discovery: {dns_sd_configs: 5}", "export.not-accepted"),
        ("discovery: {dns_sd_configs: [{names: [x], new: {a: [b]}}]}", ""),
        (f"{POD}, oauth2: {{scopes: 5}}", "export.not-accepted"),
        (f"{POD}, proxy_url: 'socks5://proxy:3128'", ""),
        (f"{POD}, relabel: [{{source_labels: [__address__], target_label: a}}]", ""),
    ],
)
def test_services_that_would_mean_something_else_are_refused(tmp_path: Path, settings: str, code: str) -> None:
    found = refused(services_in(tmp_path, f"{{api: {{{settings}}}}}"), Cluster())
    assert [each.code for each in found] == ([code] if code else [])


def test_settings_of_servers_are_reported_where_these_are_exported(tmp_path: Path) -> None:
    (tmp_path / "stack.yml").write_text(
        """version: 1
name: shop
prometheus: {extra: {tracing: {endpoint: x}}, remote_write: [{url: "http://a", sigv4: {region: b}}]}
alertmanager: {docker: {labels: {a: b}}}
exporters: {redis: {address: "redis:6379", docker: {labels: {a: b}}}}
"""
    )
    stack = load(tmp_path / "stack.yml", {})
    assert left_out(stack, Cluster()) == []
    assert [each.summary for each in left_out(stack, Cluster(has_servers=False))] == [
        "prometheus: `extra`, `remote_write.sigv4` cannot be exported",
        "redis: `docker` cannot be exported",
        "alertmanager: `docker` cannot be exported",
    ]


@pytest.mark.parametrize(
    ("write", "code"),
    [
        ("queue_config: 5", "export.not-accepted"),
        ("write_relabel_configs: [{source_labels: [a.b]}]", "export.not-accepted"),
        ("proxy_url: 'x:1'", "export.not-accepted"),
        ("queue_config: {max_shards: 5}", ""),
    ],
)
def test_remote_writes_are_reviewed_where_prometheus_is_exported(tmp_path: Path, write: str, code: str) -> None:
    (tmp_path / "stack.yml").write_text(
        f"version: 1\nname: shop\nprometheus: {{remote_write: [{{url: 'http://a', {write}}}]}}\n"
        "services: {api: {targets: ['api:1']}}\n"
    )
    stack = load(tmp_path / "stack.yml", {})
    assert refused(stack, Cluster()) == []
    assert [each.code for each in refused(stack, Cluster(has_servers=False))] == ([code] if code else [])


# What means nothing in a cluster, or what only other commands read.
OTHERS = re.compile(
    r"(prometheus|alertmanager|grafana|pushgateway|exporters\.[^.]+)\.listen"
    r"|exporters\.[^.]+\.program|services\.[^.]+\.(run\.native|metrics)\b.*|containers\.[^.]+\.restart"
)
# Parts of a block that is named as a whole, so that one part less is not seen.
NAMED_AS_A_WHOLE = re.compile(
    r"prometheus\.extra\..*|services\..+\.targets\..*|containers\.[^.]+\.(networks|depends_on|labels|profiles)\..*"
)


@pytest.mark.parametrize("case", ["custom", "full", "secrets"])
def test_nothing_that_a_manifest_says_is_dropped_in_silence(tmp_path: Path, case: str) -> None:
    """Without any one of its keys, the objects differ, or what is reported as left out does."""
    shutil.copytree(MANIFESTS / case, tmp_path / case)
    path = tmp_path / case / "stack.yml"
    whole = yaml.safe_load(path.read_text())
    for read_each_time in ("rules", "dashboards"):  # which other tests are about
        whole.pop(read_each_time, None)
    path.write_text(yaml.safe_dump(whole, sort_keys=False))
    said = all_said(path)
    assert said is not None
    silent = []
    for place in places(whole):
        name = ".".join(map(str, place))
        if not place or OTHERS.fullmatch(name) or NAMED_AS_A_WHOLE.fullmatch(name):
            continue
        path.write_text(yaml.safe_dump(without(whole, place), sort_keys=False))
        if all_said(path) == said:
            silent.append(name)
    assert silent == []


def all_said(path: Path) -> object:
    """All that the export says of a manifest; None where that is refused."""
    with outside.allowed():
        reading = read(path, {**SECRETS, **EXPORTER_SECRETS})
    cluster = Cluster("shop", has_servers=False, grafana_password=Secret("made-one"))
    if reading.stack is None or reading.problems or refused(reading.stack, cluster):
        return None
    files = {name: file.content for name, file in export_kubernetes(reading.stack, cluster)}
    return files, [each.summary for each in left_out(reading.stack, cluster)]


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The paths of all values."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in items:
        yield from places(each, (*path, key))


def without(whole: Any, place: tuple[str | int, ...]) -> Any:
    """The manifest without what is at a place."""
    copied = parent = copy.deepcopy(whole)
    for part in place[:-1]:
        parent = parent[part]
    del parent[place[-1]]
    return copied
