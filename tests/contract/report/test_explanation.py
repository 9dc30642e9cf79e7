"""The examples on the pages of the codes are true: bad ones give their code, good ones do not."""

from __future__ import annotations

import json
import shutil
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from stackctl.cli.main import main
from stackctl.codes import CODES
from stackctl.manifest import outside
from stackctl.report.explanation import Example, explain
from tests.contract.checkers import needs
from tests.unit.report.test_explanation import WITH_SAMPLE

CERTIFICATES = Path(__file__).parents[2] / "certificates"
TRIED = sorted(CODES.keys() - WITH_SAMPLE)
# What only the servers' own checkers find.
CHECKERS = {"alertmanager.refused": "amtool", "checker.refused": "promtool", "receiver.template": "amtool"}
CHECKERS |= dict.fromkeys(("test.file", "test.missing", "test.result"), "promtool")
# What reports warnings, which its report in JSON lists.
REPORTS = ("check", "test", "adopt", "adopt --compare")
REPORTS += tuple(f"check --select {code}" for code in ("contract.unused", "rule.unused"))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(outside, "_permission", outside._Permission())
    return tmp_path


def reported(example: Example, given: Iterable[str], folder: Path, capsys: Any, monkeypatch: Any) -> set[str]:
    """The codes of the failures, warnings and suggestions of the last command of an example, run in `folder`."""
    for name, content in example.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    for name in given:
        shutil.copy(CERTIFICATES / name, folder / name)
        (folder / name).chmod(stat.S_IRUSR | stat.S_IWUSR)
    failures: list[str] = []
    monkeypatch.setattr("stackctl.report.console.error", lambda error: failures.extend(e.code for e in error.problems))
    monkeypatch.setattr("stackctl.report.console.warning", lambda diagnostic: failures.append(diagnostic.code))
    for command in example.commands:
        failures.clear()
        capsys.readouterr()
        arguments = command.split()
        main([*arguments, "--output", "json"] if command in REPORTS else arguments)
    printed = capsys.readouterr().out
    if example.commands[-1] not in REPORTS:
        return {*failures}
    return {each["code"] for each in json.loads(printed)["diagnostics"] if each["status"] in ("fail", "warn", "info")}


@pytest.mark.parametrize("code", TRIED)
def test_bad_example_gives_the_code_and_the_good_one_nothing(
    code: str, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if code in CHECKERS:
        needs(CHECKERS[code])
    explained = explain(code)
    assert explained.bad
    assert explained.good
    results = []
    for name, example in (("bad", explained.bad), ("good", explained.good)):
        (folder / name).mkdir()
        monkeypatch.chdir(folder / name)
        results.append(reported(example, explained.given, folder / name, capsys, monkeypatch))
    assert results == [{code}, set()]
