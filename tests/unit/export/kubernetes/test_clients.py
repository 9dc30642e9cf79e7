"""Logins, TLS and proxies in the operator's words, with every secret as a reference."""

from __future__ import annotations

from typing import Any

import pytest

from stackctl.export.kubernetes.clients import SecretKeys, camel, client
from stackctl.source import Attached, Secret


def reference(key: str) -> dict[str, str]:
    return {"name": "api-scrape", "key": key}


CASES: list[tuple[dict[str, Any], dict[str, Any], dict[str, str]]] = [
    (
        {"basic_auth": {"username": "me", "password": Secret("s3cret-1")}},
        {"basicAuth": {"username": reference("username"), "password": reference("password")}},
        {"username": "me", "password": "s3cret-1"},
    ),
    (
        {"authorization": {"type": "Token", "credentials_file": Attached("token", "s3cret-2\n", True)}},
        {"authorization": {"type": "Token", "credentials": reference("credentials")}},
        {"credentials": "s3cret-2"},
    ),
    (
        {"authorization": {"credentials": "x"}},
        {"authorization": {"type": "Bearer", "credentials": reference("credentials")}},
        {"credentials": "x"},
    ),
    (
        {"tls_config": {"ca": "CA", "key": Secret("KEY"), "insecure_skip_verify": False, "min_version": "TLS12"}},
        {
            "tlsConfig": {
                "ca": {"secret": reference("ca")},
                "keySecret": reference("key"),
                "insecureSkipVerify": False,
                "minVersion": "TLS12",
            }
        },
        {"ca": "CA", "key": "KEY"},
    ),
    (
        {
            "oauth2": {
                "client_id": "me",
                "client_secret": Secret("s3cret-3"),
                "token_url": "http://t",
                "tls_config": {"ca": "CA"},
            }
        },
        {
            "oauth2": {
                "clientId": {"secret": reference("oauth2-client_id")},
                "clientSecret": reference("oauth2-client_secret"),
                "tokenUrl": "http://t",
                "tlsConfig": {"ca": {"secret": reference("oauth2-ca")}},
            }
        },
        {"oauth2-client_id": "me", "oauth2-client_secret": "s3cret-3", "oauth2-ca": "CA"},
    ),
    (
        {"proxy_url": "http://p", "proxy_connect_header": {"X-Key": [Secret("s3cret-4")]}},
        {"proxyUrl": "http://p", "proxyConnectHeader": {"X-Key": [reference("proxy-X-Key-0")]}},
        {"proxy-X-Key-0": "s3cret-4"},
    ),
    ({"params": {"a": ["b"]}}, {}, {}),
]


@pytest.mark.parametrize(
    ("block", "fields", "secrets"), CASES, ids=[next(iter(case[0])) + str(at) for at, case in enumerate(CASES)]
)
def test_block_has_references_in_place_of_secrets(block: Any, fields: Any, secrets: Any) -> None:
    keys = SecretKeys("api-scrape")
    assert client(block, keys) == fields
    assert keys.data == secrets


def test_spelling_is_the_operators() -> None:
    assert camel("label_name_length_limit") == "labelNameLengthLimit"
