"""Blocks that nothing else has checked are reported by their place and shape."""

from __future__ import annotations

from typing import Any

import pytest

from stackctl.export.kubernetes.shapes import misshapen


@pytest.mark.parametrize(
    ("name", "value", "place", "shape"),
    [
        ("dns_sd_configs", 5, "", "a list of mappings"),
        ("dns_sd_configs", [None], "", "a list of mappings"),
        ("dns_sd_configs", [{"names": "x"}], ".names", "a list of values"),
        ("dns_sd_configs", [{"names": ["x", ""]}], ".names", "a list of values"),
        ("static_configs", [{"targets": ["x:1"], "labels": {"a": []}}], ".labels", "a mapping of single values"),
        ("kubernetes_sd_configs", [{"role": ["pod"]}], ".role", "a single value"),
        ("kubernetes_sd_configs", [{"selectors": [{"role": {}}]}], ".selectors.role", "a single value"),
        ("kubernetes_sd_configs", [{"namespaces": {"names": 5}}], ".namespaces.names", "a list of values"),
        ("http_sd_configs", [{"oauth2": {"tls_config": 5}}], ".oauth2.tls_config", "a mapping"),
        ("authorization", {"credentials": None}, ".credentials", "a single value"),
        ("proxy_connect_header", {"a": "b"}, "", "a mapping of lists"),
    ],
)
def test_reports_place_and_shape(name: str, value: Any, place: str, shape: str) -> None:
    assert list(misshapen(name, value, name)) == [(f"{name}{place}", shape)]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("consul_sd_configs", [{"server": "x", "node_meta": {"a": "b"}, "tags": [1]}]),
        ("static_configs", [{"targets": [], "labels": {"a": 1}}]),
        ("oauth2", {"scopes": ["a"], "endpoint_params": {"a": "b"}, "tls_config": {"ca": "x"}}),
        ("proxy_connect_header", {"a": ["b"]}),
    ],
)
def test_accepts_the_usual_shapes(name: str, value: Any) -> None:
    assert list(misshapen(name, value, name)) == []
