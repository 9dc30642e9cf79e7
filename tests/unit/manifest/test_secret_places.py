"""Places of secrets are known before the schema is."""

from __future__ import annotations

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from stackctl.manifest.secret_places import begins_with_secret_key, is_never_secret, is_secret
from tests.unit.manifest.test_no_secret_shown import LOGINS, PLACES, QUERIES


@pytest.mark.parametrize("place", PLACES)
def test_the_places_are_known_before_the_schema_is(place: str) -> None:
    lines, _, key = PLACES[place]
    above = [line.strip(" -:") for line in lines.splitlines() if line.endswith(":")]
    assert place in LOGINS | QUERIES or is_secret((*above, key), "some-value")


_WORDS = [
    "groups",
    "rules",
    "expr",
    "labels",
    "annotations",
    "containers",
    "services",
    "api",
    "run",
    "docker",
    "env",
    "environment",
    "command",
    "args",
    "extra",
    "extra_env",
    "grafana",
    "security",
    "admin_password",
    "admin",
    "password",
    "webhook",
    "webhook_configs",
    "url",
    "headers",
    "http_headers",
    "basic_auth",
    "params",
    "__param_token",
    "secureJsonData",
    "containers",
    "email",
    "files",
    "secrets",
    "alertmanager",
    "receivers",
    "token",
    "passwrod",
    "name",
    "metrics",
]
_PATHS = st.lists(st.sampled_from(_WORDS) | st.just(0), max_size=6).map(tuple)
_VALUES = st.sampled_from(
    ("", "x", "password: hunter2", "token x", "--password=hunter2", "PASSWORD=hunter2", "http://a:b@c", "1", "true")
)


@settings(max_examples=300)
@given(_PATHS, _VALUES, st.booleans())
@example(("env", "groups", 0), "http://a:b@c", False)
def test_nothing_is_secret_where_no_value_is(path: tuple[str | int, ...], value: str, mapping: bool) -> None:
    assume(is_never_secret(path, mapping=mapping))
    assert not is_secret(path, value, mapping=mapping)
    assert not begins_with_secret_key(path, value)


def test_texts_of_a_rule_are_never_secret() -> None:
    assert is_never_secret(("groups", 0, "rules", 0, "expr"))
    assert not is_never_secret(("alertmanager", "receivers", "team", "webhook", "url"))


def test_names_of_secrets_in_a_compose_file_are_not_secret() -> None:
    assert not is_secret(("secrets",), mapping=True)
    assert not is_secret(("services", "app", "secrets"))
    assert is_secret(("services", "app", "http_headers", "X-Key", "secrets"))


def test_switch_of_a_datasource_is_not_secret() -> None:
    assert not is_secret(("grafana", "datasources", 0, "basicAuth"), "false")
    assert is_secret(("grafana", "datasources", 0, "secureJsonData", "basicAuthPassword"), "x")
