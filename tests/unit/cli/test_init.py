"""`stackctl init` as a user types it."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from stackctl.cli.main import main
from stackctl.data import data_dir
from stackctl.manifest import load
from stackctl.starter import Found, parse_url

FOUND = Found(parse_url("localhost:8000/metrics"))


@pytest.fixture(autouse=True)
def _an_empty_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """What else listens on the machine that runs the tests is no business of theirs."""
    monkeypatch.setattr("stackctl.starter.find_local", list)


def test_what_is_written_loads(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "My Shop"
    assert main(["init", str(folder)]) == 0
    assert load(folder / "stack.yml", {}).name == "my-shop"
    shown = capsys.readouterr().out
    assert f"wrote {folder}/stack.yml" in shown
    assert "stackctl up\n" in shown
    assert f"cd '{folder}'" in shown


def test_names_all_existing_files_and_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "shop"
    (folder / "rules").mkdir(parents=True)
    (folder / "rules" / "shop.yml").write_text("mine")
    (folder / "stack.yml").symlink_to("nowhere")
    assert main(["init", str(folder)]) == 2
    assert capsys.readouterr().err.endswith(
        f"error: {folder}/rules/shop.yml already exists\n\n"
        f"error: {folder}/stack.yml already exists\n"
        "help: Name another folder, or overwrite with --force.\n\n2 problems\n\n"
        "To read more: stackctl explain init.exists\n"
    )
    assert not (folder / "dashboards").exists()
    assert (folder / "rules" / "shop.yml").read_text() == "mine"


def test_force_overwrites(tmp_path: Path) -> None:
    (tmp_path / "stack.yml").write_text("mine")
    assert main(["init", str(tmp_path), "--force"]) == 0
    assert load(tmp_path / "stack.yml", {}).services == ()


def test_a_folder_that_is_a_file_is_a_clear_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x").write_text("")
    assert main(["init", str(tmp_path / "x")]) == 2
    assert "is a file" in capsys.readouterr().err


def test_a_bad_url_writes_nothing(tmp_path: Path) -> None:
    assert main(["init", str(tmp_path), "--from", "ftp://x"]) == 2
    assert list(tmp_path.iterdir()) == []


def test_writes_a_silent_target_and_reports_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    assert main(["init", str(tmp_path), "--from", f"127.0.0.1:{port}"]) == 0
    said = capsys.readouterr().err
    assert f"! http://127.0.0.1:{port}/metrics: connection refused" in said
    assert f"http://127.0.0.1:{port}/metrics is written as given" in said
    assert load(tmp_path / "stack.yml", {}).services[0].targets[0].port == port
    # Nothing is written now, so nothing is said to be.
    assert main(["init", str(tmp_path), "--from", f"127.0.0.1:{port}"]) == 2
    said = capsys.readouterr().err
    assert "already exists" in said
    assert "written" not in said


def test_an_example_is_copied_whole(tmp_path: Path) -> None:
    assert main(["init", str(tmp_path), "--example", "quickstart"]) == 0
    assert load(tmp_path / "stack.yml", {}).name == "quickstart"
    assert (tmp_path / "app.py").exists()
    assert not (tmp_path / "demo.py").exists()


def test_unknown_example_suggests_a_known_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", str(tmp_path), "--example", "quickstat"]) == 2
    assert "Did you mean `quickstart`?" in capsys.readouterr().err


def test_loopback_only_suggests_the_native_runtime(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr("stackctl.starter.find_local", lambda: [Found(FOUND.url, loopback_only=True)])
    assert main(["init", str(tmp_path)]) == 0
    assert "stackctl up --runtime native" in capsys.readouterr().out


def test_help_lists_every_example(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "--help"]) == 0
    shown = capsys.readouterr().out
    assert all(path.parent.name in shown for path in data_dir("examples").glob("*/stack.yml"))
