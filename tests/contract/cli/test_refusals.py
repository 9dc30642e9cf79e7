"""What `check` refuses, every command refuses in the same words."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.cli.main import main

BAD = Path(__file__).parents[2] / "manifests" / "bad"
# Reading it once takes seconds.
SLOW = {"unfolding"}
CASES = sorted({path.stem for path in BAD.glob("*.yml")} - SLOW)
COMMANDS = ("up", "reload", "render", "verify", "drill")


@pytest.mark.parametrize("case", CASES)
def test_every_command_refuses_a_bad_manifest_as_check_does(
    case: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(BAD)
    said = {}
    for command in ("check", *COMMANDS):
        code = main(["-f", f"{case}.yml", command])
        captured = capsys.readouterr()
        said[command] = (code, captured.err)
    assert said["check"][0] == 2
    assert said == dict.fromkeys(said, said["check"])
