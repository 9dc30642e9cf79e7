from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from stackctl import conventions as c
from stackctl.errors import InputError, StackctlError, Unavailable
from stackctl.state import Entry, Running, State, disk
from stackctl.tree import File, Tree, Unit, dump_units

UNITS = (Unit("prometheus", reads="r1"),)


def tree(content: bytes = b"a: 1\n", password: bytes = b"hunter2") -> Tree:
    files = {
        "prometheus/prometheus.yml": File(content),
        "secrets/password": File(password, secret=True),
        c.UNITS_FILE: File(dump_units("shop", "native", UNITS)),
    }
    return Tree("shop", "native", files, UNITS)


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State.beside(tmp_path / "stack.yml")


def mode(path: Path) -> str:
    return oct(stat.S_IMODE(path.stat().st_mode))


def test_reading_must_not_create_anything(state: State) -> None:
    assert (state.current(), state.running(), state.generations()) == (None, None, ())
    assert state.kept_secret("x") is None
    assert not state.root.exists()


def test_a_generation_must_hold_the_tree_and_become_live_by_the_link(state: State) -> None:
    written = state.write(tree())
    assert state.current() is None
    state.switch(written)
    assert state.current() == written
    assert (state.live / "current" / "prometheus" / "prometheus.yml").read_bytes() == b"a: 1\n"
    assert (state.live / "current").readlink() == Path("generations") / written.id
    assert written.units() == UNITS
    assert written.index()[:2] == ("shop", "native")


def test_permissions_must_close_secrets_and_open_the_rest(state: State) -> None:
    written = state.write(tree())
    assert mode(state.root) == "0o700"
    assert mode(written.path) == mode(written.path / "prometheus") == "0o755"
    assert mode(written.path / "prometheus" / "prometheus.yml") == "0o644"
    assert mode(written.path / "secrets") == "0o711"
    assert mode(written.path / "secrets" / "password") == "0o400"
    assert (state.root / ".gitignore").read_text() == "*\n"


def test_the_same_tree_must_be_written_once(state: State) -> None:
    first = state.write(tree())
    inode = first.path.stat().st_ino
    assert state.write(tree()) == first
    assert first.path.stat().st_ino == inode
    assert state.write(tree(b"a: 2\n")) != first


def test_a_damaged_generation_is_written_again(state: State) -> None:
    written = state.write(tree())
    (written.path / "prometheus" / "prometheus.yml").write_text("edited")
    (written.path / "extra").touch()
    (written.path / "secrets" / "password").unlink()
    assert state.read(written) is None
    assert state.write(tree()) == written
    assert (written.path / "prometheus" / "prometheus.yml").read_bytes() == b"a: 1\n"
    assert not (written.path / "extra").exists()
    assert mode(written.path / "secrets" / "password") == "0o400"
    assert state.read(written) == tree()


def test_a_damaged_generation_is_mended_in_its_place_because_servers_run_on_it(state: State) -> None:
    written = state.write(tree())
    inode = written.path.stat().st_ino
    (written.path / "prometheus" / "prometheus.yml").unlink()
    (written.path / "prometheus" / "prometheus.yml").mkdir()
    (written.path / "secrets" / "password").unlink()
    (written.path / "secrets").rmdir()
    assert state.write(tree()) == written
    assert state.read(written) == tree()
    assert written.path.stat().st_ino == inode


def test_a_generation_is_read_as_it_was_written(state: State) -> None:
    written = state.write(tree())
    assert state.read(written) == tree()
    (written.path / c.UNITS_FILE).write_text("{}")
    assert state.read(written) is None
    with pytest.raises(Unavailable, match=f"generation {written.id} has been damaged: .*{c.UNITS_FILE}"):
        written.units()


def test_a_discarded_generation_goes_unless_it_is_live(state: State) -> None:
    live, other = state.write(tree()), state.write(tree(b"other"))
    state.switch(live)
    for one in (live, other, other):
        state.discard(one)
    assert state.generations() == (live,)


def test_an_id_must_not_tell_a_password(tmp_path: Path) -> None:
    one, other = (State(tmp_path / name) for name in ("one", "other"))
    assert one.write(tree()).id != other.write(tree()).id
    assert mode(one.root / "salt") == "0o600"
    assert one.write(tree(password=b"x")).id != one.write(tree()).id


def test_prune_must_keep_the_live_and_the_recorded_one(state: State) -> None:
    written = [state.write(tree(b"%d" % number)) for number in range(6)]
    for number, one in enumerate(written):
        os.utime(one.path, (number, number))
    state.switch(written[0])
    state.record(Running("native", written[1].id))
    state.prune(2)
    assert {one.id for one in state.generations()} == {written[n].id for n in (0, 1, 4, 5)}


def test_a_record_comes_back_as_it_was(state: State) -> None:
    running = Running("docker", "abc", {"node": "no image"}, 12.5)
    with state.lock():
        state.record(running)
    assert state.running() == running
    state.record(None)
    assert state.running() is None


def test_nothing_is_known_of_what_is_loaded_while_a_change_is_under_way(state: State) -> None:
    old, new = state.write(tree()), state.write(tree(b"new"))
    state.record(Running("native", old.id, {"node": "no image"}, 12.5))
    assert state.known() == tree()
    state.begin(Entry("reload", 13.5, going_to=new.id))
    assert state.running() == Running("native", old.id, {"node": "no image"}, 12.5, new.id, 13.5)
    assert state.known() is None
    state.end()
    assert state.known() == tree()


