"""Taking a backup of a running stack: a snapshot of Prometheus, and the others while they stand still."""

from __future__ import annotations

import time
from collections.abc import Collection, Generator, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from stackctl import conventions as c
from stackctl.components import registry

if TYPE_CHECKING:
    from stackctl.access import Access
    from stackctl.backup import Label
    from stackctl.progress import Progress
    from stackctl.runtimes.protocol import DataFile, Live, Runtime
    from stackctl.state import Generation, State
    from stackctl.tree import Unit

# A snapshot writes all samples that are in memory, which takes as long as the disk does.
_SNAPSHOT_SECONDS = 600.0
_READY_SECONDS = 120.0
_CAUSE = "its data is copied while it is stopped"


def back_up(manifest: Path, file: Path, progress: Progress) -> Label:
    """Write the backup of the stack whose state is next to `manifest`; the manifest need not be readable.

    Raises Unavailable when a part of it does not run or Prometheus does not answer, and InputError when `file` cannot
    be written.
    """
    from stackctl import tools
    from stackctl.operations.recovery import exclusive
    from stackctl.operations.unfinished.backup import tidy
    from stackctl.operations.unfinished.restart import undone_on_failure
    from stackctl.runtimes.select import reopen_runtime
    from stackctl.state import Entry, State

    refuse_place(file)
    if State.beside(manifest).current() is None:
        raise not_running()
    with exclusive(manifest, "backup", progress) as state:
        current = state.current()
        if current is None:
            raise not_running()
        stack, where, units = current.index()
        runtime = reopen_runtime(where, stack, state.root)
        kept = _kept(state, runtime, current, units)
        label = new_label(stack, where, {unit.name: unit.image or tools.require(unit.tool).version for unit in kept})
        temporary = file.absolute().with_name(f".tmp-{token_hex(8)}")
        entry = Entry("backup", time.time(), where, stack, before=current.id, temporary=str(temporary))
        state.begin(entry)
        with undone_on_failure(state, lambda: tidy(state, runtime, current, state.intent() or entry), progress):
            _pack(state, runtime, current, kept, label, file, temporary)
        state.end()
    return label


def not_running() -> Exception:
    """Return the error of a stack that does not run."""
    from stackctl.errors import Unavailable

    return Unavailable.of(
        "backup.not-running", "the stack is not running, so there is nothing to back up", remedy="Run `stackctl up`."
    )


def _kept(state: State, runtime: Runtime, current: Generation, units: Collection[Unit]) -> list[Unit]:
    """The units whose data goes into the backup. Raises Unavailable when one that has to run does not."""
    observed = {one.name: one for one in runtime.observe()}
    running = {one.name for one in observed.values() if one.state == "running"}
    if not running:
        raise not_running()
    _refuse_silent(next(unit for unit in units if unit.name == c.PROMETHEUS), current, running)
    record = state.running()
    skipped = record.units_skipped if record else {}
    with_data = [unit for unit in units if (known := registry.find(unit.name)) and known.container.data]
    _refuse_ended(
        unit.name
        for unit in with_data
        if unit.name not in running and (unit.name in observed or unit.name not in skipped)
    )
    return [unit for unit in with_data if unit.name in running]


def _pack(
    state: State,
    runtime: Runtime,
    current: Generation,
    kept: Collection[Unit],
    label: Label,
    file: Path,
    temporary: Path,
) -> None:
    from stackctl.backup import pack
    from stackctl.state import disk

    with (
        disk.explained(file),
        disk.replacing(file, 0o600, temporary=temporary) as out,
        closing(_data(state, runtime, current, kept)) as data,
    ):
        pack(out, label, data)


def refuse_place(file: Path) -> None:
    """Raise InputError when there is no folder for `file`."""
    from stackctl.errors import InputError

    if not file.parent.is_dir():
        wrong = "is not a folder" if file.parent.exists() else "does not exist"
        remedy = "Name a file in an existing folder." if file.parent.exists() else f"Run `mkdir -p {file.parent}`."
        raise InputError.of("file.cannot-write", f"cannot write {file}: {file.parent} {wrong}", remedy=remedy)


