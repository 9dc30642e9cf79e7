"""`stackctl adopt` as a user types it."""

from __future__ import annotations

import json
import shutil
import stat
from pathlib import Path

import pytest

from stackctl.cli.main import main
from stackctl.manifest import outside
from tests.unit.adopt.setups import SETUPS


@pytest.fixture
def setup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = Path(shutil.copytree(SETUPS / "host-and-containers", tmp_path / "mine"))
    monkeypatch.chdir(folder)
    return folder


def test_manifest_is_written_and_compared(setup: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["adopt"]) == 0
    shown = capsys.readouterr().out
    assert "wrote stack.yml\nwrote .env\n" in shown
    assert "the same in both: 4 targets, 1 rule, 2 routes" in shown
    assert main(["adopt", "--compare"]) == 0


@pytest.mark.parametrize(
    ("name", "named", "command"),
    [
        ("docker-compose.yml", [], "docker compose down"),
        ("mine.yml", [], "docker compose -f mine.yml down"),
        (
            "docker-compose.yml",
            ["docker-compose.yml", "over.yml"],
            "docker compose -f docker-compose.yml -f over.yml down",
        ),
    ],
)
def test_command_that_stops_the_old_one_is_shown(
    setup: Path, name: str, named: list[str], command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (setup / "docker-compose.yml").rename(setup / name)
    if named:
        (setup / "over.yml").write_text("services: {}\n")
    main(["adopt", *named])
    assert f"\n  {command}      # the old one: its ports are needed\n  stackctl up\n" in capsys.readouterr().out


def test_manifest_that_is_there_is_not_written_over(setup: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (setup / "stack.yml").write_text("mine")
    before = (setup / ".env").read_bytes()
    assert main(["adopt"]) == 2
    assert "stack.yml already exists" in capsys.readouterr().err
    assert (setup / "stack.yml").read_text() == "mine"
    assert (setup / ".env").read_bytes() == before


def test_variables_are_added_to_those_that_are_there(setup: Path) -> None:
    before = (setup / ".env").read_text()
    (setup / ".env").chmod(0o640)
    main(["adopt"])
    after = (setup / ".env").read_text()
    assert after.startswith(before)
    assert "ALERTMANAGER_SLACK_API_URL=" in after
    assert stat.S_IMODE((setup / ".env").stat().st_mode) == 0o640


def test_new_file_of_variables_is_for_its_owner_only(setup: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (setup / ".env").unlink()
    monkeypatch.setenv("ADMIN_PASSWORD", "a long password")
    main(["adopt"])
    assert stat.S_IMODE((setup / ".env").stat().st_mode) == 0o600


def test_no_secret_is_shown(setup: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["adopt"])
    shown = capsys.readouterr()
    assert "notareal1token" not in shown.out + shown.err


def test_edited_manifest_is_compared(setup: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["adopt"])
    text = (setup / "stack.yml").read_text()
    (setup / "stack.yml").write_text(text.replace("job: nodeexporter", "job: other"))
    capsys.readouterr()
    assert main(["adopt", "--compare"]) == 1
    assert 'job="nodeexporter"} is only in the old set-up' in capsys.readouterr().err


def test_report_is_written_for_programs(setup: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["adopt", "--output", "json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert {each["code"] for each in report["diagnostics"]} == {"adopt.changed", "adopt.secret"}


def test_empty_folder_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["adopt", str(tmp_path)]) == 2
    assert "has no Compose file, no prometheus.yml and no alertmanager.yml" in capsys.readouterr().err
    assert main(["adopt", str(tmp_path / "missing")]) == 2


def test_file_that_cannot_be_read_is_shown_with_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "compose.yaml").write_text("services: {a: [}\n")
    assert main(["adopt", str(tmp_path)]) == 2
    assert "compose.yaml:1:16" in capsys.readouterr().err
    assert not (tmp_path / "stack.yml").exists()


def test_commands_that_come_next_need_the_same_option_for_files_outside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "deploy"
    folder.mkdir()
    mounts = ["../prometheus.yml:/etc/prometheus/prometheus.yml", "../a.yml:/etc/prometheus/a.yml"]
    services = {"prometheus": {"image": "prom/prometheus:v3.5.0", "volumes": mounts}}
    (folder / "compose.yaml").write_text(json.dumps({"services": services}))
    (tmp_path / "prometheus.yml").write_text("rule_files: [a.yml]\nscrape_configs: []\n")
    (tmp_path / "a.yml").write_text("groups: []\n")
    monkeypatch.chdir(folder)
    monkeypatch.setattr(outside._permission, "outside", False)  # the option sets it for the whole process
    assert main(["adopt"]) == 2
    assert "add --allow-outside to the command" in capsys.readouterr().err
    assert main(["adopt", "--allow-outside"]) == 0
    lines = capsys.readouterr().out.splitlines()
    (check,) = [line for line in lines if line.startswith("  stackctl check")]
    assert check == "  stackctl check --allow-outside"
    assert main(check.split()[1:]) == 0
