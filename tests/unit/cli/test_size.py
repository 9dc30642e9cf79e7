"""`stackctl size` as a user types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stackctl.cli.main import main

STACK = """\
version: 1
name: shop
services:
  api: {targets: ["localhost:8000"], metrics: {requests_total: counter, depth: gauge}}
  db: {targets: ["localhost:8001"]}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "stack.yml").write_text(STACK)
    monkeypatch.chdir(tmp_path)


def test_size_prints_the_jobs_and_what_prometheus_needs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["size"]) == 0
    said = capsys.readouterr()
    assert [line.split()[0] for line in said.out.splitlines()[2:5]] == ["prometheus", "api", "db"]
    assert "memory" in said.out
    assert "not counted" in said.err


def test_a_given_number_of_series_counts_what_nothing_is_known_of(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["size", "--series-per-target", "2000", "--output", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {job["job"]: job["series"] for job in found["jobs"]}["db"] == 2000
    assert found["unknown"] == []


def test_a_bad_manifest_is_wrong_input(capsys: pytest.CaptureFixture[str]) -> None:
    Path("stack.yml").write_text("version: 1\n")
    assert main(["size"]) == 2
    assert "stack.yml" in capsys.readouterr().err
