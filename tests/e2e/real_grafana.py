"""A real Grafana, which tests/servers/grafana.py has built."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.e2e.grafana_stand_in import install
from tests.e2e.real_stack import cannot_run
from tests.program import Ran
from tests.servers import grafana

# What the first start of this Grafana fails of when a second begins between two of its steps: it looks for the
# organization that it has just made by the time too.
_UNLUCKY, _STARTS = "failed to create default organization", 5
KINDS = ["stand-in", "real"]


def program_folder(kind: str, folder: Path) -> Path:
    """The folder of its program, for PATH; a stand-in is installed in `folder`."""
    if kind == "stand-in":
        return install(folder)
    found = grafana.home() / "bin"
    if not found.is_dir():
        cannot_run("no Grafana: run tests/servers/up")
    return found


def up(run: Callable[..., Ran]) -> None:
    """Bring a stack up natively by `run`, again for as long as the first start of this Grafana has bad luck."""
    for _ in range(_STARTS):
        ran = run("up", "--runtime", "native")
        if _UNLUCKY not in ran.stderr:
            break
    assert ran.returncode == 0, ran.stderr


@contextmanager
def running(run: Callable[..., Ran]) -> Iterator[None]:
    """Bring a stack up by `run`, and take it down with its data at the end."""
    try:
        up(run)
        yield
    finally:
        ran = run("down", "--volumes")
        assert ran.returncode == 0, ran.stderr
