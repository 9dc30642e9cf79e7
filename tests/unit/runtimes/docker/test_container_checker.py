"""Checkers in containers: in which one they run, what they see, and what is made of their words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stackctl import conventions as c
from stackctl.diagnostic import Diagnostic
from stackctl.program import Ended
from stackctl.runtimes.checkers import FILES, TREE, Call
from stackctl.runtimes.docker import command
from stackctl.runtimes.docker.container_checker import Contained, is_not_running, run_in

CALL = Call("prometheus", "promtool", ("check", "rules", f"{TREE}/rules.yml", f"{FILES}/a.yml"), {"a.yml": b"a"})
IMAGE = "prom/prometheus:v3"
SEEN = f"{c.CONTAINER_MOUNT}/{c.GENERATIONS}/abc"


def contained(
    live: Path, *, running: str = IMAGE, groups: tuple[str, ...] = ("7",), shared: int | None = 7
) -> Contained:
    return Contained("shop", live, "abc", {"prometheus": IMAGE}, {"prometheus": running}, lambda _: groups, shared)


class Docker:
    """The docker command: the outputs of its calls, one after the other, and its calls without the temporary names."""

    def __init__(self, *outputs: str | Diagnostic) -> None:
        self.outputs, self.calls = list(outputs), list[list[str]]()
        self.modes: list[str] = []
        self.live = Path()

    def check(self, _: str, *arguments: str, **__: Any) -> Ended | Diagnostic:
        self.calls.append(list(arguments))
        folders = list(self.live.glob(".call-*"))
        self.modes += [oct(path.stat().st_mode & 0o777) for folder in folders for path in (folder, *folder.iterdir())]
        said = self.outputs.pop(0)
        return said if isinstance(said, Diagnostic) else Ended(1 if said else 0, said.replace("CALL", self._call()))

    def _call(self) -> str:
        return f"{c.CONTAINER_MOUNT}/{next(self.live.glob('.call-*'), Path()).name}"


@pytest.fixture
def docker(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Docker:
    made = Docker()
    made.live = tmp_path
    monkeypatch.setattr(command, "check", made.check)
    return made


def test_checker_runs_in_the_container_of_its_unit(docker: Docker, tmp_path: Path) -> None:
    docker.outputs = [""]
    assert contained(tmp_path)(CALL).code == 0
    ((action, name, *words),) = docker.calls
    assert (action, name) == ("exec", "shop-prometheus-1")
    assert words[:4] == ["/bin/promtool", "check", "rules", f"{SEEN}/rules.yml"]
    # The users of containers have to read what is written for the call.
    assert docker.modes == ["0o755", "0o644"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "options",
    [{"running": "prom/prometheus:v2"}, {"groups": ()}, {"groups": ("8",)}, {"shared": 8}],
)
def test_container_of_another_image_or_group_does_not_do(
    options: dict[str, Any], docker: Docker, tmp_path: Path
) -> None:
    docker.outputs = [""]
    contained(tmp_path, **options)(CALL)
    ((*before, program, image, _, _, _, _),) = docker.calls
    assert before[0] == "run"
    assert (program, image) == ("/bin/promtool", IMAGE)
    assert before[before.index("--mount") + 1] == f'type=bind,"source={tmp_path}",target={c.CONTAINER_MOUNT},readonly'
    assert before[before.index("--group-add") + 1] == str(options.get("shared", 7))
    assert before[before.index("--network") + 1] == "none"


@pytest.mark.parametrize(
    "words",
    [
        "Error response from daemon: No such container: shop-prometheus-1",
        "Error response from daemon: container 3f is not running",
        "Error response from daemon: Container shop-prometheus-1 is paused, unpause the container before exec",
        "Error response from daemon: Container 3f is restarting, wait until the container is running",
    ],
)
def test_container_that_has_ended_meanwhile_is_replaced_by_one_for_the_call(
    words: str, docker: Docker, tmp_path: Path
) -> None:
    docker.outputs = [words, ""]
    assert contained(tmp_path)(CALL).code == 0
    assert [call[0] for call in docker.calls] == ["exec", "run"]


def test_words_name_the_tree_and_the_files_of_the_call(docker: Docker, tmp_path: Path) -> None:
    docker.outputs = [f"{SEEN}/rules.yml: no; CALL/a.yml: no"]
    verdict = contained(tmp_path)(CALL)
    assert (verdict.code, verdict.output) == (1, f"{TREE}/rules.yml: no; {FILES}/a.yml: no")


@pytest.mark.parametrize(
    "words",
    [
        "OCI runtime exec failed: exec failed: unable to start container process",
        'exec: "/bin/promtool": executable file not found in $PATH',
        "exec /bin/promtool: exec format error",
    ],
)
def test_image_without_the_program_is_named(words: str, docker: Docker, tmp_path: Path) -> None:
    docker.outputs = [words]
    unusable = contained(tmp_path)(CALL).unusable
    assert unusable is not None
    assert unusable.summary == f"promtool cannot be run in the image {IMAGE}"
    assert unusable.cause == words


def test_checker_that_does_not_end_is_reported_as_that(docker: Docker, tmp_path: Path) -> None:
    late = Diagnostic("checker.unusable", "promtool does not end")
    docker.outputs = [late]
    assert contained(tmp_path)(CALL).unusable == late


def test_program_runs_in_the_container_of_a_unit(docker: Docker) -> None:
    docker.outputs = ["Error response from daemon: No such container: shop-grafana-1"]
    verdict = run_in("shop", "grafana", ["ls", "/data"])
    assert docker.calls == [["exec", "shop-grafana-1", "ls", "/data"]]
    assert is_not_running(verdict)
