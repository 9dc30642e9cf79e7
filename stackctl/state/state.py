"""The `.stackctl` folder.

    .stackctl/
      live/                       mounted into the containers
        generations/<id>/...      immutable written trees
        current -> generations/<id>
      data/<unit>/                native data
      logs/  pids/                native logs and pid files
      secrets/                    secrets that stackctl made
      journal.json                the operation that has begun and not ended
      home.json                   which folder this state belongs to
      lock  running.json  salt  suggested

Every change of a name is one rename, so that a process killed anywhere leaves the old state or the new one.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from stackctl import conventions as c
from stackctl import home
from stackctl.bounds.files import read_bytes, read_text
from stackctl.bounds.permission import Refusal, refusal
from stackctl.errors import InputError, Unavailable
from stackctl.home import Home, Place
from stackctl.source import Secret
from stackctl.state import disk, generation, lock
from stackctl.state.generation import Generation
from stackctl.state.journal import Entry
from stackctl.state.logins import RefusedLogins
from stackctl.state.running import Running
from stackctl.tree import Tree

_SECRET_BYTES = 24
_SALT_BYTES = 16
LOCK_WAIT_SECONDS = 30.0


@dataclass(frozen=True)
class State:
    """The state folder at `root` (absolute). Reading never creates it; every other method may.

    Methods that write want the lock to be held. They raise Unavailable for a full or failing disk and
    InputError for a folder that may not be written. All raise InputError for a state that this user may not read.
    """

    root: Path

    @classmethod
    def beside(cls, manifest: Path) -> State:
        """The state of the stack that `manifest` declares; the manifest need not be readable."""
        return cls(manifest.absolute().parent / c.STATE_DIR)

    @property
    def live(self) -> Path:
        """The folder that containers mount."""
        return self.root / "live"

    # -- generations ------------------------------------------------------------------------------------------

    def write(self, tree: Tree) -> Generation:
        """Write `tree` as a generation, or find it already written. It is not made live."""
        with disk.explained(self.root):
            self._create()
            name = generation.identify(tree, self.salt())
            folder = self._generations / name
            if generation.is_whole(folder, tree):
                os.utime(folder)  # `prune` keeps what was used last
            elif folder.is_dir():
                generation.repair(tree, folder)
            else:
                generation.write(tree, folder)
            return Generation(name, folder)

    def identify(self, tree: Tree) -> str:
        """The id of the generation that `tree` is or would become. Writes nothing but the salt, once."""
        with disk.explained(self.root):
            self._create()
            return generation.identify(tree, self.salt())

    def read(self, of: Generation) -> Tree | None:
        """The tree that was written as a generation; None when its files are not what was written."""
        return generation.read(of, self.kept_salt())

    def known(self) -> Tree | None:
        """The tree that every unit has loaded.

        None when that is not known, and when its files were changed by hand: those may have been loaded.
        """
        running = self.running()
        if running is None or running.partly:
            return None
        return next((self.read(one) for one in self.generations() if one.id == running.generation), None)

    def unswitch(self) -> None:
        """Have no live generation, as before the first one."""
        with disk.explained(self.live):
            (self.live / c.CURRENT).unlink(missing_ok=True)

    def discard(self, one: Generation) -> None:
        """Remove a generation that has not come into force, unless it is the live one."""
        if one != self.current() and one.path.is_dir():
            with disk.explained(self._generations):
                disk.remove_folder(one.path)

    def switch(self, to: Generation) -> None:
        """Make a generation the live one, atomically; going back is the same call with the older one."""
        with disk.explained(self.live):
            disk.point(self.live / c.CURRENT, f"{c.GENERATIONS}/{to.id}")

    def current(self) -> Generation | None:
        """The live generation, or None when none was ever made live."""
        try:
            name = Path((self.live / c.CURRENT).readlink()).name
        except OSError:
            self.refuse_unreadable()
            return None
        found = Generation(name, self._generations / name)
        return found if found.path.is_dir() else None

    def generation(self, id: str) -> Generation | None:
        """The written generation of that id, if there is one."""
        folder = self._generations / id
        return Generation(id, folder) if id and folder.is_dir() else None

    def generations(self) -> tuple[Generation, ...]:
        """All written generations, the last used first."""
        if not self._generations.is_dir():
            return ()
        found = self._generations.iterdir()
        folders = [path for path in found if path.is_dir() and not path.name.startswith(disk.TEMPORARY)]
        folders.sort(key=lambda path: path.stat().st_mtime, reverse=True)
        return tuple(Generation(path.name, path) for path in folders)

    def prune(self, keep: int) -> None:
        """Remove generations but for the `keep` last used ones, the live one and those on record."""
        current, running, entry = self.current(), self.running(), self.intent()
        kept = {current.id if current else "", running.generation if running else ""}
        kept |= {entry.before, entry.going_to} if entry else set()
        with disk.explained(self._generations):
            for old in self.generations()[keep:]:
                if old.id not in kept:
                    disk.remove_folder(old.path)

    # -- what runs --------------------------------------------------------------------------------------------

    def running(self) -> Running | None:
        """Return what the last `up` or `reload` left running, or None. While one runs, what is loaded is not known."""
        try:
            found = Running.load(read_bytes(self._record))
        except OSError:
            self.refuse_unreadable()
            return None
        entry = self.intent()
        if found and entry and entry.going_to and (entry.going_to != found.generation or found.partly):
            return replace(found, partly=found.partly or entry.going_to, partly_since=entry.started_at)
        return found

    def record(self, running: Running | None) -> None:
        """Remember what runs; None that nothing does."""
        with disk.explained(self._record):
            if running is None:
                self._record.unlink(missing_ok=True)
            else:
                disk.write_file(self._record, running.dump(), 0o600)

    def refusal(self) -> Refusal | None:
        """Return what keeps this user from reading the state: None when it can, and when there is no state."""
        return refusal(self._record) or refusal(self._journal)

    def refuse_unreadable(self) -> None:
        """Raise InputError for a state that this user may not read. It is not nothing: a stack may be running."""
        if refused := self.refusal():
            summary = "no permission to read the state of this stack"
            raise InputError.of("state.unreadable", summary, cause=refused.cause, remedy=refused.remedy)

    # -- what is under way ------------------------------------------------------------------------------------

    def intent(self) -> Entry | None:
        """The operation that has begun and not ended: at work right now, or interrupted."""
        try:
            return Entry.load(read_bytes(self._journal))
        except FileNotFoundError:
            return None
        except OSError:
            self.refuse_unreadable()
            return Entry.load(b"")

    def intend(self, entry: Entry) -> None:
        """Write `entry` into the journal, in place of what is there."""
        with disk.explained(self._journal):
            self._create()
            disk.write_file(self._journal, entry.dump(), 0o600)

    def begin(self, entry: Entry) -> None:
        """Write the intent of an operation. What an interrupted one before it has left unknown stays on record."""
        if self.intent() and (running := self.running()):
            self.record(running)
        self.intend(entry)

    def end(self) -> None:
        """Empty the journal: the operation in it has ended, or has been undone."""
        with disk.explained(self._journal):
            if self._journal.is_dir():
                disk.remove_folder(self._journal)
            self._journal.unlink(missing_ok=True)

    def give_up(self) -> None:
        """End the operation in the journal, which has failed: what it was bringing in may be loaded by some units."""
        running = self.running()
        if running and running.partly:
            self.record(running)
        self.end()

    # -- the folder it belongs to -----------------------------------------------------------------------------

    def home(self) -> Home:
        """The record of the folder that this state belongs to; an empty one when there is none."""
        return home.read(self.root) or Home("", "")

    def place(self) -> Place:
        """Compare this state's location with its record."""
        return home.place(self.root, home.read(self.root))

    def settle(self) -> None:
        """Record that the state belongs to the folder that it is in now."""
        self._write_home(replace(self.home(), folder=str(home.resolved(self.root))))

    def separate(self) -> None:
        """Make this copy of another folder's state a state of its own, which runs nothing."""
        self.record(None)
        with disk.explained(self.root):
            if (self.root / "pids").is_dir():
                disk.remove_folder(self.root / "pids")
        self._write_home(self._new_home(time.time()))

    def keep_data_in(self, runtime: str) -> None:
        """Remember which runtime has the stack's data, "" for none."""
        found = self.home()
        if found.runtime != runtime:
            self._write_home(replace(found, runtime=runtime))

    def _write_home(self, record: Home) -> None:
        with disk.explained(self.root):
            disk.write_file(self.root / home.FILE, record.dump(), 0o600)

    def _new_home(self, made_at: float) -> Home:
        return Home(secrets.token_hex(8), str(home.resolved(self.root)), made_at)

    @contextmanager
    def lock(self, wait_seconds: float = LOCK_WAIT_SECONDS) -> Iterator[None]:
        """Be the only stackctl that changes this stack, and tidy up after one that was killed.

        Raises Unavailable with the holder's pid and command after `wait_seconds`, and InputError for a state that this
        user may not read.
        """
        self.refuse_unreadable()
        with disk.explained(self.root):
            self._create()
        with lock.locked(self.root / "lock", wait_seconds):
            for folder in (self.root, self.live, self._generations, self._secrets, self.root / "data"):
                disk.remove_leftovers(folder)
            yield

    @property
    def logins(self) -> RefusedLogins:
        """The logins that Grafana has refused lately."""
        return RefusedLogins(self.root / "refused_logins.json")

    # -- suggestions ------------------------------------------------------------------------------------------

    def suggested(self) -> frozenset[str]:
        """Return what has been suggested to the user already."""
        try:
            return frozenset(read_text(self._suggestions, errors="replace").splitlines())
        except OSError:
            return frozenset()

    def suggest(self, all_of_them: Iterable[str]) -> None:
        """Remember what fits now, a line each: what goes and comes back is suggested again."""
        with disk.explained(self.root):
            self._create()
            disk.write_file(self._suggestions, "".join(f"{line}\n" for line in all_of_them).encode(), 0o600)

    # -- secrets ----------------------------------------------------------------------------------------------

    def generated_secret(self, name: str) -> Secret:
        """The secret `name`, made at the first call and kept."""
        kept = self.kept_secret(name)
        if kept:
            return kept
        with disk.explained(self._secrets):
            self._create()
            made = secrets.token_urlsafe(_SECRET_BYTES)
            disk.write_file(self._secrets / name, made.encode(), 0o600)
        return Secret(made)

    def salt(self) -> bytes:
        """Return the salt of every hash of a secret; made at the first call and kept."""
        kept = self.kept_salt()
        if kept:
            return kept
        with disk.explained(self.root):
            self._create()
            disk.write_file(self._salt_file, secrets.token_bytes(_SALT_BYTES), 0o600)
        return self.kept_salt()

    def kept_salt(self) -> bytes:
        """The salt when it has been made already, else b""."""
        try:
            return read_bytes(self._salt_file)
        except FileNotFoundError:
            return b""
        except OSError as error:
            self.refuse_unreadable()
            raise _damaged(self._salt_file, error) from error

    def kept_secret(self, name: str) -> Secret | None:
        """The secret `name` when it has been made already."""
        try:
            return Secret(read_text(self._secrets / name))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            self.refuse_unreadable()
            raise _damaged(self._secrets / name, error) from error

    # -- layout -----------------------------------------------------------------------------------------------

    @property
    def _generations(self) -> Path:
        return self.live / c.GENERATIONS

    @property
    def _secrets(self) -> Path:
        return self.root / "secrets"

    @property
    def _salt_file(self) -> Path:
        return self.root / "salt"

    @property
    def _suggestions(self) -> Path:
        return self.root / "suggested"

    @property
    def _record(self) -> Path:
        return self.root / "running.json"

    @property
    def _journal(self) -> Path:
        return self.root / "journal.json"

    def _create(self) -> None:
        # Only this folder is closed: containers enter `live` through the mount, under other users.
        self.root.mkdir(mode=0o700, exist_ok=True)
        for folder in (self.live, self._generations):
            if not folder.is_dir():
                folder.mkdir()
                folder.chmod(0o755)
        self._secrets.mkdir(mode=0o700, exist_ok=True)
        if not (self.root / ".gitignore").exists():
            disk.write_file(self.root / ".gitignore", b"*\n", 0o644)
        if home.read(self.root) is None:
            # Servers that a state has not started itself are recognized by age, unless it is older than its record.
            self._write_home(self._new_home(0.0 if self.current() else time.time()))


def _damaged(path: Path, error: Exception) -> Unavailable:
    cause = getattr(error, "strerror", None) or "It is not text."
    remedy = "Remove it: the next `stackctl up` creates a new one."
    return Unavailable.of("state.damaged", f"{path} cannot be read", cause=cause, remedy=remedy)
