"""Service discovery in the operator's words."""

from __future__ import annotations

from typing import Any

import pytest

from stackctl.export.kubernetes.clients import SecretKeys
from stackctl.export.kubernetes.discovery import discovered, unknown_fields, unknown_kinds
from stackctl.source import Attached, Secret

CASES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (
        {"dns_sd_configs": [{"names": ["a", "a"], "type": "A", "port": 80, "refresh_interval": "5s"}]},
        {"dnsSDConfigs": [{"names": ["a"], "type": "A", "port": 80, "refreshInterval": "5s"}]},
    ),
    (
        {"http_sd_configs": [{"url": "http://x", "enable_http2": False, "follow_redirects": False}]},
        {"httpSDConfigs": [{"url": "http://x", "enableHTTP2": False, "followRedirects": False}]},
    ),
    (
        {
            "consul_sd_configs": [
                {
                    "token": Secret("s3cret-1"),
                    "scheme": "https",
                    "datacenter": "",
                    "tags": ["a", "a"],
                    "node_meta": {"a_b": "c"},
                }
            ]
        },
        {
            "consulSDConfigs": [
                {
                    "server": "localhost:8500",
                    "tokenRef": {"name": "api-scrape", "key": "consul-0-token"},
                    "scheme": "HTTPS",
                    "tags": ["a"],
                    "nodeMeta": {"a_b": "c"},
                }
            ]
        },
    ),
    (
        {
            "kubernetes_sd_configs": [
                {
                    "role": "endpointslice",
                    "namespaces": {"own_namespace": True, "names": ["a", "a"]},
                    "selectors": [{"role": "pod", "label": "a=b"}],
                }
            ]
        },
        {
            "kubernetesSDConfigs": [
                {
                    "role": "EndpointSlice",
                    "namespaces": {"ownNamespace": True, "names": ["a"]},
                    "selectors": [{"role": "Pod", "label": "a=b"}],
                }
            ]
        },
    ),
    (
        {
            "static_configs": [{"targets": ["x:1", "x:1"], "labels": {"a": 1}}],
            "file_sd_configs": [{"files": [Attached("t.json", '[{"targets": ["y:1"]}]', False)]}],
        },
        {"staticConfigs": [{"targets": ["x:1"], "labels": {"a": "1"}}, {"targets": ["y:1"]}]},
    ),
]


@pytest.mark.parametrize(("discovery", "fields"), CASES, ids=[next(iter(case[0])) for case in CASES])
def test_discovery_is_in_the_operators_words(discovery: Any, fields: Any) -> None:
    assert discovered(discovery, SecretKeys("api-scrape")) == fields
    assert unknown_kinds(discovery) == unknown_fields(discovery) == []


def test_reports_what_it_does_not_know() -> None:
    discovery = {"ec2_sd_configs": [{"region": "x"}], "dns_sd_configs": [{"names": ["a"], "new": 1}, {"new": 2}]}
    assert unknown_kinds(discovery) == ["ec2_sd_configs"]
    assert unknown_fields(discovery) == ["dns_sd_configs.new"]
