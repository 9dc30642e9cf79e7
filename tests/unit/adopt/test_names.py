"""Names that containers keep: those that something in the set-up asks them by."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.adopt.setups import adopted, compose, jobs

JOB = jobs("{job_name: a, static_configs: [{targets: ['a:1']}]}")


def container(folder: Path, *services: str, **files: str) -> dict[str, Any]:
    made: dict[str, Any] = adopted(folder, **{"prometheus": JOB, "compose": compose(*services), **files}).manifest
    return made["containers"]["logs"]


@pytest.mark.parametrize(
    "asking",
    [
        "{image: a, environment: ['URL=http://store:3100/push']}",
        "{image: a, command: [--host=store]}",
        "{image: a, volumes: ['./conf:/etc/conf']}",
    ],
)
def test_name_of_a_container_that_others_use_is_kept(tmp_path: Path, asking: str) -> None:
    files = {"conf/proxy.conf": "proxy_pass http://store:3100;\n"} if "conf" in asking else {}
    made = container(tmp_path, "logs: {image: b, container_name: store}", f"app: {asking}", **files)
    assert made["networks"] == {"default": {"aliases": ["store"]}}


def test_name_that_nobody_uses_is_not_kept(tmp_path: Path) -> None:
    made = container(tmp_path, "logs: {image: b, container_name: store}", "app: {image: a, depends_on: [store]}")
    assert made == {"image": "b"}


def test_name_that_a_receiver_uses_is_kept(tmp_path: Path) -> None:
    services = (
        "logs: {image: b, container_name: relay}",
        "am: {image: prom/alertmanager, volumes: ['.:/etc/alertmanager']}",
    )
    receivers = "route: {receiver: a}\nreceivers: [{name: a, webhook_configs: [{url: 'http://relay:80/'}]}]\n"
    made = container(tmp_path, *services, alertmanager=receivers)
    assert made["networks"] == {"default": {"aliases": ["relay"]}}


def test_name_of_a_component_that_others_use_is_kept(tmp_path: Path) -> None:
    whole = compose("app: {image: a, command: 'http://metrics:9090'}").replace("prometheus:\n", "metrics:\n", 1)
    made = adopted(tmp_path, prometheus=JOB, compose=whole).manifest
    assert made["prometheus"]["docker"] == {"networks": {"default": {"aliases": ["metrics"]}}}
    assert made["containers"]["app"] == {"image": "a", "command": "http://metrics:9090"}


def test_name_is_kept_on_the_networks_of_others_too(tmp_path: Path) -> None:
    services = ("logs: {image: b, container_name: store, networks: [edge]}", "app: {image: a, command: 'http://store'}")
    whole = f"{compose(*services)}networks: {{edge: {{external: true}}}}\n"
    made = adopted(tmp_path, prometheus=JOB, compose=whole).manifest["containers"]["logs"]
    assert made["networks"] == {"default": {"aliases": ["store"]}, "edge": None}


def test_target_gets_its_new_name_and_needs_no_other(tmp_path: Path) -> None:
    job = jobs("{job_name: a, static_configs: [{targets: ['store:1']}]}")
    assert container(tmp_path, "logs: {image: b, container_name: store}", prometheus=job) == {"image": "b"}


def test_prober_is_asked_by_its_new_name(tmp_path: Path) -> None:
    job = jobs(
        "{job_name: a, static_configs: [{targets: ['http://x']}], relabel_configs: ["
        "{source_labels: [__address__], target_label: __param_target}, "
        "{source_labels: [__param_target], target_label: instance}, "
        "{target_label: __address__, replacement: 'probe_1:9115'}]}"
    )
    whole = compose("probes: {image: prom/blackbox-exporter, container_name: probe_1}")
    made = adopted(tmp_path, prometheus=job, compose=whole).manifest
    assert made["services"]["a"]["relabel"][-1]["replacement"] == "probes:9115"
    assert made["containers"]["probes"] == {"image": "prom/blackbox-exporter"}


@pytest.mark.parametrize(("asked", "is_named"), [("prometheus:9095", True), ("prometheus:9090", False)])
def test_container_that_asks_a_server_at_its_old_port_is_named(tmp_path: Path, asked: str, is_named: bool) -> None:
    own = "prometheus: {image: 'prom/prometheus:v3.5.0', command: ['--web.listen-address=:9095']}"
    whole = "services:\n  " + "\n  ".join([own, f"side: {{image: a, command: ['--url=http://{asked}']}}"])
    remarks = adopted(tmp_path, prometheus=JOB, compose=whole).remarks
    named = [each for each in remarks if each.summary == f"`side` asks `{asked}`, where nothing listens now"]
    assert [each.remedy for each in named] == (["Write `prometheus:9090` there."] if is_named else [])
