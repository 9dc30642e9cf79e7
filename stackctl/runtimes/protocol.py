"""Protocol of every runtime, and the data that passes between observing, planning and executing."""

from __future__ import annotations

import socket
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal, Protocol

from stackctl.access import Access
from stackctl.components.component import StoredData
from stackctl.runtimes.checkers import Texts
from stackctl.runtimes.facts import Facts
from stackctl.runtimes.http import Answer
from stackctl.runtimes.validation import Refusal
from stackctl.tree import Unit

# Why a unit is a stray: of its folder.
MOVED = "the folder of the stack has moved"
LOST = "the state that it was started from was lost"
# What carries this prefix is on its way out.
TEMPORARY = ".tmp-"
RunState = Literal["running", "exited", "restarting", "created", "paused", "missing"]
Action = Literal["remove", "create", "replace", "start", "reload"]


@dataclass(frozen=True)
class Observed:
    """One unit as it was found. A unit that was never created is not observed at all.

    `spec` is the `Unit.spec` it was started with, `image` what it runs, `started_at` the Unix time of its last
    start (0 when unknown), and `detail` says more about the state: "exited with code 1". `stray` is why it cannot go on
    as it is: the folder that it was started from is not this one any more, or it has left its network; "" for all
    others. `health` is what its own health check says ("starting", "healthy", "unhealthy"), "" where it has none.
    """

    name: str
    state: RunState
    spec: str = ""
    image: str = ""
    started_at: float = 0.0
    detail: str = ""
    stray: str = ""
    health: str = ""


@dataclass(frozen=True)
class Peer:
    """A container that runs, of this stack or not. By `names` those in its `networks` reach it; `near` says whether
    Prometheus does."""

    names: tuple[str, ...]
    networks: tuple[str, ...]
    near: bool


@dataclass(frozen=True)
class Step:
    """One thing to do to one unit, and why.

    remove   stop it and take it away, data excepted
    create   make it and start it
    replace  stop it, make it again and start it; its data stays
    start    start what is there but does not run
    reload   make it read its configuration again
    """

    action: Action
    unit: str
    cause: str

    def __str__(self) -> str:
        return f"{self.action} {self.unit}: {self.cause}"


@dataclass(frozen=True)
class Plan:
    """Steps to execute, in this order."""

    steps: tuple[Step, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.steps)

    def units(self, *actions: Action) -> tuple[str, ...]:
        """The units that have one of `actions` to come."""
        return tuple(step.unit for step in self.steps if step.action in actions)

    def starting(self) -> tuple[str, ...]:
        """The units that will be started in any way."""
        return self.units("create", "replace", "start")

    def without(self, names: Collection[str]) -> Plan:
        """The same plan but for the units `names`."""
        return Plan(tuple(step for step in self.steps if step.unit not in names))


@dataclass(frozen=True)
class DataFile:
    """One regular file of a unit's data. `path` is relative, in POSIX form; `content` is read once, and at once:
    the next file of the same series may come out of the same stream."""

    path: str
    size: int
    mode: int
    content: IO[bytes]


class Live(Protocol):
    """A written generation, as the runtimes need it: `id`, and `path` below the live folder."""

    @property
    def id(self) -> str: ...

    @property
    def path(self) -> Path: ...

    def units(self) -> tuple[Unit, ...]: ...

    def access(self, unit: Unit) -> Access:
        """Return the access of a client on this machine to `unit`. Raises Unavailable when its files cannot be read."""
        ...


