"""One command at a time changes a stack."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from stackctl.errors import Unavailable
from stackctl.state import State


def test_second_process_learns_who_holds_the_lock(state: State) -> None:
    child = (
        "import sys\nfrom pathlib import Path\nfrom stackctl.state import State\n"
        "sys.argv = ['/bin/stackctl', 'up', '-f', 'my stack.yml']\n"
        f"with State(Path({str(state.root)!r})).lock():\n    print('held', flush=True)\n    sys.stdin.read()\n"
    )
    with subprocess.Popen([sys.executable, "-c", child], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout
        assert holder.stdin
        holder.stdout.readline()
        with pytest.raises(Unavailable) as refused, state.lock(wait_seconds=0.05):
            pass
        holder.stdin.close()
    assert f"pid {holder.pid} (stackctl up -f 'my stack.yml')" in str(refused.value)
    with state.lock(wait_seconds=5):
        pass


@pytest.fixture
def used(state: State) -> State:
    """A state that has been locked once."""
    with state.lock():
        return state


def test_a_lock_is_not_followed_through_a_link(used: State, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("data")
    (used.root / "lock").unlink()
    (used.root / "lock").symlink_to(precious)
    with used.lock():
        assert precious.read_text() == "data"
        assert (used.root / "lock").is_file()


def test_a_lock_that_is_a_folder_goes(used: State) -> None:
    (used.root / "lock").unlink()
    (used.root / "lock").mkdir()
    with used.lock():
        assert (used.root / "lock").is_file()
