"""The PostgreSQL exporter gets its database in parts, each by a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.components.rendered import MACHINE, problems_of, started

DSN = "postgresql://me:p%40ss@localhost/app?sslmode=disable"


@pytest.mark.parametrize(("runtime", "host"), MACHINE)
def test_database_is_taken_apart_into_files(tmp_path: Path, runtime: str, host: str) -> None:
    exporter = started(tmp_path, "postgres", f'{{dsn: "{DSN}"}}', runtime)
    for variable, name, text in (
        ("URI", "uri", f"{host}:5432/app?sslmode=disable"),
        ("USER", "user", "me"),
        ("PASS", "password", "p@ss"),
    ):
        assert exporter.environment[f"DATA_SOURCE_{variable}_FILE"].endswith(f"secrets/postgres/{name}")
        assert exporter.text(f"secrets/postgres/{name}") == text


@pytest.mark.parametrize(
    ("dsn", "summary"),
    [
        ("mysql://me:pw@db/app", "not the URL of a PostgreSQL database"),
        ("postgresql://db/app", "not the URL of a PostgreSQL database"),
        ("postgresql://me:pw@db:x/app", "its port is not a number"),
        ("postgresql://me:pw@a,b/app", "several are given"),
        ("postgresql://me:a%20b@db/app", "cannot use a password with spaces"),
    ],
)
def test_refuses_what_is_not_one_database(tmp_path: Path, dsn: str, summary: str) -> None:
    (problem,) = problems_of(tmp_path, "postgres", f'{{dsn: "{dsn}"}}')
    assert summary in problem
    assert "a%20b" not in problem
