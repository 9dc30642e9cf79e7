"""Every command of a user who may not read what another one has made: an answer, and never an internal error."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away"),
    pytest.mark.skipif(shutil.which("setpriv") is None, reason="setpriv takes rights away, and is not here"),
]

STACK = """\
version: 1
name: shop
services: {api: {targets: ["localhost:8000"], metrics: contracts/api.yml, authorization: {credentials_file: token}}}
rules: [{file: rules/api.yml}]
dashboards: [{file: dashboards/api.json}]
"""
FILES = {
    "stack.yml": STACK,
    "rules/api.yml": "groups: [{name: api, rules: [{alert: ApiDown, expr: up == 0, for: 1m}]}]\n",
    "dashboards/api.json": '{"title": "API", "uid": "api", "panels": []}\n',
    "contracts/api.yml": "http_requests_total: {type: counter}\n",
    ".env": "TOKEN=abc\n",
    "token": "abc\n",
    ".stackctl/running.json": "{}\n",
}
OUT = "OUT"
COMMANDS = (
    ["check"],
    ["check", "rules"],
    ["status"],
    ["verify"],
    ["up", "--runtime", "native"],
    ["render", "--out", OUT],
    ["reload"],
    ["down"],
    ["logs"],
    ["why", "ApiDown"],
    ["impact", "up"],
    ["test"],
    ["drill"],
    ["backup", OUT],
    ["outdated"],
    ["packs"],
    ["init", "--no-scan", "--force"],
    ["adopt", ".", "--out", OUT],
    ["contract", "update"],
    ["dashboards", "preview", "--out", OUT],
    ["export", "kubernetes", "--out", OUT],
)
# The other user is root without the right to read whatever it likes: a user of another name could not read the Python
# that runs this, where that is in root's own home.
ROBBED = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", sys.executable]
NOBODY = 65534
CHILD = """\
import contextlib, io, json, shutil, sys, tempfile
from stackctl.cli.main import main
commands = json.loads(sys.argv[1])
def answers():
    for command in commands:
        out, said = tempfile.mkdtemp(), io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            code = main([part.replace("OUT", out + "/new") for part in command])
        shutil.rmtree(out)
        yield code, said.getvalue()
print(json.dumps(list(answers())))
"""


@dataclass(frozen=True)
class Answer:
    code: int
    said: str


def written(folder: Path) -> None:
    """A stack of somebody else, who lets everybody read it."""
    folder.chmod(0o755)
    os.chown(folder, NOBODY, NOBODY)
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True, mode=0o755)
        path.write_text(text)
        path.chmod(0o644)
        for each in (path, path.parent):
            os.chown(each, NOBODY, NOBODY)


@pytest.fixture
def stack() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:  # pytest's own folders are closed to others
        written(Path(folder))
        yield Path(folder)


def answers(stack: Path) -> dict[str, Answer]:
    environ = {**os.environ, "HOME": "/nonexistent", "COLUMNS": "200"}
    child = subprocess.run(
        [*ROBBED, "-c", CHILD, json.dumps(COMMANDS)], cwd=stack, env=environ, capture_output=True, text=True
    )
    assert child.returncode == 0, child.stderr
    said = [Answer(*each) for each in json.loads(child.stdout.splitlines()[-1])]
    return dict(zip((" ".join(command) for command in COMMANDS), said, strict=True))


@pytest.mark.parametrize(
    ("closed", "mode"),
    [
        (".", 0o700),
        (".stackctl", 0o700),
        (".stackctl/running.json", 0o600),
        ("rules", 0o700),
        ("rules/api.yml", 0o600),
        ("dashboards", 0o700),
        ("contracts", 0o700),
        ("token", 0o600),
        (".env", 0o600),
        ("stack.yml", 0o600),
    ],
)
def test_each_command_answers_another_user_in_words(stack: Path, closed: str, mode: int) -> None:
    (stack / closed).chmod(mode)
    found = answers(stack)
    assert not {name: answer.said for name, answer in found.items() if "internal error" in answer.said}
    assert not {name: answer.said for name, answer in found.items() if answer.code == 4}


def test_a_state_of_another_user_is_not_taken_for_nothing(stack: Path) -> None:
    (stack / ".stackctl").chmod(0o700)
    found = answers(stack)
    for command in ("status", "verify", "up --runtime native", "reload", "down", "logs", "drill", "backup OUT"):
        assert found[command].code == 2, command
        assert "no permission to read the state of this stack" in found[command].said, command
        assert "belongs to nobody and has the mode 0700; this user is root" in found[command].said, command
    assert found["check"].code == 0, found["check"].said


def test_the_folder_that_keeps_a_file_closed_is_named(stack: Path) -> None:
    (stack / "rules").chmod(0o700)
    said = answers(stack)["check"].said
    assert "no permission to read rules/api.yml" in said
    assert "rules belongs to nobody and has the mode 0700; this user is root." in said
