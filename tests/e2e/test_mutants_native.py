"""Every way to break a good stack must turn `verify` red, natively: the right check, and nothing else."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from stackctl.wait import wait_until
from tests.e2e.mutants import NATIVE, PATIENCE_SECONDS, Good, Mutant, good_stack, kill, wait_green
from tests.e2e.real_stack import App, cannot_run, need
from tests.ports import free_port

pytestmark = [pytest.mark.e2e, pytest.mark.native, pytest.mark.long]


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Good]:
    with good_stack("native", tmp_path_factory.mktemp("mutants")) as made:
        yield made


@pytest.mark.parametrize("mutant", NATIVE, ids=lambda each: each.name)
def test_a_mutant_is_killed(good: Good, mutant: Mutant, record_property: Callable[[str, object], None]) -> None:
    record_property("mutant", "native")
    kill(good, mutant)


SMALL = """\
version: 1
name: stackctl-full-{prometheus}
prometheus: {{listen: "127.0.0.1:{prometheus}", scrape_interval: 1s, evaluation_interval: 1s}}
services: {{self: {{targets: ["localhost:{prometheus}"]}}}}
"""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk of 64 MB, in a mount of our own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64m", "stackctl-test", str(folder)], capture_output=True, timeout=20
    )
    if mounted.returncode:
        cannot_run(f"no small disk can be mounted: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True, timeout=20)


def test_a_full_disk_is_reported_though_every_target_is_up(
    small_disk: Path, record_property: Callable[[str, object], None]
) -> None:
    record_property("mutant", "native")
    good = Good(small_disk, "native", App("127.0.0.1", 0), {"prometheus": free_port()})
    need("native")
    (small_disk / "stack.yml").write_text(SMALL.format(**good.ports))
    try:
        good.run("up", "--runtime", "native")
        wait_green(good)
        with (small_disk / "ballast").open("wb", buffering=0) as ballast, suppress(OSError):
            while True:
                ballast.write(bytes(4096))
        # The page of the log that is begun still has room for some scrapes.
        seen = wait_until(lambda: good.red("--timeout", "4s"), bool, PATIENCE_SECONDS, what="the full disk to be seen")
    finally:
        (small_disk / "ballast").unlink(missing_ok=True)
        good.run("down", code=None)
    assert seen == {"prometheus.storage prometheus"}
