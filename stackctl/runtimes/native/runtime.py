"""The native runtime: the units are processes of this machine, which outlive the command that started them.

A pid alone is no identity, because the system gives it to somebody else later. Each unit's pid file holds its
pid, the time that process started, and the spec it runs; only a process with both is ever signalled. Where pid files
are lost, the processes are found by what their environment says (`process.Mark`).
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from shlex import quote

from stackctl import conventions as c
from stackctl import home, tools
from stackctl.bounds import files
from stackctl.bounds.json_text import loads
from stackctl.components.component import StoredData
from stackctl.diagnostic import Diagnostic
from stackctl.errors import Unavailable
from stackctl.runtimes import dial, found_data, ports
from stackctl.runtimes.checkers import Texts
from stackctl.runtimes.facts import Facts
from stackctl.runtimes.http import FETCH_SECONDS, Answer, ask, reload_all
from stackctl.runtimes.native import process
from stackctl.runtimes.native.facts import FACTS
from stackctl.runtimes.native.local_checker import Local
from stackctl.runtimes.native.tail import lines
from stackctl.runtimes.protocol import LOST, MOVED, TEMPORARY, DataFile, Live, Observed, Peer, Plan
from stackctl.runtimes.validation import Refusal, validate
from stackctl.tree import Unit
from stackctl.wait import TimedOut, wait_until

_STOP_SECONDS = 15.0
_KILL_SECONDS = 5.0
_LOG_BYTES = 10 * 1024 * 1024

# The child writes its own pid file and then becomes the server, which keeps its pid and its start time. So there
# is no moment at which a killed `up` leaves a server behind that no pid file knows.
_START = """\
started=$(cut -d' ' -f22 /proc/$$/stat 2>/dev/null || LC_ALL=C ps -o lstart= -p $$)
printf '%s\\n%s\\n%s\\n' "$$" "$started" "$2" > "$1.new" && mv "$1.new" "$1" || exit 127
shift 2
STACKCTL_PID=$$
export STACKCTL_PID
exec "$@"
"""
# The folder that a unit's data is moved to while a restore puts other data in its place.
_ASIDE = ".aside-{token}-{unit}"


@dataclass(frozen=True)
class Native:
    """The processes of one stack. `folder` is the stack's state folder (absolute)."""

    folder: Path
    name: str = FACTS.name
    facts: Facts = FACTS
    _children: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict, compare=False, repr=False)

    def connect(self) -> None:
        """It is always there."""

    # -- observing --------------------------------------------------------------------------------------------

    def observe(self) -> tuple[Observed, ...]:
        return tuple(self._observe(name, entry) for name, entry in self._entries().items())

    def _entries(self, *, thorough: bool = False) -> dict[str, process.Entry | None]:
        """Unit -> its process, by the pid files; by the processes' own marks where a file is damaged, or all are lost.

        None is a process that cannot be found. `thorough` looks for marks in any case.
        """
        names = {path.name.removesuffix(".pid"): path for path in self._pids.glob("*.pid")}
        found = {name: process.read(path) for name, path in names.items()}
        if thorough or None in found.values() or not self._pids.is_dir():
            for mark in process.marked():
                known = found.get(mark.unit)
                if self._is_own(mark) and not (known and process.is_alive(known)):
                    found[mark.unit] = mark.entry
        return dict(sorted(found.items()))

    def _is_own(self, mark: process.Mark) -> bool:
        if mark.state_id and mark.state_id == self._state_id:
            return True
        return mark.state == str(self._root) and not process.works_elsewhere(mark.entry.pid, self._root)

    def _observe(self, name: str, entry: process.Entry | None) -> Observed:
        path = self._pid_file(name)
        started_at = path.stat().st_mtime if path.exists() else 0.0
        if entry is None:
            return Observed(name, "exited", detail="left no trace of its process")
        if process.is_alive(entry):
            return Observed(name, "running", entry.spec, started_at=started_at, stray=self._stray(entry))
        # Only the process that started it can tell the code, and only once it is known to have ended.
        child = self._children.get(name)
        code = child.poll() if child and child.pid == entry.pid else None
        detail = "exited" if code is None else _words(code)
        return Observed(name, "exited", entry.spec, started_at=started_at, detail=detail)

    def _stray(self, entry: process.Entry) -> str:
        mark = process.mark_of(entry.pid)
        if mark is None:
            return ""
        if mark.state != str(self._root):
            return MOVED
        return LOST if mark.state_id != self._state_id else ""

    def prepare(self, units: Collection[Unit]) -> Mapping[str, str]:
        lacking = {unit.name: reason for unit in units if (reason := _lacking(unit))}
        self._refuse_taken_ports([unit for unit in units if unit.name not in lacking])
        return lacking

    def check_prerequisites(self, units: Collection[Unit]) -> Mapping[str, str]:
        return self.prepare(units)

    # -- changing ---------------------------------------------------------------------------------------------

    def execute(self, plan: Plan, generation: Live) -> None:
        units = {unit.name: unit for unit in generation.units()}
        starting = [units[name] for name in plan.starting()]
        running = self._entries(thorough=bool(starting))
        for path in (self._pids, self._logs, self._data):
            path.mkdir(mode=0o700, exist_ok=True)
        for unit in starting:  # a server whose folder was lost writes what it holds in memory when it stops
            (self._data / unit.name).mkdir(mode=0o700, exist_ok=True)
        ending = {*plan.units("remove"), *plan.starting()}
        self._end({name: entry for name, entry in running.items() if name in ending})
        for unit in starting:
            self._start(unit)
        reload_all([(units[name], generation.access(units[name])) for name in plan.units("reload")])

    def stop(self, *, volumes: bool = False) -> tuple[str, ...]:
        entries = self._entries(thorough=True)
        self._end(entries)
        if volumes and self._data.is_dir():
            _remove_folder(self._data)
        return tuple(entries)

    def running_here(self) -> tuple[str, ...]:
        return tuple(one.name for one in self.observe() if one.state == "running")

    def others(self) -> tuple[Path, ...]:
        return ()

    def volumes(self) -> tuple[str, ...]:
        return ()

    def volumes_of_others(self) -> tuple[str, ...]:
        return ()

    def _start(self, unit: Unit) -> None:
        tool = tools.require(unit.tool) if unit.tool else None
        program = [str(tool.path)] if tool else []
        data = self._data / unit.name
        known = self._places(unit, tool)
        command = [*program, *(_fill(argument, known) for argument in unit.command)]
        log = self._logs / f"{unit.name}.log"
        _rotate(log)
        with log.open("ab") as out:
            os.fchmod(out.fileno(), 0o600)
            self._children[unit.name] = subprocess.Popen(
                ["/bin/sh", "-c", _START, "stackctl", str(self._pid_file(unit.name)), unit.spec, *command],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                cwd=_fill(unit.cwd, known) or data,
                env={
                    **os.environ,
                    **{key: _fill(value, known) for key, value in unit.env.items()},
                    **self._env(unit),
                    **self._mark(unit),
                },
                start_new_session=True,
            )
        self._await_pid_file(unit.name)

    def _places(self, unit: Unit, tool: tools.Tool | None) -> dict[str, str]:
        """Return the values of the words in braces of a unit's command and environment."""
        return {
            "{expanded_tree}": str(self._tree).replace("$", f"${{{c.DOLLAR_VARIABLE}}}"),
            "{tree}": str(self._tree),
            "{data}": str(self._data / unit.name),
            "{mount}": str(self._tree.parent),
            **({"{home}": str(tool.home)} if tool and tool.home else {}),
        }

    def in_shell(self, unit: Unit, arguments: Sequence[str], file: str) -> str:
        tool = tools.locate(unit.tool)
        known = self._places(unit, tool)
        # The variables that lead to its data.
        variables = [f"{key}={quote(_fill(value, known))}" for key, value in unit.env.items() if "{data}" in value]
        program = quote(str(tool.path) if tool else unit.tool)
        words = [*variables, program, *(quote(_fill(each, known)) for each in arguments[1:])]
        return f"{' '.join(words)} < {quote(str(self._tree / file))}"

    def _env(self, unit: Unit) -> dict[str, str]:
        """The secret part of a unit's environment, which only a file in the tree holds."""
        if not unit.env_file:
            return {}
        values: dict[str, str] = loads(files.read_bytes(self._tree / unit.env_file))
        return values

    def _mark(self, unit: Unit) -> dict[str, str]:
        return {
            process.STATE: str(self._root),
            process.STATE_ID: self._state_id,
            process.UNIT: unit.name,
            process.SPEC: unit.spec,
        }

    def _await_pid_file(self, name: str) -> None:
        child = self._children[name]

        def settled() -> bool:
            entry = process.read(self._pid_file(name))
            return child.poll() is not None or (entry is not None and entry.pid == child.pid)

        wait_until(settled, bool, _KILL_SECONDS, what=f"{name} to start", interval=0.002)

    def _end(self, entries: Mapping[str, process.Entry | None]) -> None:
        """End the processes of units, all at once: SIGTERM, and SIGKILL for what has not gone in time.

        Without threads: one that an interruption leaves behind would remove the pid file of the next process.
        """
        left = {name: entry for name, entry in entries.items() if entry}
        for number, wait_seconds in ((signal.SIGTERM, _STOP_SECONDS), (signal.SIGKILL, _KILL_SECONDS)):
            left = self._signalled(left, number, wait_seconds)
        for name in entries:
            self._pid_file(name).unlink(missing_ok=True)

    def _signalled(
        self, entries: Mapping[str, process.Entry], number: signal.Signals, wait_seconds: float
    ) -> dict[str, process.Entry]:
        """Signal the processes that have not ended. Return those that have not after `wait_seconds`."""

        def running() -> dict[str, process.Entry]:
            return {name: entry for name, entry in entries.items() if not self._has_ended(name, entry)}

        for entry in running().values():
            process.send(entry, number)
        try:
            return wait_until(running, lambda left: not left, wait_seconds, what="servers to stop", describe=", ".join)
        except TimedOut:
            return running()

    def _has_ended(self, name: str, entry: process.Entry) -> bool:
        child = self._children.get(name)
        return bool(child and child.pid == entry.pid and child.poll() is not None) or not process.is_alive(entry)

    def _refuse_taken_ports(self, units: Collection[Unit]) -> None:
        taken = [unit for unit in units if unit.address and ports.refusal(unit.address)]
        entries = self._entries(thorough=bool(taken)).values()
        own = {entry.pid for entry in entries if entry and process.is_alive(entry)}
        found = [problem for unit in taken if (problem := _obstacle(unit, own))]
        if found:
            raise Unavailable(*found)

    # -- data -------------------------------------------------------------------------------------------------

    def read_data(self, unit: str, folder: str = "") -> Iterator[DataFile]:
        root = self._data / unit / folder
        for path in sorted(root.rglob("*")):
            if path.is_file() and not path.is_symlink():
                status = path.stat()
                with files.opened(path, follow=False) as content:
                    yield DataFile(path.relative_to(root).as_posix(), status.st_size, status.st_mode & 0o777, content)

    def folders(self, unit: str, folder: str) -> tuple[str, ...]:
        return tuple(sorted(path.name for path in (self._data / unit / folder).glob("*")))

    def remove_data(self, unit: str, folder: str) -> None:
        shutil.rmtree(self._data / unit / folder)

    def existing_data(self) -> tuple[str, ...]:
        return tuple(sorted(path.name for path in self._data.glob("[!.]*") if path.is_dir()))

    def own_data(self, unit: str) -> str:
        data = self._data / unit
        return str(data) if any(data.glob("*")) else ""

    def survey(self, source: str, unit: Unit) -> StoredData:  # noqa: ARG002 - protocol
        return found_data.survey(self._folder_of(source))

    def read_existing(self, source: str, unit: Unit) -> Iterator[DataFile]:  # noqa: ARG002 - protocol
        folder = self._folder_of(source)
        try:
            yield from found_data.read(folder)
        except OSError as error:
            raise found_data.unreadable(folder, error) from None

    def _folder_of(self, source: str) -> Path:
        if found_data.is_folder(source):
            return self.folder.parent / source
        remedy = "Use `--runtime docker`, or name a folder: with a `/` in it."
        cause = "A server that runs natively reads folders, and that is the name of a Docker volume."
        raise Unavailable.of(
            found_data.CODE, f"{found_data.named(source)} cannot be taken over", cause=cause, remedy=remedy
        )

    def places_of_data(self) -> tuple[Path, ...]:
        return (self.folder,)

    def remove_other_data(self, kept: Collection[str]) -> None:
        for name in {*self.existing_data()} - {*kept}:
            _remove_folder(self._data / name)
        if not kept and self._data.is_dir():
            self._data.rmdir()

    def set_aside(self, unit: str, token: str) -> None:
        self._data.mkdir(mode=0o700, exist_ok=True)
        data = self._data / unit
        if data.is_dir() and not self._aside(unit, token).is_dir():
            data.rename(self._aside(unit, token))

    def write_data(self, unit: str, files: Iterable[DataFile]) -> None:
        _write_files(self._data / unit, files)

    def put_back(self, unit: str, token: str) -> None:
        aside, data = self._aside(unit, token), self._data / unit
        if aside.is_dir():
            if data.is_dir():
                _remove_folder(data)
            aside.rename(data)

    def drop_aside(self, unit: str, token: str) -> None:
        aside = self._aside(unit, token)
        if aside.is_dir():
            _remove_folder(aside)

    def _aside(self, unit: str, token: str) -> Path:
        return self._data / _ASIDE.format(token=token, unit=unit)

    # -- asking -----------------------------------------------------------------------------------------------

    def validate(self, generation: Live, texts: Texts) -> list[Refusal]:
        run = Local(generation.path)
        refusals = validate(generation.path, texts, run)
        for name in run.missing:
            tools.require(name)
        return refusals

    def logs(self, units: Collection[str], *, follow: bool = False, tail: int | None = None) -> Iterator[str]:
        names = sorted(units) or sorted(path.name.removesuffix(".log") for path in self._logs.glob("*.log"))
        return lines({name: self._logs / f"{name}.log" for name in names}, follow=follow, tail=tail)

    def fetch(self, url: str) -> Answer:
        return ask("GET", url, FETCH_SECONDS)

    def dial(self, host: str, port: int, seconds: float) -> AbstractContextManager[socket.socket]:
        return dial.directly(host, port, seconds)

    def callback(self) -> tuple[str, str]:
        return c.LOOPBACK, c.LOOPBACK

    def peers(self) -> tuple[Peer, ...]:
        return ()

    # -- layout -----------------------------------------------------------------------------------------------

    @property
    def _tree(self) -> Path:
        return self.folder / "live" / c.CURRENT

    @property
    def _root(self) -> Path:
        return home.resolved(self.folder)

    @property
    def _state_id(self) -> str:
        record = home.read(self.folder)
        return record.id if record else ""

    @property
    def _pids(self) -> Path:
        return self.folder / "pids"

    @property
    def _logs(self) -> Path:
        return self.folder / "logs"

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def _pid_file(self, name: str) -> Path:
        return self._pids / f"{name}.pid"


