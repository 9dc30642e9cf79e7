"""Which places of the manifest hold secrets, by their paths: known before the schema says whether the rest is right."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from stackctl import redaction, secret_keys

Path = tuple[str | int, ...]

# Mappings whose keys are the user's own words, for what everybody may see.
_PUBLIC = frozenset(
    {"annotations", "equal", "examples", "external_labels", "grouping", "inhibit", "labels", "match", "match_re",
     "matchers", "metrics", "overview", "rules", "slo", "states", "times", "when", "with"}
)  # fmt: skip
# Mappings of environment variables.
_ENVIRONMENTS = frozenset({"args", "env", "environment", "extra_env"})
# Where a program's arguments are: a secret may follow an option.
_COMMANDS = frozenset({"command", "entrypoint"})
_OPTION = re.compile(r"(?:^|\s)--?([A-Za-z][\w.-]*)[= ](\S+)")
# Alertmanager's words for integrations where ours differ.
_SECTIONS = {"teams": "msteamsv2_configs"}
_WEBHOOKS = frozenset({"webhook", "webhook_configs"})
# A webhook on the user's own machine or network, without a login or a query, tells nothing.
_LOCAL_URL = re.compile(r"https?://(localhost|127(\.\d+){3}|\[::1\]|[a-z0-9_-]+)(:\d+)?(/[^?]*)?", re.IGNORECASE)


def is_secret(path: Path, value: str | None = "", *, mapping: bool = False) -> bool:
    """Whether what is at `path` of the manifest is secret: a text `value`, a `mapping`, or a list."""
    words = [part for part in path if isinstance(part, str)]
    if not words or (_PUBLIC & {*words[:-1]} and "extra" not in words):
        return False
    key, owner = words[-1], words[-2] if len(words) > 1 else ""
    if "http_headers" in words[:-1] or secret_keys.holds_headers(owner):
        return not mapping and _is_header(words, key)
    if secret_keys.holds_parameters(owner):
        return secret_keys.sounds_secret(key)
    if key in _ENVIRONMENTS or key in _COMMANDS:
        return bool(value and assigned(path, value))
    if owner in _ENVIRONMENTS:
        return secret_keys.is_secret_variable(key, value or "")
    if owner in _WEBHOOKS and key == "url":
        return not (value and _LOCAL_URL.fullmatch(value))
    if secret_keys.is_open(section(owner), key):
        return False
    return (
        secret_keys.is_secret(owner, key)
        or secret_keys.is_secret(section(owner), key)
        or (not mapping and _is_probably(key))
    )


def lists_texts(path: Path) -> bool:
    """Whether the items of a list at `path` are arguments, or variables with their values."""
    return bool(path) and (path[-1] in _COMMANDS or path[-1] in _ENVIRONMENTS)


def is_option(path: Path, text: str) -> bool:
    """Whether a text in a command is an option whose value follows, and is secret."""
    match = re.fullmatch(r"--?([A-Za-z][\w.-]*)", text)
    return bool(path and path[-1] in _COMMANDS and match and secret_keys.sounds_secret(match[1]))


def assigned(path: Path, value: str) -> list[str]:
    """The secrets that a text sets, as `NAME=secret` in an environment or `--name=secret` in a command."""
    key = next((part for part in reversed(path) if isinstance(part, str)), "")
    if key in _ENVIRONMENTS:
        name, sign, text = value.partition("=")
        return [text] if sign and text and secret_keys.is_secret_variable(name, text) else []
    if key not in _COMMANDS:
        return []
    found = [text for name, text in _OPTION.findall(value) if secret_keys.sounds_secret(name)]
    return found + redaction.passwords(value)


def is_local_url(value: str) -> bool:
    """Whether the URL of a webhook gives nothing away."""
    return bool(_LOCAL_URL.fullmatch(value))


def _is_header(words: list[str], key: str) -> bool:
    """Headers of requests; those of a mail are read by people."""
    if "email" in words or "email_configs" in words:
        return False
    if "http_headers" not in words:
        return secret_keys.is_secret_header(key)
    if key in ("files", "http_headers"):
        return False
    name = words[words.index("http_headers") + 1]
    return key == "secrets" or secret_keys.is_secret_header(name)


def _is_probably(key: str) -> bool:
    """Whether a key is a slip for that of a secret, or sounds like one."""
    return secret_keys.sounds_secret(key) or _is_slip(key)


@lru_cache(maxsize=10_000)
def _is_slip(key: str) -> bool:
    from difflib import get_close_matches

    return (
        len(key) > 3
        and key not in _lookalikes()
        and bool(get_close_matches(key, {*secret_keys.secret_keys(), "token"}, 1, 0.8))
    )


@cache
def _lookalikes() -> frozenset[str]:
    """Keys that look like those of secrets, and are known to be none."""
    files = {f"{key}_file" for key in secret_keys.secret_keys()}
    return frozenset({*files, "api_url", "api_url_file", "authorization", "client_id", "credential", "passive"})


def section(owner: str) -> str:
    """The key under which Alertmanager has the configurations of an integration."""
    return _SECTIONS.get(owner, f"{owner}_configs")


def hidden_from(line: str, above: Path) -> int | None:
    """The column from which a line of a text that is no YAML may hold a secret; None when it holds none.

    `above` are the keys of the mappings around it, as far as they are known.
    """
    around = above
    for match in re.finditer(r"([\w.-]+)[\"']?\s*[:=]\s*(?=\S|$)", line):
        if is_secret((*around, match[1])) or secret_keys.is_secret_variable(match[1], ""):
            return match.end()
        around = (*around, match[1]) if line[match.end() :].startswith("{") else around
    found = redaction.spans(line)
    return min(found)[0] if found else None
