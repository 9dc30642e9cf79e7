"""The one table of secrets: which keys of which product are secret, and how the product reads them from a file.

The fields of Prometheus and Alertmanager come from their sources (`secret_fields`, a test compares its version with the
default images'). What is below is what no type says: headers, parameters, URLs, and the environment.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache

from stackctl import redaction, secret_names
from stackctl.secret_fields import FIELDS, VERSIONS
from stackctl.source import Secret

Version = tuple[int, ...]

# Headers that everybody may see.
_OPEN_HEADERS = frozenset(
    {"accept", "accept-encoding", "accept-language", "cache-control", "content-type", "from", "host", "subject", "to",
     "user-agent", "x-scope-orgid", "x-prometheus-remote-write-version"}
)  # fmt: skip
# The mappings whose values are headers, and those whose values are parameters of a request.
_HEADERS = frozenset({"headers", "http_headers", "proxy_connect_header"})
_PARAMETERS = frozenset({"params", "endpoint_params"})

# What has the name of a secret and is none: the address of a service, the name of a route.
_OPEN = {
    *(
        (f"{name}_configs", "api_url")
        for name in ("jira", "opsgenie", "pushover", "telegram", "victorops", "webex", "wechat")
    ),
    ("victorops_configs", "routing_key"),
}
# Secret keys whose names are too common to mean it elsewhere.
_COMMON = frozenset({"key", "secrets", "token", "url"})
# The keys of the manifest's own sections.
_OF_THE_MANIFEST = frozenset({"password", "dsn"})


@cache
def _fields() -> dict[tuple[str, str, str], tuple[Version, Version | None]]:
    return {
        (product, owner, key): (version(since), version(file) if file else None)
        for product, owner, key, since, file in FIELDS
    }


@cache
def secret_keys() -> frozenset[str]:
    """The keys that are secret wherever they are."""
    return frozenset(key for _, _, key, _, _ in FIELDS if key not in _COMMON) | _OF_THE_MANIFEST


@lru_cache(maxsize=10_000)
def is_secret(owner: str, key: str) -> bool:
    """Return whether a key is one of the products' secrets, in the mapping of another program that `owner` names."""
    if (owner, key) in _OPEN:
        return False
    return key in secret_keys() or any((product, owner, key) in _fields() for product in VERSIONS)


def has_file(product: str, owner: str, key: str, image: Version, *, runs_image: bool) -> bool:
    """Return whether the product reads the key from a file that `<key>_file` names.

    `image` is the version of its image, () when that is not known. A program of this machine, which runs when the image
    does not, may be older.
    """
    known, since = _fields().get((product, owner, key)) or _fields().get((product, "*", key)) or ((), None)
    if since is None:
        return False
    oldest, newest = version(VERSIONS[product][0]), version(VERSIONS[product][-1])
    # A binary without the twin of a key that never was without one has no such key either.
    return since <= (image or newest if runs_image else max(oldest, known))


def is_open(owner: str, key: str) -> bool:
    """Return whether a key that has the name of a secret is none in this mapping."""
    return (owner, key) in _OPEN


def is_secret_header(name: str) -> bool:
    """Return whether a header is secret: all but those that are known to be open."""
    return name.lower() not in _OPEN_HEADERS


def holds_headers(key: str) -> bool:
    """Return whether the mapping under a key has headers as its keys."""
    return key in _HEADERS


def holds_parameters(key: str) -> bool:
    """Return whether the mapping under a key has parameters of a request as its keys."""
    return key in _PARAMETERS


def is_secret_variable(name: str, value: str) -> bool:
    """Return whether a variable of an environment is secret: by its name, or because its value says so."""
    if redaction.is_telling(value) or name.upper().endswith("_HEADERS"):
        return True
    return secret_names.sounds_secret(name) and not secret_names.is_setting(name, value)


def with_secrets(env: Mapping[str, str | Secret]) -> dict[str, str | Secret]:
    """Return an environment in which what has the name of a secret is one."""
    return {
        name: Secret(value) if isinstance(value, str) and is_secret_variable(name, value) else value
        for name, value in env.items()
    }


def version(text: str) -> Version:
    """`2.42.0` as numbers."""
    return tuple(int(part) for part in text.split("."))
