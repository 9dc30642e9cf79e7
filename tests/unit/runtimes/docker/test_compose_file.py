from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from stackctl.diagnostic import Diagnostic
from stackctl.program import Ended
from stackctl.runtimes.docker import command, compose_file
from stackctl.runtimes.docker.compose_file import BadCompose, compose_refusals


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
        command, "check", lambda *_, **__: Diagnostic("checker.unusable", "docker compose config does not answer")
    )
    found = compose_refusals(project("a"), tmp_path)
    assert found == [Diagnostic("checker.unusable", "docker compose config does not answer")]


def test_a_stack_without_a_compose_file_is_not_checked(tmp_path: Path) -> None:
    assert compose_refusals(b"", tmp_path) == []