def _refuse_ended(names: Iterable[str]) -> None:
    """Raise Unavailable for servers that have ended, whose data would be left out."""
    from stackctl.diagnostic import Diagnostic
    from stackctl.errors import Unavailable

    remedy = "Run `stackctl up` to start it. `stackctl logs {}` shows why it stopped."
    ended = [
        Diagnostic(
            "backup.incomplete", f"{name} is not running, so its data would be missing", remedy=remedy.format(name)
        )
        for name in names
    ]
    if ended:
        raise Unavailable(*ended)


def _refuse_silent(unit: Unit, current: Live, running: Collection[str]) -> None:
    """Raise Unavailable when the Prometheus that has to make a snapshot does not run, or does not answer."""
    from stackctl.errors import Unavailable
    from stackctl.runtimes.http import is_ready

    if unit.name not in running:
        remedy = "Run `stackctl up` to start it. `stackctl logs prometheus` shows why it stopped."
        raise Unavailable.of(
            "backup.incomplete", "Prometheus is not running, and a backup begins with its snapshot", remedy=remedy
        )
    answer = is_ready(unit, current.access(unit))
    if answer.status != 200:
        raise Unavailable.of(
            "backup.incomplete",
            f"Prometheus does not answer at {unit.address}, and a backup begins with its snapshot",
            cause=str(answer),
            remedy="Run `stackctl verify --only component`: it says what to do.",
        )


def new_label(stack: str, runtime: str, versions: Mapping[str, str]) -> Label:
    """Return the label of a backup that is made now, of units with these images or versions."""
    from datetime import datetime, timezone

    from stackctl import __version__
    from stackctl.backup import Label

    made_at = datetime.now(timezone.utc).isoformat(timespec="seconds")
    return Label(stack, runtime, made_at, tuple(versions), {"stackctl": __version__, **versions})


def _data(
    state: State, runtime: Runtime, current: Generation, units: Collection[Unit]
) -> Generator[tuple[str, DataFile], None, None]:
    """The data of `units`, one after the other, so that no two of them are away at the same time."""
    for unit in units:
        read = _snapshot if unit.name == c.PROMETHEUS else _at_rest
        yield from ((unit.name, file) for file in read(state, runtime, current, unit))


def _snapshot(state: State, runtime: Runtime, current: Generation, unit: Unit) -> Iterator[DataFile]:
    """Prometheus' own snapshot, removed after it has been read."""
    from stackctl.operations.unfinished.backup import SNAPSHOTS

    _note(state, snapshot_at=time.time())
    folder = f"{SNAPSHOTS}/{make_snapshot(current.access(unit))}"
    yield from runtime.read_data(unit.name, folder)
    runtime.remove_data(unit.name, folder)


def make_snapshot(access: Access) -> str:
    """Have Prometheus make a snapshot, and return its name. Raises Unavailable where it does not."""
    from stackctl.clients.http import Http, NoAnswer
    from stackctl.clients.prometheus import Prometheus
    from stackctl.errors import Unavailable

    try:
        return Prometheus(Http(access, timeout=_SNAPSHOT_SECONDS)).snapshot()
    except NoAnswer as error:
        remedy = "Run `stackctl up`: it restarts Prometheus if --web.enable-admin-api is missing."
        raise Unavailable.of(
            "backup.snapshot", "Prometheus did not make a snapshot", cause=error.summary, remedy=remedy
        ) from error


def _at_rest(state: State, runtime: Runtime, current: Generation, unit: Unit) -> Iterator[DataFile]:
    """The data of a server that has been stopped, and is started again afterwards.

    A pause would not do: Alertmanager and Pushgateway write what they hold in memory when they stop, and only then
    is Grafana's database closed.
    """
    from stackctl.operations.unfinished.restart import start
    from stackctl.runtimes.protocol import Plan, Step

    _note(state, stopped=(unit.name,))
    runtime.execute(Plan((Step("remove", unit.name, _CAUSE),)), current)
    yield from runtime.read_data(unit.name)
    start(runtime, current, [unit.name], _READY_SECONDS)
    _note(state, stopped=())


def _note(state: State, **changes: Any) -> None:
    """Write into the journal what is about to be done, or has been."""
    entry = state.intent()
    if entry:
        state.intend(replace(entry, **changes))
