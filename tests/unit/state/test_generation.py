"""Generations: what is on disk is what was rendered, and a killed process leaves the old or the new."""

from __future__ import annotations

import errno
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from stackctl import conventions as c
from stackctl.errors import InputError, StackctlError, Unavailable
from stackctl.state import Running, State, disk
from stackctl.tree import Tree
from tests.unit.state.test_state import UNITS, mode, tree


def test_generation_holds_the_tree_and_becomes_live_by_the_link(state: State) -> None:
    written = state.write(tree())
    assert state.current() is None
    state.switch(written)
    assert state.current() == written
    assert (state.live / "current" / "prometheus" / "prometheus.yml").read_bytes() == b"a: 1\n"
    assert (state.live / "current").readlink() == Path("generations") / written.id
    assert written.units() == UNITS
    assert written.index()[:2] == ("shop", "native")


def test_permissions_close_secrets_and_open_the_rest(state: State) -> None:
    written = state.write(tree())
    assert mode(state.root) == "0o700"
    assert mode(written.path) == mode(written.path / "prometheus") == "0o755"
    assert mode(written.path / "prometheus" / "prometheus.yml") == "0o644"
    assert mode(written.path / "secrets") == "0o711"
    assert mode(written.path / "secrets" / "password") == "0o400"
    assert (state.root / ".gitignore").read_text() == "*\n"


def test_same_tree_is_written_once(state: State) -> None:
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


def test_damaged_generation_is_repaired_in_place(state: State) -> None:
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


def test_id_does_not_reveal_a_password(tmp_path: Path) -> None:
    one, other = (State(tmp_path / name) for name in ("one", "other"))
    assert one.write(tree()).id != other.write(tree()).id
    assert mode(one.root / "salt") == "0o600"
    assert one.write(tree(password=b"x")).id != one.write(tree()).id


def test_prune_keeps_the_live_and_the_recorded_generation(state: State) -> None:
    written = [state.write(tree(b"%d" % number)) for number in range(6)]
    for number, one in enumerate(written):
        os.utime(one.path, (number, number))
    state.switch(written[0])
    state.record(Running("native", written[1].id))
    state.prune(2)
    assert {one.id for one in state.generations()} == {written[n].id for n in (0, 1, 4, 5)}


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


def test_next_process_repairs_after_one_killed_during_repair(tmp_path: Path) -> None:
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
