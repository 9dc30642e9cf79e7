"""Services of the user are checked by Compose's own schema."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from stackctl.data import data_dir
from stackctl.runtimes.docker.compose_schema import SCHEMA, faults

# Version 2.16.2 of github.com/compose-spec/compose-go/v2.
CHECKSUM = "f266dcbb043229405d7cedd5aec918f9102c2b3d5e3850808fdd8edd564a43ff"


def said(service: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Place, words and remedy of all that is wrong with a service named `api`."""
    found = faults({"services": {"api": service}})
    return [(".".join(map(str, each.path[2:])), each.words, each.remedy) for each in found]


def test_schema_is_the_one_that_was_published() -> None:
    assert hashlib.sha256(data_dir("schemas").joinpath(*SCHEMA).read_bytes()).hexdigest() == CHECKSUM


@pytest.mark.parametrize(
    ("service", "place", "words", "remedy"),
    [
        ({"comand": "x"}, "comand", "unknown key `comand`", "Did you mean `command`?"),
        ({"volumes": 1024}, "volumes", "expected a list, got `1024`", ""),
        ({"labels": "x"}, "labels", "expected a mapping or a list, got `x`", ""),
        ({"networks": 5}, "networks", "expected a list or a mapping, got `5`", ""),
        ({"healthcheck": {"tests": "x"}}, "healthcheck.tests", "unknown key `tests`", "Did you mean `test`?"),
        ({"ulimits": {"n": {"soft": 1}}}, "ulimits.n", "the key `hard` is missing", ""),
        ({"privileged": [1]}, "privileged", "expected true or false or text, got a list", ""),
        ({"cap_add": ["A", "A"]}, "cap_add", "`A` is listed twice", ""),
        ({"volumes": [{"type": "bnd", "target": "/x"}]}, "volumes.0.type", "", ""),
        ({"environment": {"A": [1]}}, "environment.A", "", ""),
    ],
)
def test_reports_what_the_schema_refuses(service: dict[str, Any], place: str, words: str, remedy: str) -> None:
    found = [each for each in said({"image": "x", **service}) if each[0] == place]
    assert found
    assert not words or found == [(place, words, remedy)]


@pytest.mark.parametrize(
    "service",
    [
        {"image": "x", "ports": ["80:80", {"target": 80}], "x-note": 1},
        {"build": ".", "environment": {"A": None, "B": 1}, "command": "a b"},
        {"image": "x", "read_only": "${READ_ONLY}", "mem_limit": "1g", "depends_on": {"b": {"condition": "x"}}},
    ],
)
def test_accepts_what_the_schema_accepts(service: dict[str, Any]) -> None:
    found = faults({"services": {"api": service}})
    assert [each for each in found if "depends_on" not in each.path] == []


def test_leaves_values_of_variables_to_compose() -> None:
    assert said({"image": "x", "network_mode": "${MODE}", "volumes": "${ALL}"}) == []
    assert said({"image": "x", "volumes": "$${ALL}"}) != []