def opened(_: str, folder: Path, __: Callable[[str], None]) -> Native:
    """The native runtime of a stack with its state in `folder`."""
    return Native(folder)


def _fill(text: str, known: Mapping[str, str]) -> str:
    for mark, value in known.items():
        text = text.replace(mark, value)
    return text


def _remove_folder(folder: Path) -> None:
    """Remove `folder`. Its name goes first: half of it must never be taken for a unit's data, or for what was kept."""
    doomed = folder.with_name(f"{TEMPORARY}{folder.name}")
    shutil.rmtree(doomed, ignore_errors=True)
    folder.rename(doomed)
    shutil.rmtree(doomed)


def _write_files(folder: Path, files: Iterable[DataFile]) -> None:
    folder.mkdir(mode=0o700)
    for file in files:
        path = folder / file.path
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with path.open("xb") as out:
            os.fchmod(out.fileno(), file.mode | 0o600)
            shutil.copyfileobj(file.content, out)


def _lacking(unit: Unit) -> str:
    if not unit.tool:
        if unit.command:
            return ""
        # Only a component has an address.
        lacks = "it has no `program`" if unit.address else "it is a container"
        return f"{lacks}, which the {FACTS.name} runtime {'needs' if unit.address else 'cannot run'}"
    try:
        tools.require_recent(unit.tool)
    except Unavailable as error:
        problem = error.problems[0]
        return f"{problem.summary}. {problem.remedy}"
    return ""


def _words(code: int) -> str:
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exited with code {code}"


def _obstacle(unit: Unit, own: Collection[int]) -> Diagnostic | None:
    refusal = ports.refusal(unit.address)
    if refusal is None:
        return None
    if not ports.is_taken(refusal):
        return Diagnostic(
            "port.taken",
            f"{unit.name} cannot listen on {unit.address}: {refusal.strerror}",
            remedy=f"Choose another address with `listen` of {unit.name} in the manifest.",
        )
    holder = ports.holder(unit.address)
    if holder.pid in own or (own and not (holder.pid or holder.container)):
        return None  # an earlier process of this stack, which is replaced or removed first
    return Diagnostic(
        "port.taken",
        f"{unit.name} cannot listen on {unit.address}: {holder} uses it",
        remedy=f"Stop it, or choose another address with `listen` of {unit.name} in the manifest.",
    )


def _rotate(log: Path) -> None:
    """Keep a log that has grown large as `<name>.log.1`, in place of the one before it."""
    if log.exists() and log.stat().st_size > _LOG_BYTES:
        log.replace(log.with_name(f"{log.name}.1"))