class Runtime(Protocol):
    """A place where units run. Everything that touches it raises Unavailable when it does not answer."""

    @property
    def name(self) -> str:
        """Its name, which is that of its facts."""
        ...

    @property
    def facts(self) -> Facts:
        """Return the facts that hold for every stack in it."""
        ...

    def connect(self) -> None:
        """Make sure that it can run the stack.

        Raises Unavailable, with what to do, when it does not answer within a few seconds, and InputError for a folder
        that its units cannot use.
        """
        ...

    def observe(self) -> tuple[Observed, ...]:
        """Every unit of the stack that exists in any state, declared or not, in the order of names."""
        ...

    def prepare(self, units: Collection[Unit]) -> Mapping[str, str]:
        """Get what `units` need to start (images), and return those that cannot be had: unit -> reason.

        Raises Unavailable when a port that one of them listens on is taken, naming the holder; a port that an
        earlier process of this very stack has is no obstacle.
        """
        ...

    def check_prerequisites(self, units: Collection[Unit]) -> Mapping[str, str]:
        """The same without getting anything: what cannot be had as it is now. What can be got may be missing yet."""
        ...

    def execute(self, plan: Plan, generation: Live) -> None:
        """Carry out `plan` on `generation`, which is the live one.

        Does not wait for readiness. Raises Unavailable when something does not start, and CheckFailed when a
        server refuses its configuration on a reload.
        """
        ...

    def validate(self, generation: Live, texts: Texts) -> list[Refusal]:
        """Return the errors that the servers' checkers find in `generation`, live or not, and in its user templates.
        Changes nothing."""
        ...

    def fetch(self, url: str) -> Answer:
        """Return the response to a GET of `url` from where Prometheus runs; without one, status 0 and the reason."""
        ...

    def dial(self, host: str, port: int, seconds: float) -> AbstractContextManager[socket.socket]:
        """A connection to `host` from where Prometheus runs; no step on it takes longer than `seconds`.

        Raises OSError, there or in the use of it: ConnectionRefusedError, socket.gaierror for a name that does not
        resolve, TimeoutError with an `errno` when no connection came about and without when the server is silent.
        """
        ...

    def in_shell(self, unit: Unit, arguments: Sequence[str], file: str) -> str:
        """A line for a shell that runs a program of `unit` on its data, with a file of the live tree as its input.

        The first of `arguments` is the program; `{home}` in the others stands for the folder of its installation.
        """
        ...

    def callback(self) -> tuple[str, str]:
        """The address at which a program of this machine has to listen that units call back, and the host under which
        they know it."""
        ...

    def peers(self) -> tuple[Peer, ...]:
        """Return the peers that Prometheus can reach by a name; none where there are no such names."""
        ...

    def logs(self, units: Collection[str], *, follow: bool = False, tail: int | None = None) -> Iterator[str]:
        """Lines of the logs of `units` (of all when empty), each led by its unit's name when there are several."""
        ...

    def read_data(self, unit: str, folder: str = "") -> Iterator[DataFile]:
        """The files in the data of `unit`, or in a folder of it, running or not; none when there is no such folder."""
        ...

    def folders(self, unit: str, folder: str) -> tuple[str, ...]:
        """The names in a folder of the data of `unit`; none when there is no such folder, or where only a running unit
        tells and it does not run."""
        ...

    def remove_data(self, unit: str, folder: str) -> None:
        """Remove a folder from the data of `unit`, which runs."""
        ...

    def existing_data(self) -> tuple[str, ...]:
        """Return what exists of the stack's data: the names of its folders, or of its volumes and networks."""
        ...

    def own_data(self, unit: str) -> str:
        """Return the name of the data that `unit` has of its own, "" where it has none."""
        ...

    def survey(self, source: str, unit: Unit) -> StoredData:
        """Return what is in the data `source` of another server, which `unit` is to take over. Changes nothing.

        Raises Unavailable for what is not there, or cannot be read as a whole.
        """
        ...

    def read_existing(self, source: str, unit: Unit) -> Iterator[DataFile]:
        """Yield the files of the data that `survey` has found. Changes nothing. Raises Unavailable."""
        ...

    def places_of_data(self) -> tuple[Path, ...]:
        """Return the folders of this machine whose disks take all data that is written, each of them once."""
        ...

    def remove_other_data(self, kept: Collection[str]) -> None:
        """Remove what has been added to `kept`, which `existing_data` returned, while no unit exists."""
        ...

    def set_aside(self, unit: str, token: str) -> None:
        """Move the data of `unit`, which does not exist, aside, under a name with `token` in it.

        This and the three below can be interrupted anywhere, and done again.
        """
        ...

    def write_data(self, unit: str, files: Iterable[DataFile]) -> None:
        """Give `unit`, whose data is set aside, the data `files`, owned by the user that it runs as."""
        ...

    def put_back(self, unit: str, token: str) -> None:
        """Put what was set aside in place of what is there. Without anything aside, nothing is changed."""
        ...

    def drop_aside(self, unit: str, token: str) -> None:
        """Remove what was set aside."""
        ...

    def stop(self, *, volumes: bool = False) -> tuple[str, ...]:
        """Stop and remove every unit of this folder's stack, whatever is left of its files, and with `volumes` its
        data, but for `volumes_of_others`. Returns the names of what was there."""
        ...

    def running_here(self) -> tuple[str, ...]:
        """The units that run and were started from this folder, whatever their stack is called."""
        ...

    def others(self) -> tuple[Path, ...]:
        """The folders of other stacks that have this one's name, and run or have data outside of their folder."""
        ...

    def volumes(self) -> tuple[str, ...]:
        """The data under this stack's name that is in no stack's folder, but for that of the stacks in `others`."""
        ...

    def volumes_of_others(self) -> tuple[str, ...]:
        """Those of `volumes` that no stack has made, and that `stop` leaves alone."""
        ...