def test_what_an_interrupted_change_left_unknown_outlives_the_next_one(state: State) -> None:
    """A reload to B is killed, and one back to A is killed too: servers may still hold B."""
    a, b = state.write(tree()), state.write(tree(b"b"))
    state.record(Running("native", a.id))
    state.begin(Entry("reload", 1.0, going_to=b.id))
    state.begin(Entry("reload", 2.0, going_to=a.id))
    state.end()
    running = state.running()
    assert running is not None
    assert (running.generation, running.partly) == (a.id, b.id)


def test_a_change_that_was_recorded_has_ended(state: State) -> None:
    new = state.write(tree())
    state.begin(Entry("reload", 1.0, going_to=new.id))
    state.record(Running("native", new.id))
    running = state.running()
    assert running is not None
    assert running.partly == ""


def test_a_failed_change_leaves_what_it_was_bringing_in_on_record(state: State) -> None:
    old, new = state.write(tree()), state.write(tree(b"new"))
    state.record(Running("native", old.id))
    state.begin(Entry("up", 1.0, going_to=new.id))
    state.give_up()
    assert state.intent() is None
    running = state.running()
    assert running is not None
    assert running.partly == new.id


@pytest.mark.parametrize("content", ["", "{", "[]", "3", '{"other": 1}'])
def test_a_damaged_record_counts_as_none(state: State, content: str) -> None:
    with state.lock():
        (state.root / "running.json").write_text(content)
    assert state.running() is None


def test_a_secret_is_made_once_and_never_shown(state: State) -> None:
    made = state.generated_secret("grafana")
    assert state.generated_secret("grafana") == made == state.kept_secret("grafana")
    assert len(made.reveal()) >= 32
    assert str(made) == "***"
    assert mode(state.root / "secrets" / "grafana") == "0o600"


def test_the_second_process_must_be_told_who_holds_the_lock(state: State) -> None:
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


@pytest.mark.parametrize(
    ("number", "kind", "words"),
    [
        (errno.ENOSPC, Unavailable, "Make room on this disk"),
        (errno.EACCES, InputError, "Make the folder writable"),
        (errno.EROFS, InputError, "Make the folder writable"),
        (errno.EIO, Unavailable, "Check the disk"),
    ],
)
def test_a_disk_that_refuses_leaves_the_old_generation(
    state: State, monkeypatch: pytest.MonkeyPatch, number: int, kind: type[StackctlError], words: str
) -> None:
    old = state.write(tree())
    state.switch(old)

    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("stackctl.state.generation._write", refuse)
    with pytest.raises(kind) as failed:
        state.write(tree(b"new"))
    assert words in str(failed.value)
    assert state.current() == old
    assert state.generations() == (old,)
    assert list((state.live / "generations").glob(f"{disk.TEMPORARY}*")) == []


def test_a_process_killed_at_any_step_leaves_the_old_or_the_new(tmp_path: Path) -> None:
    """A child does a whole update and is killed at its first change of the disk, then at its second, ..."""
    new = replace(tree(b"new"))
    steps = 0
    while True:
        state = State(tmp_path / str(steps))
        with state.lock():
            old = state.write(tree())
            state.switch(old)
            state.record(Running("native", old.id))
        finished = _update_until(state, new, steps)

        current = state.current()
        assert current is not None
        assert (current.path / "prometheus" / "prometheus.yml").read_bytes() in {b"a: 1\n", b"new"}
        assert {one.id for one in state.generations()} >= {current.id}
        assert state.running() is not None
        _update(state, new)
        assert (state.live / "current" / "prometheus" / "prometheus.yml").read_bytes() == b"new"
        assert list(state.root.rglob(f"{disk.TEMPORARY}*")) == []
        if finished:
            break
        steps += 1
    assert steps > 10


def test_a_process_killed_while_it_mends_leaves_a_live_generation_that_the_next_one_mends(tmp_path: Path) -> None:
    finished, steps = False, 0
    while not finished:
        state = State(tmp_path / str(steps))
        with state.lock():
            live = state.write(tree())
            state.switch(live)
        for name in ("prometheus/prometheus.yml", "secrets/password"):
            (live.path / name).write_text("by hand")
        finished = _update_until(state, tree(), steps)
        assert state.current() == live
        assert (live.path / "prometheus" / "prometheus.yml").read_bytes() in {b"a: 1\n", b"by hand"}
        _update(state, tree())
        assert state.read(live) == tree()
        steps += 1
    assert steps > 4


def _update(state: State, new: Tree) -> None:
    with state.lock():
        written = state.write(new)
        state.switch(written)
        state.record(Running("native", written.id))
        state.prune(1)


def _update_until(state: State, new: Tree, steps: int) -> bool:
    """Whether a child finished the update; it is killed before change number `steps`."""
    child = os.fork()
    if not child:
        left = steps

        def count(event: str, arguments: tuple[object, ...]) -> None:
            nonlocal left
            changes = event in {"os.rename", "os.mkdir", "os.symlink", "os.remove", "os.rmdir", "os.chmod", "os.utime"}
            if changes or (event == "open" and arguments[1] not in {"r", "rb", None}):
                left -= 1
                if left < 0:
                    os.kill(os.getpid(), 9)

        sys.addaudithook(count)
        _update(state, new)
        os._exit(0)
    return os.waitpid(child, 0)[1] == 0
