"""The image of stackctl itself, built as the documentation says, without a network."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from stackctl import __version__
from stackctl.components import registry
from stackctl.conventions import ALERTMANAGER, PROMETHEUS, SIMULATE_IMAGE
from tests.e2e.real_stack import need

pytestmark = [pytest.mark.e2e, pytest.mark.docker]

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
MANIFEST = "version: 1\nname: shop\nservices: {api: {targets: [api:8000]}}\n"
# A Python whose pip has all packages at hand.
OFFLINE = f"FROM {SIMULATE_IMAGE}\nCOPY wheels /wheels\nENV PIP_NO_INDEX=1 PIP_FIND_LINKS=/wheels\n"


def docker(*arguments: str, timeout: int = 120) -> subprocess.CompletedProcess[str]:
    # The builder that is a part of the engine: the other one is a plug-in, which not every machine has.
    environ = {**os.environ, "DOCKER_BUILDKIT": "0"}
    return subprocess.run(["docker", *arguments], capture_output=True, text=True, env=environ, timeout=timeout)


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    need("docker")
    context = tmp_path_factory.mktemp("python")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    limits = ["--constraint", str(ROOT / "constraints.txt"), "--wheel-dir", str(context / "wheels")]
    subprocess.run([*pip, "wheel", *limits, str(ROOT), "hatchling"], check=True)
    (context / "Dockerfile").write_text(OFFLINE)
    python, name = f"stackctl-test-python-{uuid.uuid4().hex[:8]}", f"stackctl-test-{uuid.uuid4().hex[:8]}"
    try:
        for built in (
            docker("build", "--tag", python, str(context)),
            docker("build", "--build-arg", f"PYTHON={python}", "--tag", name, str(ROOT), timeout=240),
        ):
            assert built.returncode == 0, built.stdout + built.stderr
        yield name
    finally:
        docker("image", "rm", "--force", name, python)


@pytest.fixture
def work() -> Iterator[Path]:
    """A folder that every user may read: pytest's own are closed to others."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def stackctl(image: str, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run stackctl in the image on a folder, with as few rights as a container can have."""
    confined = ["--network", "none", "--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL"]
    return docker("run", "--rm", *confined, "--volume", f"{folder}:/work", image, *arguments)


def test_images_are_those_that_a_stack_runs() -> None:
    for name, image in (
        ("PYTHON", SIMULATE_IMAGE),
        ("PROMETHEUS", registry.component(PROMETHEUS).image),
        ("ALERTMANAGER", registry.component(ALERTMANAGER).image),
    ):
        assert f"ARG {name}={image}\n" in DOCKERFILE


def test_runs_as_nobody_on_a_file_system_that_it_cannot_write(image: str, work: Path) -> None:
    assert stackctl(image, work, "--version").stdout == f"stackctl {__version__}\n"
    user = docker("image", "inspect", "--format", "{{.Config.User}}", image)
    assert user.stdout.strip() == "65534:65534"


def test_checks_a_stack_with_promtool_and_amtool(image: str, work: Path) -> None:
    (work / "stack.yml").write_text(MANIFEST)
    checked = stackctl(image, work, "check")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    (work / "stack.yml").write_text(MANIFEST + "rules: [{file: rules.yml}]\n")
    (work / "rules.yml").write_text("groups: [{name: g, rules: [{alert: A, expr: 'up ==', for: 1m}]}]\n")
    refused = stackctl(image, work, "check")
    assert refused.returncode == 2, refused.stderr
    assert "rules.yml:1:" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_holds_nothing_of_the_checkout_but_the_package(image: str) -> None:
    listed = "import os; print(*(os.path.join(at, name) for at, _, names in os.walk('/') for name in names), sep='\\n')"
    files = docker("run", "--rm", "--entrypoint", "python3", image, "-c", listed).stdout.splitlines()
    assert "/opt/stackctl/stackctl/cli/main.py" in files
    assert not [name for name in files if name.startswith("/source") or "/.git/" in name or name.endswith("/.env")]
