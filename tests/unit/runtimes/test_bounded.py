from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from stackctl.diagnostic import Diagnostic
from stackctl.errors import CheckFailed, Unavailable
from stackctl.operations.checker_errors import error_of
from stackctl.runtimes.bounded import Ended, run
from stackctl.runtimes.checkers import Call, Texts, Verdict
from stackctl.runtimes.docker import engine
from stackctl.runtimes.select import choose
from stackctl.runtimes.validation import validate


def test_returns_code_and_output() -> None:
    program = "import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)"
    ended = run("python", [sys.executable, "-uc", program])
    assert ended == Ended(3, "out\nerr\n")


def test_kills_what_does_not_end_with_its_children() -> None:
    begun = time.monotonic()
    found = run("sleeper", ["sh", "-c", "sleep 1000 & sleep 1000"], seconds=0.2)
    assert isinstance(found, Diagnostic)
    assert "0.2 seconds" in found.cause
    assert time.monotonic() - begun < 20


@pytest.mark.parametrize("mode", [0o644, 0o755])
def test_reports_what_cannot_be_run(tmp_path: Path, mode: int) -> None:
    program = tmp_path / "promtool"
    program.write_bytes(b"\x7fELF but not really")
    program.chmod(mode)
    found = run("promtool", [str(program)])
    assert isinstance(found, Diagnostic)
    assert found.summary == "promtool cannot be run"


def test_reports_an_unusable_checker_once(tmp_path: Path) -> None:
    for folder, name in (("prometheus", "prometheus.yml"), ("prometheus", "web.yml")):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / name).write_text("{}")
    unusable = Diagnostic("checker.unusable", "promtool does not answer")

    def checker(call: Call) -> Verdict:
        return Verdict(1, "", unusable=unusable)

    assert validate(tmp_path, Texts(), checker) == [unusable]


def test_error_says_whether_only_the_checkers_failed() -> None:
    assert isinstance(error_of([Diagnostic("checker.unusable", "x")]), Unavailable)
    assert isinstance(error_of([Diagnostic("checker.unusable", "x"), Diagnostic("usage.option", "y")]), CheckFailed)


def test_plugins_that_cannot_be_read_count_as_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cli-plugins").mkdir()
    (tmp_path / "cli-plugins" / "docker-compose").write_text("not executable")
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setattr(engine, "_PLUGIN_PARENTS", ())
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not engine.has_compose()


def test_refuses_a_colon_in_the_path_of_a_docker_stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from stackctl.errors import InputError
    from stackctl.runtimes.docker import runtime as docker

    monkeypatch.setattr(engine, "has_compose", lambda: True)
    monkeypatch.setattr(docker.Docker, "client", object())
    with pytest.raises(InputError, match="there is a colon in its path"):
        choose("docker", "shop", tmp_path / "a:b" / ".stackctl")


def test_containers_of_a_path_with_a_comma_are_ours(tmp_path: Path) -> None:
    """Compose joins the files that it was given by commas."""
    from stackctl.runtimes.docker.containers import CONFIG, started_from

    own = tmp_path / "a,b" / ".stackctl"
    assert started_from({CONFIG: f"{own}/live/generations/1/compose.yaml"}) == own
    assert (
        started_from({CONFIG: f"{tmp_path}/a/.stackctl/live/generations/1/compose.yaml"})
        == tmp_path / "a" / ".stackctl"
    )
    assert started_from({CONFIG: f"{tmp_path}/tree/compose.yaml"}) == tmp_path / "tree"
    assert started_from({}) is None
