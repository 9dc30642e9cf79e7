"""A YAML file is read with the place of every value."""

from __future__ import annotations

from pathlib import Path

from tests.unit.manifest.small import SMALLEST, loaded, service


def test_keys_stay_as_written(tmp_path: Path) -> None:
    assert loaded(tmp_path, service("    labels: {on: x, off: y}\n")).services[0].labels == {"on": "x", "off": "y"}


def test_a_block_of_prometheus_gets_the_types_of_yaml_1_2(tmp_path: Path) -> None:
    text = SMALLEST + "prometheus: {extra: {a: true, b: 'true', c: 5, d: 1.5, e: on, f: 22:22, g: null, h: 0o7}}\n"
    extra = loaded(tmp_path, text).prometheus.extra
    assert extra == {"a": True, "b": "true", "c": 5, "d": 1.5, "e": "on", "f": "22:22", "g": None, "h": "0o7"}
