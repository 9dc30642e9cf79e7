"""Commands work, or say why not, in surroundings that a user's machine may have."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

MANIFEST = "version: 1\nname: shop\nservices: {api: {targets: ['localhost:1']}}\n"
HOMES = ("HOME", "XDG_CACHE_HOME", "STACKCTL_CACHE_DIR", "STACKCTL_TOOLS_DIR", "DOCKER_CONFIG")
MAIN = "import os, shutil, sys; from stackctl.cli.main import main; {} sys.exit(main(sys.argv[1:]))"


def run(folder: Path, program: str, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """A program in Python, in a folder, with the variables of this process but for those that lead to a home."""
    env = {key: value for key, value in os.environ.items() if key not in HOMES}
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, cwd=folder, env={**env, **environ}, capture_output=True, text=True, check=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "stack.yml").write_text(MANIFEST)
    return tmp_path


def test_works_without_home_and_passwd_entry(folder: Path) -> None:
    missing = "import pwd; pwd.getpwuid = lambda uid: {}[uid];"
    for command in (["check"], ["tools", "list"], ["status"]):
        ran = run(folder, MAIN.format(missing), *command)
        assert ran.returncode != 4, ran.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become another user")
def test_a_home_that_may_not_be_entered_is_one_without_programs(tmp_path: Path) -> None:
    (tmp_path / ".cache" / "stackctl" / "tools" / "current" / "prometheus").mkdir(parents=True)
    (tmp_path / ".docker" / "cli-plugins").mkdir(parents=True)
    tmp_path.chmod(0o700)
    program = """
import os
from stackctl.runtimes.docker import engine
from stackctl.tools import cache, locate
os.setuid(65534)
print(locate("prometheus"), locate("promtool"), [cache.origin("prometheus")], engine.has_compose())
"""
    ran = run(Path("/"), program, HOME=str(tmp_path), PATH=str(tmp_path))
    assert ran.stdout.startswith("None None [''] "), ran.stderr


def test_says_that_the_working_directory_is_gone(tmp_path: Path) -> None:
    lost = tmp_path / "lost"
    lost.mkdir()
    ran = run(lost, MAIN.format("shutil.rmtree(os.getcwd());"), "check")
    assert ran.returncode == 2
    assert "the working directory no longer exists" in ran.stderr


def test_marks_differ_on_a_terminal_that_knows_only_latin_1(folder: Path) -> None:
    good = run(folder, MAIN.format(""), "check", PYTHONIOENCODING="latin-1", PATH="/usr/bin:/bin")
    assert good.returncode == 0, good.stderr
    assert "+ shop" in good.stdout
    assert "?" not in good.stdout
