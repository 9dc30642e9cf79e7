"""What runs is only replaced by what the checkers of the new image and Compose accept."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.real_stack import BOTH, listens, need, stackctl
from tests.ports import free_port

pytestmark = pytest.mark.e2e


@dataclass(frozen=True)
class Shop:
    """A stack with Alertmanager, in a folder whose name has a comma."""

    folder: Path
    runtime: str
    ports: tuple[int, int]

    def write(self, alertmanager: str = "", docker: str = "", port: int = 0) -> None:
        run = f"\n    run: {{docker: {{image: nothing, {docker}}}}}\n    profiles: [never]" if docker else ""
        (self.folder / "stack.yml").write_text(
            f"version: 1\nname: stackctl-test-{self.ports[0]}\n"
            f"prometheus: {{listen: '127.0.0.1:{self.ports[0]}'}}\n"
            f"alertmanager: {{listen: '127.0.0.1:{port or self.ports[1]}', "
            f"receivers: {{team: {{webhook: {{url: 'http://localhost:1/'}}}}}}, {alertmanager}}}\n"
            f"services:\n  api:\n    targets: ['localhost:1']{run}\n"
        )

    def run(self, *arguments: str, code: int = 0) -> str:
        ran = stackctl("-f", str(self.folder / "stack.yml"), *arguments)
        assert ran.returncode == code, ran.stdout + ran.stderr
        return ran.stdout + ran.stderr

    def started(self) -> str:
        """When the Alertmanager that listens was started."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.ports[1]}/api/v2/status", timeout=5) as answer:
            return str(json.load(answer)["uptime"])


@pytest.fixture(params=BOTH)
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shop]:
    need(request.param)
    folder = tmp_path / "shop, the second"
    folder.mkdir()
    made = Shop(folder, request.param, (free_port(), free_port()))
    made.write()
    made.run("up", "--runtime", made.runtime)
    yield made
    made.write()
    made.run("down", "--volumes")


@pytest.mark.parametrize(
    ("mistake", "words"),
    [
        ({"alertmanager": "extra: {global: {smtp_smarthost: nowhere}}"}, "missing port"),
        ({"alertmanager": "extra: {global: {no_such_key: 1}}"}, "no_such_key"),
        ({"docker": "comand: x"}, "Did you mean `command`?"),
        ({"docker": "stop_grace_period: soon"}, "stop_grace_period"),
    ],
)
def test_up_keeps_what_runs_when_the_new_is_refused(shop: Shop, mistake: dict[str, str], words: str) -> None:
    before, other = shop.started(), free_port()
    shop.write(**mistake, port=other)
    said = shop.run("up", code=1)
    assert words in said
    assert "stack.yml:" in said
    assert shop.started() == before
    assert not listens(other)
    assert words in shop.run("check", code=1)
    assert words in shop.run("render", "--out", str(shop.folder / "out"), code=1)
    assert not (shop.folder / "out").exists()
    assert "prometheus" in shop.run("status", code=0)
