"""Grafana's own data is safe from stackctl: the administrator's login, and dashboards that a person has made.

On a real Grafana, and on the stand-in, which so is proven to do what Grafana does.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stackctl.access import Access
from stackctl.clients.grafana import Grafana
from stackctl.clients.http import Http
from tests.e2e.real_grafana import KINDS, program_folder, running
from tests.e2e.real_stack import need
from tests.ports import free_port
from tests.program import Ran, stackctl

pytestmark = [pytest.mark.e2e, pytest.mark.native]

MANIFEST = """\
version: 1
name: {name}
prometheus: {{listen: 127.0.0.1:{prometheus}, scrape_interval: 1s, evaluation_interval: 1s}}
grafana: {{listen: 127.0.0.1:{grafana}, admin: {{password: first-horse}}}}
services: {{self: {{targets: ["localhost:{prometheus}"]}}}}
dashboards:
  - {{file: self.yml, folder: Ours}}
"""
BOARD = 'title: {title}\nrows: [{{panels: [{{title: Up, query: "sum(up)"}}]}}]\n'


class Stack:
    def __init__(self, folder: Path, program_folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        prometheus = free_port()
        text = MANIFEST.format(name=f"stackctl-safe-{prometheus}", prometheus=prometheus, grafana=self.port)
        (folder / "stack.yml").write_text(text)
        (folder / "self.yml").write_text(BOARD.format(title="Self"))
        self.environ = {**os.environ, "PATH": f"{program_folder}:{os.environ['PATH']}"}

    def run(self, *arguments: str, code: int = 0) -> str:
        ran = self.ran(*arguments)
        assert ran.returncode == code, ran.stdout + ran.stderr
        return ran.stdout + ran.stderr

    def ran(self, *arguments: str) -> Ran:
        return stackctl(*arguments, cwd=self.folder, env=self.environ)

    def edit(self, old: str, new: str, name: str = "stack.yml") -> None:
        path = self.folder / name
        path.write_text(path.read_text().replace(old, new))

    def client(self, password: str) -> Grafana:
        return Grafana(Http(Access(f"http://127.0.0.1:{self.port}", ("admin", password))))

    def make(self, *, folder: str = "", **board: str) -> None:
        """Make a dashboard by hand."""
        ask = self.client("first-horse").http.ask
        board = {"uid": "mine", "title": "Mine", **board}
        found = [each for each in json.loads(ask("/api/folders").text) if each["title"].lower() == folder.lower()]
        if folder and not found:
            found = [json.loads(ask("/api/folders", method="POST", body={"title": folder}).text)]
        place = {"folderUid": found[0]["uid"]} if found else {}
        sent = ask("/api/dashboards/db", method="POST", body={"dashboard": board, **place})
        assert sent.ok, sent.text

    def made(self) -> list[str]:
        return [each.title for each in self.client("first-horse").dashboards() if each.uid == "mine"]

    def login(self) -> dict[str, Any]:
        report = json.loads(self.run("verify", "--only", "grafana.login", "-o", "json", code=1))
        return next(each for each in report["diagnostics"] if each["code"] == "grafana.login")


@pytest.fixture(params=KINDS)
def stack(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Stack]:
    need("native")
    made = Stack(tmp_path, program_folder(request.param, tmp_path / "installed"))
    with running(made.ran):
        yield made


def test_changed_password_is_set_in_grafana(stack: Stack) -> None:
    stack.edit("first-horse", "second-horse")
    assert "Grafana's administrator has the new password" in stack.run("up")
    assert stack.client("second-horse").user() == "admin"
    stack.run("verify", "--only", "grafana")


def test_password_that_was_changed_while_grafana_was_down_is_set(stack: Stack) -> None:
    stack.run("down")
    stack.edit("first-horse", "second-horse")
    assert "Grafana's administrator has the new password" in stack.run("up")
    assert stack.client("second-horse").user() == "admin"


def test_password_that_a_person_has_set_already_is_taken(stack: Stack) -> None:
    stack.client("first-horse").set_password("first-horse", "second-horse")
    stack.edit("first-horse", "second-horse")
    stack.run("up")
    stack.run("verify", "--only", "grafana")


def test_unknown_password_is_set_by_the_command_that_is_printed(stack: Stack) -> None:
    stack.client("first-horse").set_password("first-horse", "lost-horse")
    stack.edit("first-horse", "second-horse")
    refused = stack.run("up", code=1)
    assert "neither the password in the manifest nor the previous one" in refused
    assert "horse" not in refused
    command = re.search(r"Set it: (.*)", refused)
    assert command
    assert stack.login()["remedy"].endswith(command[1])
    subprocess.run(["sh", "-c", command[1]], env=stack.environ, check=True, timeout=60)
    assert stack.client("second-horse").user() == "admin"
    stack.run("up")
    stack.run("verify", "--only", "grafana")


def test_administrator_is_not_locked_out_by_many_commands(stack: Stack) -> None:
    stack.client("first-horse").set_password("first-horse", "lost-horse")
    for _ in range(5):
        summary = stack.login()["summary"]
    assert "not tried: Grafana has refused 4 logins" in summary
    stack.run("verify", "--only", "grafana", code=1)
    assert stack.client("lost-horse").user() == "admin"


NEW = "  - {file: new.yml, folder: Ours}\n"
TAKEN = {
    "the same title and folder": {"title": "New", "folder": "Ours"},
    "another case": {"title": "NEW", "folder": "ours"},
    "the same uid": {"uid": "new-board", "title": "Mine", "folder": "Theirs"},
}


@pytest.mark.parametrize("command", ["reload", "up"])
@pytest.mark.parametrize("board", TAKEN.values(), ids=TAKEN)
def test_dashboard_of_a_person_is_not_adopted(stack: Stack, board: dict[str, str], command: str) -> None:
    stack.make(**board)
    (stack.folder / "new.yml").write_text("uid: new-board\n" + BOARD.format(title="New"))
    (stack.folder / "stack.yml").write_text((stack.folder / "stack.yml").read_text() + NEW)
    said = stack.run(command, code=1)
    assert "that a person has made" in said
    assert "nothing was changed" in said
    found = stack.client("first-horse").dashboards()
    assert sorted(each.title for each in found) == sorted([board["title"], "Self"])


def test_renamed_dashboard_does_not_adopt_one_of_a_person(stack: Stack) -> None:
    stack.make(title="New", folder="Ours")
    stack.edit("Self", "New", "self.yml")
    assert "that a person has made" in stack.run("reload", code=1)
    assert stack.made() == ["New"]


def test_same_title_in_another_folder_is_no_obstacle(stack: Stack) -> None:
    stack.make(title="Self", folder="Theirs")
    (stack.folder / "new.yml").write_text(BOARD.format(title="New"))
    (stack.folder / "stack.yml").write_text((stack.folder / "stack.yml").read_text() + NEW)
    stack.run("reload")
    assert stack.made() == ["Self"]


VARIABLES = """\
variables:
  - {name: job, query: "label_values(up, job)"}
  - {name: instance, query: "label_values(up, instance)"}
"""


def test_every_variable_is_shown(stack: Stack) -> None:
    ids = {"id": "00000000-0000-0000-0000-000000000000", "type": "query", "query": "label_values(up, job)"}
    foreign = {"title": "Foreign", "uid": "foreign", "panels": [], "schemaVersion": 39}
    foreign |= {"templating": {"list": [{**ids, "name": "a"}, {**ids, "name": "b"}]}}
    (stack.folder / "foreign.json").write_text(json.dumps(foreign))
    (stack.folder / "new.yml").write_text("uid: compact\n" + BOARD.format(title="Compact") + VARIABLES)
    more = "  - {file: new.yml, folder: Ours}\n  - {file: foreign.json, folder: Ours}\n"
    (stack.folder / "stack.yml").write_text((stack.folder / "stack.yml").read_text() + more)
    stack.run("reload")
    client = stack.client("first-horse")
    shown = {
        uid: [each["name"] for each in client.dashboard(uid)["templating"]["list"]] for uid in ("compact", "foreign")
    }
    assert shown == {"compact": ["job", "instance"], "foreign": ["a", "b"]}
