"""`stackctl restore`: what it reads, and what it prints of what was restored."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stackctl.backup import Label
from stackctl.cli.main import main
from stackctl.model import Stack
from tests.unit.cli.backups import CLUSTER, LABEL


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the operation is asked for, one after the other."""
    calls: list[dict[str, Any]] = []

    def bring_back(manifest: Path, file: Path, runtime: str, _: object, **options: object) -> Label:
        calls.append({"manifest": manifest, "file": file, "runtime": runtime, **options})
        return LABEL

    monkeypatch.setattr("stackctl.operations.restore.bring_back", bring_back)
    return calls


def test_restore_prints_the_age_and_the_units(asked: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["restore", "shop.tar.gz"]) == 0
    assert capsys.readouterr().out == "✓ restored shop as of 2026-01-02T03:04:05+00:00: prometheus, grafana\n"
    assert asked == [
        {
            "manifest": Path("stack.yml"),
            "file": Path("shop.tar.gz"),
            "runtime": "auto",
            "force": False,
            "deadline_seconds": 120,
        }
    ]


def test_restore_passes_its_options_on(asked: list[dict[str, Any]]) -> None:
    assert main(["restore", "a", "--runtime", "native", "--force", "--timeout", "1m30s"]) == 0
    assert (asked[0]["runtime"], asked[0]["force"], asked[0]["deadline_seconds"]) == ("native", True, 90)


@pytest.mark.parametrize(
    "arguments", [[], ["a", "--timeout", "soon"], ["a", "--runtime", "podman"], ["a", "b"], ["a", "--froce"]]
)
def test_wrong_arguments_restore_nothing(arguments: list[str], asked: list[dict[str, Any]]) -> None:
    assert main(["restore", *arguments]) == 2
    assert asked == []


def test_stack_in_a_cluster_is_restored_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[dict[str, Any]] = []

    def bring_back(stack: Stack, file: Path, _: object, **options: object) -> Label:
        calls.append({"stack": stack.name, "file": file, **options})
        return LABEL

    monkeypatch.setattr("stackctl.operations.cluster.restore.bring_back_cluster", bring_back)
    (tmp_path / "stack.yml").write_text(CLUSTER)
    given = ["-f", str(tmp_path / "stack.yml"), "restore", "a"]
    assert main([*given, "--runtime", "native"]) == 2
    assert calls == []
    assert main([*given, "--force"]) == 0
    assert calls == [{"stack": "shop", "file": Path("a"), "force": True, "deadline_seconds": 120}]
