"""Places of the manifest that hold secrets, by their paths: known before the schema says whether the rest is right."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cache, lru_cache
from itertools import accumulate

from stackctl import redaction, secret_keys
from stackctl.components import registry
from stackctl.manifest.compose_places import is_in_compose
from stackctl.runtimes import registry as runtimes
from stackctl.secret_fields import FIELDS
from stackctl.secret_names import is_setting, sounds_secret

Path = tuple[str | int, ...]

# Mappings whose keys are the user's own words, for what everybody may see.
_PUBLIC = frozenset(
    {"annotations", "equal", "examples", "external_labels", "grouping", "inhibit", "labels", "match", "match_re",
     "matchers", "metrics", "overview", "rules", "slo", "states", "times", "when", "with"}
)  # fmt: skip
# Mappings of environment variables.
_ENVIRONMENTS = frozenset({"args", "env", "environment", "extra_env"})
# What a service is run with holds programs' own words, wherever: commands, tests of health, labels, build arguments.
_COMMANDS = frozenset({"command", "entrypoint"})
# A name with its value, as variables, options, headers and the keywords of database drivers are written.
_ASSIGNED = re.compile(
    r"(?<![\w.])(?:-{0,2}([A-Za-z][\w.-]{0,64})[\"']?\s{0,4}[=:]|--?([A-Za-z][\w.-]{0,64})(?:[=:]|(?=\s)))\s{0,4}[\"']?"
    r"(?:(?:Basic|Bearer|Token|ApiKey|Digest)\s+)?([^\s\"';,&{}]{1,4096})"
)
_OPTION = re.compile(r"--?([A-Za-z][\w.-]*)")
# What the shell or Compose fills in.
_REFERENCE = re.compile(r"\$+[A-Za-z_({].*", re.DOTALL)
# Options of one letter whose value is a secret, by the programs that tests of health call.
_LETTER = re.compile(
    r"\b(?:mysql|mariadb)[\w-]*\b.{0,400}?\s-p(\S+)|\bredis-cli\b.{0,400}?\s-a\s+(\S+)|\bldap\w+\b.{0,400}?\s-w\s+(\S+)"
    r"|\bcurl\b.{0,400}?\s(?:-u\s*|--user[ =])\S*?:(\S+)|\b(?:mongo\w*|rabbitmqadmin|sshpass)\b.{0,400}?\s-p\s*(\S+)",
    re.DOTALL,
)
# The hash of a password, which can be guessed from it; in Compose each dollar is written twice.
_HASH = re.compile(r"\${1,2}(?:apr1|2[abxy]|[156y]|argon2\w*)\${1,2}\S{8,}")
# Labels with these names set the parameters of a scrape.
_PARAMETER_LABEL = "__param_"
# Settings of grafana.ini, by section and key.
_GRAFANA_INI = ("grafana", "extra")
# Of a datasource of Grafana, the mapping whose values are all secret.
_SECURE = "secureJsonData"
# Our own mappings that hold secrets, and those of requests.
_OWN = frozenset({"admin", "auth", "headers", "params", _SECURE})
_FIRST_KEY = re.compile(r"[ \t-]*[\"']?([\w.-]{1,128})[\"']?\s*:(?:\s|$)")
_KEY_WITHIN = re.compile(r"(?<![\w.-])([\w.-]{1,128})[\"']?\s*[:=]\s*(?=\S|$)")
# As much of a line is looked at, where no place of a value is known; the rest is not shown.
_LOOKED_AT = 1024
# A key whose colon is missing.
_BARE_KEY = re.compile(r"[ \t-]*([A-Za-z_][\w.-]*)[ \t]+(?=\S)")
# Alertmanager's words for integrations where ours differ.
_SECTIONS = {"teams": "msteamsv2_configs"}
# What a key that only sounds like one of a secret has, like Grafana's `basicAuth`.
_SWITCHES = frozenset({"true", "false"})
_WEBHOOKS = frozenset({"webhook", "webhook_configs"})
# A webhook on the user's own machine or network, without a login or a query, reveals nothing.
_LOCAL_URL = re.compile(r"https?://(localhost|127(\.\d+){3}|\[::1\]|[a-z0-9_-]+)(:\d+)?(/[^?]*)?", re.IGNORECASE)


def is_secret(path: Path, value: str | None = "", *, mapping: bool = False) -> bool:
    """Return whether what is at `path` of the manifest is secret: a text `value`, a `mapping`, or a list."""
    words = [part for part in path if isinstance(part, str)]
    if not words:
        return False
    if words[-1].startswith(_PARAMETER_LABEL):
        return is_secret_label(words[-1])
    if _PUBLIC & {*words[:-1]} and "extra" not in words and not _is_run(path):
        return False
    key, owner = words[-1], words[-2] if len(words) > 1 else ""
    if words in (["secrets"], ["services", owner, "secrets"]):
        return False  # names and files of the secrets of a Compose file
    if "http_headers" in words[:-1] or secret_keys.holds_headers(owner):
        return not mapping and _is_header(words, key)
    if secret_keys.holds_parameters(owner):
        return sounds_secret(key)
    if path[:2] == _GRAFANA_INI and len(words) == 4:
        return secret_keys.is_secret_variable(f"{owner}_{key}", value or "")
    if owner == _SECURE:
        return not mapping
    if owner in _ENVIRONMENTS:
        return secret_keys.is_secret_variable(key, value or "")
    if _holds_arguments(path) and value and assigned(path, value):
        return True
    if _is_run(path):
        return sounds_secret(key) and key != "secrets"  # which are the names of Compose's secrets
    if owner in _WEBHOOKS and key == "url":
        return not (value and _LOCAL_URL.fullmatch(value))
    if secret_keys.is_open(section(owner), key):
        return False
    return (
        secret_keys.is_secret(owner, key)
        or secret_keys.is_secret(section(owner), key)
        or (not mapping and value not in _SWITCHES and _is_probably(key))
    )


@lru_cache(10_000)
def is_never_secret(path: Path, *, mapping: bool = False) -> bool:
    """Return whether what is at a path, with 0 for every number in it, is not secret whatever text it is.

    It is asked for each value of all files, whose paths are few but for the numbers.
    """
    # An item of a list has the owner of its list.
    near = {*[each for each in path if isinstance(each, str)][-2:]}
    depends = path[:2] == _GRAFANA_INI or near & (_ENVIRONMENTS | _WEBHOOKS) or _holds_arguments(path)
    if depends or _may_own(path):
        return False
    return not is_secret(path, mapping=mapping)


def begins_with_secret_key(path: Path, value: str) -> bool:
    """Return whether a text is where a mapping should be, and is the key of a secret and its value: `password x`."""
    match = re.match(r"([A-Za-z_][\w.-]*)[\"']?(?:[:=]|\s)\s*\S", value)
    return match is not None and _may_own(path) and is_secret((*path, match[1]))


def _may_own(path: Path) -> bool:
    """Return whether a mapping at `path` may hold secrets by its keys. An exporter may have any name."""
    if not path:
        return False
    return path[-1] in _owners() or _is_run(path) or (path[0] == "exporters" and len(path) == 2)


@cache
def _owners() -> frozenset[str | int]:
    """The keys of mappings that may hold secrets by their keys."""
    known = {owner for _, owner, *_ in FIELDS if owner != "*"}
    exporters = (each.name for each in registry.exporters() if each.holds_secrets)
    return frozenset(
        {*known, *(each.removesuffix("_configs") for each in known), *_ENVIRONMENTS, *_SECTIONS, *_OWN, *exporters}
    )


def is_secret_label(name: str) -> bool:
    """Return whether a label is one that sets a secret parameter of a scrape."""
    return name.startswith(_PARAMETER_LABEL) and sounds_secret(name.removeprefix(_PARAMETER_LABEL))


def lists_texts(path: Path) -> bool:
    """Return whether the items of a list at `path` are arguments, or variables with their values."""
    return bool(path) and _holds_arguments(path)


def arguments_with_secrets(path: Path, arguments: list[str]) -> set[int]:
    """Return the arguments at `path` that are the secret values of options before them."""
    if not lists_texts(path) or path[-1] in _ENVIRONMENTS:
        return set()
    options = (_OPTION.fullmatch(each) for each in arguments)
    found = {at for at, match in enumerate(options, 1) if match and sounds_secret(match[1])}
    line = " ".join(arguments)
    begins = [0, *accumulate(len(each) + 1 for each in arguments)]
    return found | {bisect_right(begins, match.start(match.lastindex or 0)) - 1 for match in _LETTER.finditer(line)}


def assigned(path: Path, value: str) -> list[str]:
    """The secrets that a text of what a service is run with sets: `NAME=secret`, `--name secret`, `Name: secret`."""
    if not _holds_arguments(path):
        return []
    if any(part in _ENVIRONMENTS for part in path[-2:]):
        name, sign, text = value.partition("=")
        return [text] if sign and text and secret_keys.is_secret_variable(name, text) else []
    found = [
        match[3]
        for match in _ASSIGNED.finditer(value)
        if sounds_secret(name := match[1] or match[2]) and not is_setting(name, match[3])
    ]
    found += [match[match.lastindex or 0] for match in _LETTER.finditer(value)]
    # Of a variable in braces only its dollar is found.
    return (
        [each for each in found if each.strip("$") and not _REFERENCE.fullmatch(each)]
        + _HASH.findall(value)
        + redaction.telling(value)
    )


def _is_run(path: Path) -> bool:
    """Return whether `path` is in what something is run with: a container, or `run` of a service."""
    if is_in_compose(path):
        return True
    return any(path[at] == "run" and path[at + 1] in runtimes.NAMES for at in range(len(path) - 1))


def _holds_arguments(path: Path) -> bool:
    return _is_run(path) or any(part in _COMMANDS or part in _ENVIRONMENTS for part in path[-2:])


def is_local_url(value: str) -> bool:
    """Return whether the URL of a webhook gives nothing away."""
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
    """Return whether a key is a slip for that of a secret, or sounds like one."""
    return sounds_secret(key) or _is_slip(key)


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
    return frozenset(
        {*files, "api_url", "api_url_file", "authorization", "basicAuth", "client_id", "credential", "passive"}
    )


def section(owner: str) -> str:
    """The key under which Alertmanager has the configurations of an integration."""
    return _SECTIONS.get(owner, f"{owner}_configs")


def hidden_from(line: str, above: Path) -> int | None:
    """The column from which a line of a text that is no YAML may hold a secret; None when it holds none.

    `above` are the keys of the mappings around it, as far as they are known.
    """
    if len(line) > _LOOKED_AT:
        start = hidden_from(line[:_LOOKED_AT], above)
        return _LOOKED_AT if start is None else start
    around = above
    bare = _BARE_KEY.match(line)
    if bare and is_secret((*above, bare[1])):
        return bare.end()
    if bare and line.startswith(("{", "["), bare.end()):
        around = (*above, bare[1])
    label = re.search(rf"{_PARAMETER_LABEL}[\w-]+", line)
    if label and is_secret_label(label[0]):
        return label.end()
    words = re.sub(r"[\[\],\"']", " ", line)
    if lists_texts(above) and assigned(above, words):
        return len(line) - len(line.lstrip(" -"))
    for match in _KEY_WITHIN.finditer(line):
        inside = (*around, match[1])
        if is_secret(inside, words[match.end() :]) or secret_keys.is_secret_variable(match[1], ""):
            return match.end()
        around = inside if line.startswith(("{", "[{"), match.end()) else around
    found = redaction.spans(line)
    return min(found)[0] if found else None


def first_key(line: str) -> str:
    """The key with which a line of a text that is no YAML begins; without one, a value from above goes on in it."""
    match = _FIRST_KEY.match(line)
    return match[1] if match else ""
