from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from stackctl.data import data_dir
from stackctl.diagnostic import Diagnostic
from stackctl.runtimes.bounded import Ended
from stackctl.runtimes.docker import compose_file
from stackctl.runtimes.docker.compose_file import BadCompose, compose_refusals
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


class Compose:
    """A `docker compose config` that refuses services by a table of name -> words."""

    def __init__(self, refuses: dict[str, str]) -> None:
        self.refuses = refuses
        self.calls = 0

    def __call__(self, content: bytes, root: Path) -> Ended:
        self.calls += 1
        services = json.loads(content)["services"]
        words = next((words for name, words in self.refuses.items() if name in services), None)
        return Ended(1, f"{words}\n") if words else Ended(0, "")


@pytest.fixture
def compose(monkeypatch: pytest.MonkeyPatch) -> Compose:
    made = Compose({})
    monkeypatch.setattr(compose_file, "has_config", lambda: True)
    monkeypatch.setattr(compose_file, "_config", made)
    return made


def project(*names: str, **services: Any) -> bytes:
    return json.dumps({"services": {**{name: {"image": "x"} for name in names}, **services}}).encode()


def test_reports_one_mistake_of_each_service(compose: Compose, tmp_path: Path) -> None:
    compose.refuses = {"a": 'service "a" depends on undefined service "z"', "b": "services.b.ports.0 is bad"}
    found = compose_refusals(project("a", "b", "c", d={"image": "x", "depends_on": ["a", "c"]}), tmp_path)
    assert [each.path for each in found if isinstance(each, BadCompose)] == [
        ("services", "a"),
        ("services", "b", "ports", 0),
    ]


def test_finds_the_service_of_words_that_name_none(compose: Compose, tmp_path: Path) -> None:
    compose.refuses = {"b": "Invalid hostPort: 99999"}
    assert compose_refusals(project("a", "b", "c"), tmp_path) == [
        BadCompose(("services", "b"), "Invalid hostPort: 99999")
    ]


def test_asks_compose_nothing_of_services_that_the_schema_refuses(compose: Compose, tmp_path: Path) -> None:
    compose.refuses = {"a": "never asked"}
    found = compose_refusals(project("b", a={"image": "x", "comand": "x"}), tmp_path)
    assert [getattr(each, "words", "") for each in found] == ["unknown key `comand`"]


def test_reports_compose_that_cannot_be_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(compose_file, "has_config", lambda: True)
    monkeypatch.setattr(
        compose_file, "run", lambda *_, **__: Diagnostic("checker.unusable", "docker compose config does not answer")
    )
    found = compose_refusals(project("a"), tmp_path)
    assert found == [Diagnostic("checker.unusable", "docker compose config does not answer")]


def test_a_stack_without_a_compose_file_is_not_checked(tmp_path: Path) -> None:
    assert compose_refusals(b"", tmp_path) == []
