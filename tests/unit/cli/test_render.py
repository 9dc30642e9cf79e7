from __future__ import annotations

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from stackctl.cli.options import Options
from stackctl.cli.render import render
from stackctl.errors import CheckFailed

MANIFEST = "version: 1\nname: shop\nservices: {api: {targets: ['localhost:8000']}}\n"


def run(manifest: Path, *arguments: str) -> tuple[int, str, BaseException | None]:
    app = typer.Typer()
    app.command()(render)
    result = CliRunner().invoke(app, list(arguments), obj=Options(manifest))
    return result.exit_code, result.output, result.exception


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    path = tmp_path / "stack.yml"
    path.write_text(MANIFEST)
    return path


def test_lists_files_and_writes_none_without_a_folder(manifest: Path) -> None:
    code, output, _ = run(manifest)
    assert code == 0
    assert "prometheus/prometheus.yml" in output
    assert [path.name for path in manifest.parent.iterdir()] == ["stack.yml"]


def test_check_passes_on_a_fresh_tree_and_fails_on_an_edited_one(manifest: Path, tmp_path: Path) -> None:
    out = str(tmp_path / "out")
    assert run(manifest, "--out", out)[0] == 0
    assert run(manifest, "--out", out, "--check")[0] == 0
    (tmp_path / "out" / "compose.yaml").write_text("x")
    _, _, error = run(manifest, "--out", out, "--check")
    assert isinstance(error, CheckFailed)
    assert "changed: compose.yaml" in str(error)
    assert (tmp_path / "out" / "compose.yaml").read_text() == "x"


def test_diff_shows_what_would_change_and_succeeds(manifest: Path, tmp_path: Path) -> None:
    out = str(tmp_path / "out")
    run(manifest, "--out", out)
    manifest.write_text(MANIFEST.replace("8000", "8001"))
    code, output, _ = run(manifest, "--out", out, "--diff")
    assert code == 0
    assert "host.docker.internal:8001" in output
    assert "8001" not in (tmp_path / "out/prometheus/prometheus.yml").read_text()


def test_check_without_a_folder_is_a_usage_error(manifest: Path) -> None:
    assert run(manifest, "--check")[0] == 2
