"""Settings of an HTTP client in the operator's words: logins, TLS and proxies, with their secrets in a Secret."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from stackctl.source import Attached, Secret

# What of a `tls_config` is a reference in the operator's.
_TLS_CONTENT = ("ca", "cert", "key")
# Fields of the HTTP client that `client` knows; those spelled alike in all objects, and those that are blocks.
_PLAIN = ("proxy_url", "no_proxy", "proxy_from_environment")
FIELDS = frozenset({"basic_auth", "authorization", "oauth2", "tls_config", "proxy_connect_header", *_PLAIN})


@dataclass
class SecretKeys:
    """Collects the contents of the Secret `name`, whose keys begin with `prefix`, as they are referred to."""

    name: str
    prefix: str = ""
    data: dict[str, str] = field(default_factory=dict)

    def reference(self, key: str, value: Any) -> dict[str, str]:
        """The reference to `value`, which becomes the content of a key."""
        full = f"{self.prefix}{key}"
        self.data[full] = _text(value)
        return {"name": self.name, "key": full}

    def below(self, part: str) -> SecretKeys:
        """The keys of a block of a block, in the same Secret."""
        return SecretKeys(self.name, f"{self.prefix}{part}-", self.data)


def camel(name: str) -> str:
    """A field of Prometheus in the operator's spelling: `source_labels` is `sourceLabels` there."""
    return re.sub(r"_(\w)", lambda match: match[1].upper(), name)


def camel_keys(block: Mapping[str, Any]) -> dict[str, Any]:
    """A block in the operator's spelling, such as a step of relabelling."""
    return {camel(key): value for key, value in block.items()}


def client(block: Mapping[str, Any], keys: SecretKeys) -> dict[str, Any]:
    """The fields of the HTTP client in `block`, a scrape_config or the like."""
    auth, oauth2 = block.get("basic_auth"), block.get("oauth2")
    fields = {
        "basicAuth": _references(auth, ("username", "password"), keys) if auth else None,
        "authorization": _authorization(block.get("authorization"), keys),
        "oauth2": _oauth2(oauth2, keys.below("oauth2")) if oauth2 else None,
        "tlsConfig": _tls(block.get("tls_config") or {}, keys),
        "proxyConnectHeader": _headers(block.get("proxy_connect_header") or {}, keys.below("proxy")),
        **{camel(name): block.get(name) for name in _PLAIN},
    }
    return {key: value for key, value in fields.items() if value or value is False}


def _references(block: Mapping[str, Any], names: tuple[str, ...], keys: SecretKeys) -> dict[str, Any]:
    """References to the values of `names`, which may be in files."""
    return {
        name: keys.reference(name, block.get(name, block.get(f"{name}_file")))
        for name in names
        if name in block or f"{name}_file" in block
    }


def _authorization(block: Mapping[str, Any] | None, keys: SecretKeys) -> dict[str, Any] | None:
    if block is None:
        return None
    return {"type": block.get("type", "Bearer"), **_references(block, ("credentials",), keys)}


def _oauth2(block: Mapping[str, Any], keys: SecretKeys) -> dict[str, Any]:
    references = _references(block, ("client_id", "client_secret"), keys)
    fields = {
        "clientId": {"secret": references["client_id"]} if "client_id" in references else None,
        "clientSecret": references.get("client_secret"),
        "tokenUrl": block.get("token_url"),
        "scopes": block.get("scopes"),
        "endpointParams": block.get("endpoint_params"),
        **client({key: value for key, value in block.items() if key in FIELDS - {"oauth2"}}, keys),
    }
    return {key: value for key, value in fields.items() if value or value is False}


def _tls(block: Mapping[str, Any], keys: SecretKeys) -> dict[str, Any]:
    """The operator's own form of `tls_config`, in which a key is a reference, and a certificate may be one."""
    references = _references(block, _TLS_CONTENT, keys)
    files = {
        "keySecret" if key == "key" else key: value if key == "key" else {"secret": value}
        for key, value in references.items()
    }
    content = {*_TLS_CONTENT, *(f"{key}_file" for key in _TLS_CONTENT)}
    return files | camel_keys({key: value for key, value in block.items() if key not in content})


def _headers(block: Mapping[str, Any], keys: SecretKeys) -> dict[str, Any]:
    """Headers of a proxy: a list of references each."""
    return {
        name: [keys.reference(f"{name}-{index}", value) for index, value in enumerate(values)]
        for name, values in block.items()
    }


def _text(value: Any) -> str:
    if isinstance(value, Secret):
        return value.reveal()
    return value.content.strip() if isinstance(value, Attached) else str(value)
