"""A runtime in memory, and the generations of a small stack, for what operations decide."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stackctl import conventions as c
from stackctl.components.component import StoredData
from stackctl.errors import Unavailable
from stackctl.runtimes import registry
from stackctl.runtimes.facts import Facts
from stackctl.runtimes.protocol import DataFile, Live, Observed, Plan
from stackctl.state import Generation, State
from stackctl.tree import File, Tree, Unit, dump_units

# Without a `ready` address a unit is ready as soon as it runs.
UNITS = (
    Unit("prometheus", spec="p", reads="p1", reload="http://127.0.0.1:9/-/reload"),
    Unit("grafana", spec="g"),
    Unit("node", spec="n"),
)


@dataclass
class Pretended:
    """A runtime whose units are in `states`. `done` has what it was asked to do, in order.

    logs     unit -> its lines
    folders_of  folder of a unit's data -> the names in it
    lacking  units that cannot start, with the reasons
    existing  unit -> what is in the data that it takes over
    fails    raised by whatever changes something
    """

    name: str = c.NATIVE
    states: dict[str, Any] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    lines: dict[str, list[str]] = field(default_factory=dict)
    folders_of: dict[str, tuple[str, ...]] = field(default_factory=dict)
    lacking: dict[str, str] = field(default_factory=dict)
    others_at: tuple[Path, ...] = ()
    volumes_of: tuple[str, ...] = ()
    existing: dict[str, StoredData] = field(default_factory=dict)
    owners: set[str] = field(default_factory=set)
    fails: BaseException | None = None

    @property
    def facts(self) -> Facts:
        return registry.facts(self.name)

    def observe(self) -> tuple[Observed, ...]:
        specs = {unit.name: unit.spec for unit in UNITS}
        return tuple(Observed(name, state, specs.get(name, "")) for name, state in sorted(self.states.items()))

    def execute(self, plan: Plan, generation: Live) -> None:
        for step in plan.steps:
            self._note(f"{step.action} {step.unit}")
            if step.action == "remove":
                self.states.pop(step.unit, None)
            elif step.action != "reload":
                self.states[step.unit] = "running"

    def stop(self, *, volumes: bool = False) -> tuple[str, ...]:
        self._note(f"stop in {self.name}{' with data' if volumes else ''}")
        names = tuple(self.states)
        self.states.clear()
        return names

    def prepare(self, units: Collection[Unit]) -> Mapping[str, str]:
        return {unit.name: self.lacking[unit.name] for unit in units if unit.name in self.lacking}

    check_prerequisites = prepare

    def logs(self, units: Collection[str], *, follow: bool = False, tail: int | None = None) -> Iterator[str]:
        for name in units or self.lines:
            yield from self.lines.get(name, [])

    def folders(self, unit: str, folder: str) -> tuple[str, ...]:
        return self.folders_of.get(f"{unit}/{folder}", ())

    def remove_data(self, unit: str, folder: str) -> None:
        self._note(f"remove {unit}/{folder}")

    def put_back(self, unit: str, token: str) -> None:
        self._note(f"put back {unit} {token}")

    def drop_aside(self, unit: str, token: str) -> None:
        self._note(f"drop {unit} {token}")

    def remove_other_data(self, kept: Collection[str]) -> None:
        self._note(f"remove data but {', '.join(kept)}")

    def own_data(self, unit: str) -> str:
        return f"shop_{unit}" if unit in self.owners else ""

    def survey(self, source: str, unit: Unit) -> StoredData:
        if unit.name not in self.existing:
            raise Unavailable.of("data.unusable", f"{source} cannot be taken over", cause="It does not exist.")
        return self.existing[unit.name]

    def read_existing(self, source: str, _: Unit) -> Iterator[DataFile]:
        self._note(f"read {source}")
        return iter(())

    def write_data(self, unit: str, files: Iterable[DataFile]) -> None:
        self._note(f"write {unit}")
        list(files)

    def set_aside(self, unit: str, token: str) -> None:
        self._note(f"set aside {unit}")

    def existing_data(self) -> tuple[str, ...]:
        return tuple(sorted(self.owners))

    def places_of_data(self) -> tuple[Path, ...]:
        return (Path("/"),)

    def others(self) -> tuple[Path, ...]:
        return self.others_at

    def volumes(self) -> tuple[str, ...]:
        return self.volumes_of

    def volumes_of_others(self) -> tuple[str, ...]:
        return self.volumes_of

    def connect(self) -> None:
        """It always answers."""

    def _note(self, what: str) -> None:
        self.done.append(what)
        if self.fails:
            raise self.fails


@dataclass
class Noted:
    """Progress that is kept."""

    lines: list[str] = field(default_factory=list)

    def note(self, text: str, /) -> None:
        self.lines.append(text)

    def detail(self, text: str, /) -> None:
        """Take no details."""

    def warn(self, text: str, /) -> None:
        self.lines.append(f"! {text}")


def tree(content: str = "a", files: Mapping[str, str] | None = None, units: tuple[Unit, ...] = UNITS) -> Tree:
    """The tree of a stack, which is another one with another `content`; more `files` by their paths."""
    index = File(dump_units("shop", c.NATIVE, units))
    others = {path: File(text.encode(), secret="secret" in path) for path, text in (files or {}).items()}
    return Tree("shop", c.NATIVE, {"a.yml": File(content.encode()), c.UNITS_FILE: index, **others}, units)


def live(state: State, content: str = "a", files: Mapping[str, str] | None = None) -> Generation:
    """Write a generation and make it the live one."""
    made = state.write(tree(content, files))
    state.switch(made)
    return made
