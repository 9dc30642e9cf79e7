"""Samples of a server that ran before are answered by the stack that has taken its data over, which stays as it was."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from stackctl import conventions as c
from stackctl import tools
from stackctl.components import registry
from stackctl.wait import wait_until
from tests.answers import samples
from tests.e2e.real_stack import need, stackctl
from tests.ports import free_port

pytestmark = [pytest.mark.e2e]
IMAGE = registry.component(c.PROMETHEUS).image
CONFIG = """global: {{scrape_interval: 1s}}
scrape_configs: [{{job_name: before, static_configs: [{{targets: ["localhost:{port}"]}}]}}]
"""
MANIFEST = """version: 1
name: stackctl-test-{port}
prometheus: {{listen: {port}, scrape_interval: 1s, evaluation_interval: 1s, data: {{from: {source}}}}}
"""
QUERY = 'count_over_time(up{job="before"}[1h])'


def answered(port: int) -> float:
    """Return how many samples of the former job a server has, 0 where it does not answer yet."""
    found = samples(port, QUERY)
    return float(found[0]["value"][1]) if found else 0


def content(folder: Path) -> dict[str, str]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@contextmanager
def former_process(folder: Path) -> Iterator[Path]:
    """A Prometheus that has stored samples, running, with its data in a folder."""
    port, data = free_port(), folder / "old"
    (folder / "old.yml").write_text(CONFIG.format(port=port))
    program = tools.require(c.PROMETHEUS).path
    flags = [f"--config.file={folder}/old.yml", f"--storage.tsdb.path={data}", f"--web.listen-address=127.0.0.1:{port}"]
    with (folder / "old.log").open("w") as log, subprocess.Popen([program, *flags], stderr=log) as process:
        try:
            wait_until(lambda: answered(port), lambda count: count > 1, 60)
            yield data
        finally:
            process.terminate()


@pytest.mark.native
def test_samples_of_a_folder_are_answered_natively(tmp_path: Path) -> None:
    need(c.NATIVE)
    port, manifest = free_port(), tmp_path / "stack.yml"
    manifest.write_text(MANIFEST.format(port=port, source="./old"))
    up = ("-f", str(manifest), "up", "--runtime", "native")
    with former_process(tmp_path) as data:
        refused = stackctl(*up, "--take-over")
        assert (refused.returncode, "It is in use by process" in refused.stderr) == (3, True), refused.stderr
    before = content(data)
    asked = stackctl(*up)
    assert (asked.returncode, "--take-over" in asked.stderr) == (2, True), asked.stderr
    assert not (tmp_path / ".stackctl" / "data").exists()
    try:
        done = stackctl(*up, "--take-over")
        assert done.returncode == 0, done.stderr
        assert wait_until(lambda: answered(port), lambda count: count > 1, 30) > 1
        assert stackctl("-f", str(manifest), "verify").returncode == 0
        assert stackctl("-f", str(manifest), "down").returncode == 0
        again = stackctl(*up)
        assert (again.returncode, "copying" in again.stderr) == (0, False), again.stderr
    finally:
        down = stackctl("-f", str(manifest), "down", "--volumes")
    assert down.returncode == 0, down.stderr
    assert content(data) == before


def docker(*arguments: str) -> str:
    return subprocess.run(["docker", *arguments], check=True, capture_output=True, text=True).stdout.strip()


@contextmanager
def former_container(folder: Path, name: str) -> Iterator[str]:
    """The same in a container, with its data in a volume."""
    port = free_port()
    (folder / "old.yml").write_text(CONFIG.format(port=9090))
    folder.chmod(0o755)
    mounts = ["-v", f"{folder}/old.yml:/etc/prometheus/prometheus.yml:ro", "-v", f"{name}:/prometheus"]
    docker("volume", "create", name)
    try:
        docker("run", "-d", "--name", name, *mounts, "-p", f"127.0.0.1:{port}:9090", IMAGE)
        wait_until(lambda: answered(port), lambda count: count > 1, 60)
        yield name
    finally:
        docker("rm", "--force", name)
        docker("volume", "rm", "--force", name)


@pytest.mark.docker
def test_samples_of_a_volume_are_answered_in_docker(tmp_path: Path) -> None:
    need(c.DOCKER)
    port, manifest = free_port(), tmp_path / "stack.yml"
    name = f"stackctl-test-{port}-before"
    manifest.write_text(MANIFEST.format(port=port, source=name))
    up = ("-f", str(manifest), "up", "--runtime", "docker")
    hashes = (
        "run",
        "--rm",
        "--entrypoint",
        "sh",
        "-v",
        f"{name}:/s:ro",
        IMAGE,
        "-c",
        "find /s -type f | sort | xargs md5sum",
    )
    with former_container(tmp_path, name) as container:
        refused = stackctl(*up, "--take-over")
        assert (refused.returncode, f"It is in use by container {name}" in refused.stderr) == (3, True), refused.stderr
        docker("stop", container)
        before = docker(*hashes)
        asked = stackctl(*up)
        assert (asked.returncode, "--take-over" in asked.stderr) == (2, True), asked.stderr
        try:
            done = stackctl(*up, "--take-over")
            assert done.returncode == 0, done.stderr
            assert wait_until(lambda: answered(port), lambda count: count > 1, 30) > 1
        finally:
            down = stackctl("-f", str(manifest), "down", "--volumes")
        assert down.returncode == 0, down.stderr
        assert docker(*hashes) == before


@pytest.mark.docker
@pytest.mark.parametrize(
    ("volume", "command", "options", "said"),
    [
        ("samples", "", ["--take-over"], "data: {{from: {project}_samples}}"),
        # Without its option the program has its data in a folder of the volume.
        ("samples", "--config.file=/etc/prometheus/prometheus.yml", ["--take-over"], "{{from: {project}_samples}}"),
        # The volume has the name of the stack's own, so there is nothing to copy.
        (
            "prometheus-data",
            "",
            [],
            "begins with the data in `{project}_prometheus-data`, which is not copied",
        ),
    ],
)
def test_samples_of_an_adopted_compose_project_are_answered(
    tmp_path: Path, volume: str, command: str, options: list[str], said: str
) -> None:
    need(c.DOCKER)
    port, project = free_port(), f"stackctl-test-adopted-{free_port()}"
    folder = tmp_path / project
    folder.mkdir()
    folder.chmod(0o755)
    (folder / "prometheus.yml").write_text(CONFIG.format(port=9090))
    (folder / "compose.yaml").write_text(
        f"services:\n  prometheus:\n    image: {IMAGE}\n    ports: ['127.0.0.1:{port}:9090']\n    volumes:\n"
        f"      - ./prometheus.yml:/etc/prometheus/prometheus.yml:ro\n      - {volume}:/prometheus\n"
        f"{f'    command: {command}' if command else ''}\n"
        f"volumes: {{{volume}: {{}}}}\n"
    )
    compose = ("compose", "-f", str(folder / "compose.yaml"))
    try:
        docker(*compose, "up", "-d")
        wait_until(lambda: answered(port), lambda count: count > 1, 60)
        docker(*compose, "down")
        adopted = stackctl("adopt", *options, str(folder))
        assert adopted.returncode == 0, adopted.stderr
        assert said.format(project=project) in (folder / "stack.yml").read_text()
        up = stackctl("-f", str(folder / "stack.yml"), "up", *options)
        assert up.returncode == 0, up.stderr
        assert wait_until(lambda: answered(port), lambda count: count > 1, 30) > 1
    finally:
        down = stackctl("-f", str(folder / "stack.yml"), "down", "--volumes")
        left = docker("volume", "ls", "--quiet").split()
        docker(*compose, "down", "--volumes")
    # What the stack has not made is still there, and named.
    assert [name for name in left if name.startswith(project)] == [f"{project}_{volume}"]
    assert f"docker volume rm {project}_{volume}" in down.stdout
