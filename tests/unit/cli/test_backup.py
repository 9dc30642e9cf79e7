"""`stackctl backup`: what it reads, and what it prints of what was written."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.backup import Label
from stackctl.cli.main import main
from stackctl.errors import Unavailable
from stackctl.model import Stack
from tests.unit.cli.backups import CLUSTER, LABEL


def test_backup_names_the_file_its_units_and_its_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[tuple[Path, Path]] = []

    def back_up(manifest: Path, file: Path, _: object) -> Label:
        asked.append((manifest, file))
        file.write_bytes(b"x" * (3 * 2**20 // 2))
        return LABEL

    monkeypatch.setattr("stackctl.operations.backup.back_up", back_up)
    file = tmp_path / "shop.tar.gz"
    assert main(["-f", "other.yml", "backup", str(file)]) == 0
    assert asked == [(Path("other.yml"), file)]
    assert capsys.readouterr().out == f"✓ {file}: prometheus, grafana of shop, 1.5 MiB\n"


def test_stack_in_a_cluster_is_backed_up_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def back_up(stack: Stack, file: Path, _: object) -> Label:
        asked.append(stack.name)
        file.write_bytes(b"x")
        return LABEL

    monkeypatch.setattr("stackctl.operations.cluster.backup.back_up_cluster", back_up)
    (tmp_path / "stack.yml").write_text(CLUSTER)
    assert main(["-f", str(tmp_path / "stack.yml"), "backup", str(tmp_path / "a.tar.gz")]) == 0
    assert asked == ["shop"]


@pytest.mark.parametrize("arguments", [[], ["a.tar.gz", "b.tar.gz"], ["."]])
def test_backup_takes_one_file(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stackctl.operations.backup.back_up", lambda *_: pytest.fail("nothing is backed up"))
    assert main(["backup", *arguments]) == 2


def test_backup_of_a_stack_that_does_not_run_prints_no_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def back_up(*_: object) -> Label:
        raise Unavailable.of("backup.not-running", "the stack is not running", remedy="Run `stackctl up`.")

    monkeypatch.setattr("stackctl.operations.backup.back_up", back_up)
    assert main(["backup", "a.tar.gz"]) == 3
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "unavailable: the stack is not running\nhelp: Run `stackctl up`." in captured.err
