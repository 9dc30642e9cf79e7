"""What `check` accepts is accepted by promtool, amtool and Compose, in the trees of both runtimes.

Generated manifests are checked in this process, without starting a server; what is accepted is given to the three as a
user's own tools would be. A few hundred here, `FUZZ_MANIFESTS=10000` for more.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from stackctl import conventions as c
from stackctl import tools
from stackctl.errors import StackctlError
from stackctl.operations.checking import check_manifest
from stackctl.render import render
from stackctl.render.write import write
from stackctl.runtime.compose_file import has_config
from stackctl.source import Secret
from tests.contract.checkers.tools import needs
from tests.e2e.real_stack import cannot_run
from tests.fuzz.manifests import manifest
from tests.pinned import pinned

MANIFESTS = int(os.environ.get("FUZZ_MANIFESTS", "40"))
BEGIN = int(os.environ.get("FUZZ_BEGIN", "0"))
FEWEST = 0.2  # of the manifests that have to be accepted, or they say little


def refusal(command: list[str], folder: Path) -> str:
    """What a program says when it does not accept; "" when it does."""
    env = {**os.environ, "STACKCTL_ROOT": str(folder), "COMPOSE_PROFILES": "*"}
    ran = subprocess.run(command, capture_output=True, text=True, check=False, env=env, timeout=60)
    return ran.stdout + ran.stderr if ran.returncode else ""


def differences(folder: Path) -> list[str]:
    """What the three refuse of the stack in `folder`. Raises StackctlError when `check` refuses it."""
    stack = check_manifest(folder / "stack.yml").stack
    found = []
    # A tree for Docker is for the image's version.
    promtools = {c.NATIVE: tools.require("promtool").path, c.DOCKER: pinned("promtool")}
    for runtime in (c.DOCKER, c.NATIVE):
        tree = render(stack, runtime, {c.GRAFANA_ADMIN_PASSWORD: Secret("x")})
        place = folder / runtime
        write(tree, place)
        calls = [
            [str(promtools[runtime]), "check", "config", str(place / c.PROMETHEUS_FILE)],
            [str(tools.require("amtool").path), "check-config", str(place / c.ALERTMANAGER_FILE)],
            ["docker", "compose", "--file", str(place / c.COMPOSE_FILE), "config", "--quiet"],
        ]
        for call in calls:
            if (
                call[0] != "None"
                and any(Path(part).is_file() for part in call if part.startswith(str(folder)))
                and (said := refusal(call, folder))
            ):
                found.append(f"{runtime}: {said}")
    return found


@pytest.mark.timeout(0 if MANIFESTS > 100 else 300)
def test_what_check_accepts_is_accepted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    needs("promtool")
    needs("amtool")
    if not has_config():
        cannot_run("no docker compose")
    monkeypatch.setenv("SET", "value")
    accepted, found = 0, []
    for number in range(BEGIN, BEGIN + MANIFESTS):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "stack.yml").write_text(manifest(number))
        try:
            differing = differences(folder)
        except StackctlError:
            continue
        accepted += 1
        found += [f"manifest {number}: {each}" for each in differing]
    print(f"{MANIFESTS} manifests, {accepted} accepted, {len(found)} differences")  # noqa: T201
    assert not found, "\n".join(found[:5])
    assert accepted >= FEWEST * MANIFESTS
