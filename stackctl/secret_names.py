"""Names of the user's own, of headers, parameters and variables: which of them say that their values are secret."""

from __future__ import annotations

import re
from functools import lru_cache

# What such a name ends with.
_LAST_WORDS = (
    # Redis' own words are among them.
    "requirepass|masterauth|pass|passwd|passwords?|passphrase|secrets?|tokens?|credentials?|creds|connstr|connection[-_]?string|dsn|cookie|auth|authorization|"
    "signature|sig|jwt|salt|api[-_]?key|app[-_]?key|license[-_]?text|"
    "(?:access|account|encryption|license|private|secret|service|shared|signing|write)[-_]?key"
)
_SECRET_NAME = re.compile(rf"(?:^|.*[-_.]|.*[a-z](?=[A-Z]))(?:{_LAST_WORDS}|key|pwd|pw)", re.IGNORECASE)
_SECRET_WITHIN = re.compile(r"(?:^|[-_.[])(?:password|passwd|secret|token|private[-_]?key)(?:$|[-_.\]])", re.IGNORECASE)
# Values that are not secret whatever their name says: switches, numbers, durations.
_SETTING = re.compile(r"|true|false|[0-9]+(\.[0-9]+)?(ms|[smhdwy])?", re.IGNORECASE)
# What leads to a secret, or belongs to one, and is none.
_LEADS_TO_SECRET = re.compile(r".*[-_](dir|file|files|hint|id|name|path|type|ttl|uri|url)", re.IGNORECASE)


@lru_cache(maxsize=10_000)
def sounds_secret(name: str) -> bool:
    """Return whether a name, of a parameter or a variable, is that of a secret."""
    return not _LEADS_TO_SECRET.fullmatch(name) and bool(_SECRET_NAME.fullmatch(name) or _SECRET_WITHIN.search(name))


def is_setting(name: str, value: str) -> bool:
    """Return whether the value of a variable with a secret's name is only a setting: a switch or a number."""
    return bool(_SETTING.fullmatch(value)) and not _SECRET_NAME.fullmatch(name)
