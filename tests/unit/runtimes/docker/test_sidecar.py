"""A container next to a stack: its command line, and the names that it must not take."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stackctl.errors import Unavailable
from stackctl.runtimes.docker import command
from stackctl.runtimes.docker.sidecar import Sidecar, published, running

SIDECAR = Sidecar(
    project="shop",
    name="shop-simulate",
    image="python:3",
    command=("python3", "-m", "stackctl.simulate"),
    aliases=("api", "worker"),
    published=(("127.0.0.1:8000", 8000), ("127.0.0.1:", 9999)),
    mounts={"/opt/stackctl": Path("/src/a,b")},
    environment={"A": "b c"},
)


def options(arguments: tuple[str, ...], name: str) -> list[str]:
    return [arguments[index + 1] for index, word in enumerate(arguments[:-1]) if word == name]


def test_command_line_has_names_ports_mounts_and_the_command() -> None:
    words = SIDECAR.arguments
    assert words[0] == "run"
    assert options(words, "--network") == ["shop_default"]
    assert options(words, "--network-alias") == ["api", "worker"]
    assert options(words, "--publish") == ["127.0.0.1:8000:8000", "127.0.0.1::9999"]
    assert options(words, "--env") == ["A=b c"]
    assert words[-5:] == ("--entrypoint", "python3", "python:3", "-m", "stackctl.simulate")


def test_container_may_do_nothing_but_listen() -> None:
    words = SIDECAR.arguments
    assert options(words, "--cap-drop") == ["ALL"]
    assert options(words, "--security-opt") == ["no-new-privileges:true"]
    assert options(words, "--user") != ["0:0"]
    assert {"--rm", "--read-only"} < set(words)
    assert all(mount.endswith("readonly") for mount in options(words, "--mount"))


def test_comma_in_the_path_of_a_mount_is_not_the_end_of_it() -> None:
    (mount,) = options(SIDECAR.arguments, "--mount")
    assert mount == 'type=bind,"source=/src/a,b",target=/opt/stackctl,readonly'


# -- running ------------------------------------------------------------------------------------------------


@pytest.fixture
def docker(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let docker answer: `network` and `container` are exit codes, `ps` the lines; `script` is the container."""

    def answers(script: str = "", *, network: int = 0, container: int = 1, ps: str = "") -> None:
        def run(_: object, *arguments: str, **__: object) -> subprocess.CompletedProcess[str]:
            code = {"network": network, "container": container}.get(arguments[0], 0)
            return subprocess.CompletedProcess([], code, ps if arguments[0] == "ps" else "127.0.0.1:4711\n[::]:4711\n")

        def start(*_: str, **streams: Any) -> subprocess.Popen[str]:
            return subprocess.Popen(["/bin/sh", "-c", script], text=True, **streams)

        monkeypatch.setattr(command, "run", run)
        monkeypatch.setattr(command, "start", start)

    return answers


def refusal() -> list[tuple[str, str]]:
    with pytest.raises(Unavailable) as refused, running(SIDECAR, "order\n", "listening"):
        pass
    return [(each.code, each.summary) for each in refused.value.problems]


def test_container_gets_its_order_and_ends_with_the_context(docker: Callable[..., None]) -> None:
    docker('read order; [ "$order" = order ] && echo listening; cat > /dev/null')
    with running(SIDECAR, "order\n", "listening") as process:
        assert process.poll() is None
    assert process.returncode == 0


@pytest.mark.parametrize("script", ["exit 1", "echo another line; cat > /dev/null"])
def test_container_that_does_not_come_so_far_is_reported(script: str, docker: Callable[..., None]) -> None:
    docker(script)
    assert refusal() == [("unit.exited", "the container shop-simulate did not start")]


def test_stack_without_a_network_is_not_up(docker: Callable[..., None]) -> None:
    docker(network=1)
    assert refusal() == [("docker.no-network", "the stack's network shop_default does not exist")]


def test_second_simulation_is_refused(docker: Callable[..., None]) -> None:
    docker(container=0)
    assert refusal() == [("unit.name-taken", "the container shop-simulate is already running")]


def test_every_name_that_runs_already_is_named(docker: Callable[..., None]) -> None:
    docker(ps="shop-api-1 api\nworker\nshop-redis-1 redis\n")
    assert refusal() == [
        ("unit.name-taken", "`api` is already running, as the container shop-api-1"),
        ("unit.name-taken", "`worker` is already running, as the container worker"),
    ]


def test_published_address_is_the_first_one(docker: Callable[..., None]) -> None:
    docker()
    assert published("shop-simulate", 9999) == "127.0.0.1:4711"
