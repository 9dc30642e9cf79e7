"""What users install is the wheel: a data file that was left out of it shows here."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from stackctl import __version__

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted(path.parent.name for path in ROOT.glob("examples/*/stack.yml"))


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel in it; the dependencies are those of this one."""
    home = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "wheel", "--no-deps", "--wheel-dir", str(home), str(ROOT)], check=True)
    (wheel,) = home.glob("*.whl")
    venv.create(home / "venv", symlinks=True)
    python = home / "venv" / "bin" / "python"
    subprocess.run([*pip, "--python", str(python), "install", "--no-deps", str(wheel)], check=True)
    (packages,) = (home / "venv" / "lib").glob("python*/site-packages")
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return home / "venv" / "bin"


def run(installed: Path, folder: Path, *command: str) -> str:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    ran = subprocess.run([str(installed / command[0]), *command[1:]], cwd=folder, env=environ, capture_output=True)
    assert ran.returncode == 0, ran.stderr.decode()
    return ran.stdout.decode()


def test_the_installed_package_is_the_one_that_runs(installed: Path, tmp_path: Path) -> None:
    where = run(installed, tmp_path, "python", "-c", "import stackctl; print(stackctl.__file__)")
    assert where.startswith(str(installed.parent))
    assert run(installed, tmp_path, "stackctl", "--version") == f"stackctl {__version__}\n"
    assert run(installed, tmp_path, "stackctl", "schema").startswith("{")
    assert "HttpErrors" in run(installed, tmp_path, "stackctl", "packs", "show", "http")


@pytest.mark.parametrize(
    "example", ["", *(path.name for path in sorted((ROOT / "examples").iterdir()) if path.is_dir())]
)
def test_what_init_writes_renders_from_the_wheel(installed: Path, tmp_path: Path, example: str) -> None:
    chosen = ["--example", example] if example else []
    run(installed, tmp_path, "stackctl", "init", ".", *chosen)
    run(installed, tmp_path, "stackctl", "render", "--out", "tree")
    assert (tmp_path / "tree" / "prometheus" / "prometheus.yml").is_file()
