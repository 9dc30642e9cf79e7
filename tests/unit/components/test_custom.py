"""An exporter that stackctl does not know is started as the manifest says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.components.rendered import problems_of, started

SETTINGS = '{image: "x/y:1", port: 9999, program: ./odd, command: [--all], env: {A: b, DB_PASSWORD: right-horse}}'


def test_container_gets_arguments_and_variables(tmp_path: Path) -> None:
    exporter = started(tmp_path, "odd", SETTINGS, "docker")
    assert exporter.command == ("--all",)
    assert exporter.environment == {"A": "b", "DB_PASSWORD": "right-horse"}
    assert exporter.tree.files["compose.yaml"].secret


def test_process_gets_secret_variables_by_a_file(tmp_path: Path) -> None:
    exporter = started(tmp_path, "odd", SETTINGS, "native")
    assert exporter.command == (str(tmp_path / "odd"), "--all")
    assert exporter.environment == {"A": "b"}
    assert exporter.text("secrets/odd/env") == '{"DB_PASSWORD": "right-horse"}'


def test_without_a_program_there_is_nothing_to_start_natively(tmp_path: Path) -> None:
    """That is for `up` to refuse: who runs it in Docker needs none, and `check` looks at the native tree."""
    assert started(tmp_path, "odd", '{image: "x/y:1", port: 9999, args: [--more]}', "native").command == ()


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1"])
def test_refuses_what_is_not_a_port(tmp_path: Path, port: str) -> None:
    assert problems_of(tmp_path, "odd", f'{{image: "x/y:1", port: {port}}}') == ["exporters.odd.port: not a port"]
