"""Secrets in clear text move to variables with names that are free, and lines that Compose reads as the same."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from stackctl.adopt.secrets import Secrets, env_line
from stackctl.adopt.source import Source
from stackctl.manifest.env_file import read_env
from stackctl.manifest.problems import Problems
from tests.unit.adopt.setups import adopted, compose, jobs


def test_equal_secrets_share_a_variable() -> None:
    secrets = Secrets({})
    assert secrets.moved("notareal1", "api key", None) == secrets.moved("notareal1", "api key", None) == "${API_KEY}"
    assert secrets.found == {"API_KEY": "notareal1"}


def test_name_that_is_taken_gets_a_number() -> None:
    secrets = Secrets({"API_KEY": "another"})
    assert secrets.moved("notareal1", "api_key", None) == "${API_KEY_2}"


def test_variable_with_the_same_value_is_used(tmp_path: object) -> None:
    secrets = Secrets({"API_KEY": "notareal1"})
    assert secrets.moved("notareal1", "api_key", None) == "${API_KEY}"
    assert secrets.found == {}


@pytest.mark.parametrize("value", ["", "${NAME}", "${NAME:-x}", "https://u:${NAME}@host", "https://${HOST:-localhost}"])
def test_what_is_no_secret_in_clear_text_stays(value: str) -> None:
    assert Secrets({}).moved(value, "x", None) == value


def test_dollar_signs_that_are_no_reference_are_part_of_a_secret() -> None:
    secrets = Secrets({})
    assert secrets.moved("a$${NAME}b", "x", None) == "${X}"
    assert secrets.found == {"X": "a$${NAME}b"}


def test_secret_that_a_server_hides_is_to_be_filled_in() -> None:
    secrets = Secrets({})
    assert secrets.moved("<secret>", "token", None) == "${TOKEN}"
    assert secrets.moved("<secret>", "token", None) == "${TOKEN_2}"
    assert secrets.found == {"TOKEN": "", "TOKEN_2": ""}
    assert "does not tell" in secrets.remarks[0].summary


@given(st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), min_size=1))
def test_line_of_the_file_reads_back_as_the_secret(value: str) -> None:
    assert read_env(env_line("NAME", value), ".env", {}, Problems(), Problems()) == {"NAME": value}


def test_secret_that_is_a_number_moves_too() -> None:
    source, secrets = Source("a.yml"), Secrets({})
    block = {"basic_auth": {"username": "a", "password": 123123123}, "sample_limit": 5, "follow_redirects": True}
    moved = {**block, "basic_auth": {"username": "a", "password": "${JOB_PASSWORD}"}}
    assert secrets.block(block, source, (), "", "job") == moved
    assert secrets.found == {"JOB_PASSWORD": "123123123"}


def test_variable_that_a_script_fills_in_is_no_secret() -> None:
    secrets = Secrets({})
    assert secrets.moved("$SLACK_URL", "x", None) == "${SLACK_URL}"
    assert secrets.found == {}


@pytest.mark.parametrize(("key", "is_moved"), [("token", True), ("api_key", True), ("module", False), ("auth", False)])
def test_secret_parameter_of_a_scrape_moves(key: str, is_moved: bool) -> None:
    secrets = Secrets({})
    block = {"params": {key: ["notareal1"]}}
    moved = secrets.block(block, Source("a.yml"), (), "", "job")
    assert moved == ({"params": {key: [f"${{JOB_{key.upper()}}}"]}} if is_moved else block)


RECEIVER = """
route: {receiver: a}
receivers: [{name: a, pagerduty_configs: [{routing_key_file: /run/secrets/key}]}]
"""


@pytest.mark.parametrize(
    ("secret", "key", "is_asked"),
    [
        ("{environment: PAGER}", {"routing_key": "${PAGER}"}, False),
        ("{external: true}", {"routing_key": "${ALERTMANAGER_A_ROUTING_KEY}"}, True),
        ("{file: ./key}", {"routing_key_file": "key"}, False),
    ],
)
def test_secret_in_a_file_of_the_container_is_a_variable(
    tmp_path: Path, secret: str, key: dict[str, str], is_asked: bool
) -> None:
    whole = yaml.safe_load(
        compose(
            "alerts: {image: 'prom/alertmanager:v0.28.1', secrets: [key],"
            " volumes: ['./alertmanager.yml:/etc/alertmanager/alertmanager.yml']}"
        )
    )
    whole["secrets"] = {"key": yaml.safe_load(secret)}
    job = jobs("{job_name: a, static_configs: [{targets: ['a:1']}]}")
    made = adopted(tmp_path, prometheus=job, compose=json.dumps(whole), alertmanager=RECEIVER, key="notareal1")
    receiver = made.manifest["alertmanager"]["receivers"]["a"]["pagerduty"]
    assert {name: value for name, value in receiver.items() if name.startswith("routing_key")} == key
    assert ("ALERTMANAGER_A_ROUTING_KEY" in made.variables) == is_asked
