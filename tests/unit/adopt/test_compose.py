"""Compose files: what containers run, see and publish, in all the forms that Compose accepts."""

from __future__ import annotations

import pytest

from stackctl.adopt.compose import Mount, Published, component_of, options, read_containers
from stackctl.adopt.source import source_of
from stackctl.manifest.problems import Problems


def containers(text: str, **variables: str) -> dict[str, object]:
    source = source_of(text, "compose.yaml", Problems())
    assert source
    return {each.name: each for each in read_containers(source, variables)}


@pytest.mark.parametrize(
    ("image", "component"),
    [
        ("prom/prometheus:v3.5.0", "prometheus"),
        ("quay.io/prometheus/node-exporter", "node"),
        ("registry.example.org:5000/mirror/node_exporter:v1@sha256:0123", "node"),
        ("grafana/grafana-oss:12.0.0", "grafana"),
        ("oliver006/redis_exporter:latest", "redis"),
        ("prometheuscommunity/postgres-exporter", "postgres"),
        ("nginx/nginx-prometheus-exporter:1.4", "nginx"),
        ("gcr.io/cadvisor/cadvisor:v0.52.1", "cadvisor"),
        ("redis:8", ""),
        ("postgres:17", ""),
        ("example/prometheus-proxy", ""),
        ("", ""),
    ],
)
def test_image_says_which_component_it_runs(image: str, component: str) -> None:
    assert component_of(image) == component


def test_mounts_are_paths_from_the_folder() -> None:
    text = """
services:
  a:
    image: example/a
    volumes: ["./conf:/etc/conf:ro", "named:/data", {type: bind, source: ../up, target: /up}, "${DIR}/x:/x"]
    configs: [{source: own, target: /etc/own.yml}, bare]
configs: {own: {file: ./own.yml}, bare: {file: bare.txt}}
"""
    found = containers(text, DIR="./dir")["a"]
    assert found.mounts == (  # type: ignore[attr-defined]
        Mount("conf", "/etc/conf"),
        Mount("../up", "/up"),
        Mount("dir/x", "/x"),
        Mount("own.yml", "/etc/own.yml"),
        Mount("bare.txt", "/bare"),
    )
    assert found.seen("/etc/conf/sub/x.yml") == "conf/sub/x.yml"  # type: ignore[attr-defined]
    assert found.seen("/etc/other") is None  # type: ignore[attr-defined]


def test_ports_in_all_their_forms() -> None:
    text = """
services:
  a:
    ports: ["80:8080", "127.0.0.1:81:81/tcp", "0.0.0.0:82:82", "83", "90-91:90-91", "${P:-85}:85"]
  b:
    ports: [{target: 84, published: "84"}]
"""
    assert containers(text)["a"].published == (  # type: ignore[attr-defined]
        Published("", 80, 8080),
        Published("127.0.0.1", 81, 81),
        Published("", 82, 82),
        Published("", 85, 85),
    )
    assert containers(text)["b"].published == (Published("", 84, 84),)  # type: ignore[attr-defined]


def test_arguments_are_options_however_they_are_written() -> None:
    arguments = ("prog", "--a=1", "-b", "2", "--switch", "--c", "3", "--last")
    assert options(arguments) == (("a", "1"), ("b", "2"), ("switch", ""), ("c", "3"), ("last", ""))


def test_environment_of_a_list_and_of_a_mapping() -> None:
    text = "services: {a: {environment: [A=1, B]}, b: {environment: {A: 1, B: true, C: }}}"
    found = containers(text)
    assert found["a"].environment == {"A": "1", "B": "${B:-}"}  # type: ignore[attr-defined]
    assert found["b"].environment == {"A": "1", "B": "true", "C": ""}  # type: ignore[attr-defined]
