"""One case: a command is interrupted at one step, another one follows, and the invariants are checked."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import cycle, product
from pathlib import Path

from stackctl import conventions as c
from tests.faults.bench import UNITS, Bench, Mark, Violation

ACTIONS = ("SIGKILL", "SIGTERM", "SIGHUP", "ENOSPC")
# Steps at which a full disk shows.
_WRITES = ("write ", "mkdir ", "symlink ")
NEXT = ("status", "verify", "logs", "up", "reload", "down", "backup", "restore", "drill", "check")


@dataclass(frozen=True)
class Operation:
    """A command that takes several steps. `prepare` makes the situation that it begins in."""

    name: str
    arguments: tuple[str, ...]
    prepare: Callable[[Bench], None]
    runs_before: bool = True
    runs_after: bool = True
    restores: bool = False


def _good(_: Bench) -> None:
    """The stack runs as its manifest says."""


def _edited(bench: Bench) -> None:
    bench.write(is_new=True)


def _flagged(bench: Bench) -> None:
    bench.write(is_new=True, flag=", retention: {time: 17d}")


def _down(bench: Bench) -> None:
    bench.must("down")


def _apart(bench: Bench) -> None:
    bench.must("down")
    bench.set_apart()


OPERATIONS = (
    Operation("up", ("up",), _flagged),
    Operation("first up", ("up",), _down, runs_before=False),
    Operation("reload", ("reload",), _edited),
    Operation("down", ("down",), _good, runs_after=False),
    Operation("backup", ("backup", "{folder}/new.tar.gz"), _good),
    Operation("restore", ("restore", "{folder}/backup.tar.gz", "--force"), _good, restores=True),
    Operation(
        "offline restore", ("restore", "{folder}/backup.tar.gz"), _down,
        runs_before=False, runs_after=False, restores=True,
    ),
    Operation("drill", ("drill",), _good),
    Operation("take-over", ("up", "--take-over"), _apart, runs_before=False),
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    """`action` at `point` of `operation`, and then the command `after`."""

    operation: Operation
    point: str
    action: str
    after: str

    def __str__(self) -> str:
        return f"{self.operation.name}: {self.action} before `{self.point}`, then {self.after}"


def points(bench: Bench, operation: Operation) -> list[str]:
    """The steps of an operation, by running it once."""
    operation.prepare(bench)
    with tempfile.NamedTemporaryFile("r") as file:
        ran = bench.run(*_filled(bench, operation.arguments), plan=f"record:{file.name}")
        found = file.read().splitlines()
    if ran.returncode or not found:
        raise Violation(f"{operation.name} ended with {ran.returncode}: {ran.stdout}{ran.stderr}")
    _reset(bench)
    return found


def cases(found: dict[Operation, list[str]], *, every: bool) -> list[Case]:
    """All points with all actions; each with `every` next command, or with one of them in turn."""
    pairs = [
        (operation, point, action)
        for operation, names in found.items()
        for point, action in product(names, ACTIONS)
        if action != "ENOSPC" or point.startswith(_WRITES)
    ]
    if every:
        return [Case(*pair, after) for pair in pairs for after in NEXT]
    return [Case(*pair, after) for pair, after in zip(pairs, cycle(NEXT), strict=False)]


def check(bench: Bench, case: Case) -> bool:
    """Run a case. False when its step was not reached this time. Raises Violation for what does not hold."""
    operation = case.operation
    mark = bench.mark()
    operation.prepare(bench)
    ran = bench.run(*_filled(bench, operation.arguments), plan=f"{case.action}:{case.point}")
    said = ran.stdout + ran.stderr
    _sound(f"{operation.name}, interrupted", ran.returncode, said)
    is_reached = ran.returncode != 0 or case.point.startswith("end")
    after = bench.run(*_next(bench, case.after))
    _sound(f"then {case.after}", after.returncode, after.stdout + after.stderr)
    if case.after == "check":
        after = bench.run("status")
    _nothing_is_stopped(bench, case)
    if set(bench.running()) == set(UNITS):
        _old_or_new(bench)
    _settled(bench, mark, restored=operation.restores or case.after == "restore")
    return is_reached


def _next(bench: Bench, name: str) -> Sequence[str]:
    extra = {"backup": (f"{bench.folder}/next.tar.gz",), "restore": (str(bench.backup), "--force")}
    more = {"logs": ("--tail", "1"), "verify": ("--only", "component")}
    return (name, *extra.get(name, ()), *more.get(name, ()))


def _filled(bench: Bench, arguments: Sequence[str]) -> list[str]:
    return [argument.format(folder=bench.folder) for argument in arguments]


def _sound(what: str, code: int, said: str) -> None:
    if code == 4 or "Traceback" in said or "internal error" in said:
        raise Violation(f"{what}: exit code {code}: {said}")


def _nothing_is_stopped(bench: Bench, case: Case) -> None:
    running = set(bench.running())
    allowed = {frozenset(UNITS)} if case.operation.runs_before and case.operation.runs_after else set()
    if not (case.operation.runs_before and case.operation.runs_after):
        allowed = {frozenset(UNITS), frozenset()}
    if case.after == "down":
        allowed = {frozenset()}
    if frozenset(running) not in allowed:
        raise Violation(f"afterwards {sorted(running) or 'nothing'} runs")


def _old_or_new(bench: Bench) -> None:
    prometheus, alertmanager = bench.loaded()
    if prometheus != alertmanager:
        raise Violation(f"the edit is loaded by Prometheus: {prometheus}, by Alertmanager: {alertmanager}")
    if bench.drill_is_left():
        raise Violation("a drill is left behind")


def _settled(bench: Bench, mark: Mark, *, restored: bool) -> None:
    """Back in the good state everything that was acknowledged is there, and nothing unfinished."""
    runs = bool(bench.running())
    _reset(bench)
    kept = bench.has(mark)
    is_restored = restored and kept == (False, False, False) and bench.has(bench.backed_up) == (True, True, True)
    if kept != (True, True, True) and not is_restored:
        names = [name for name, has in zip((c.PROMETHEUS, c.ALERTMANAGER, c.PUSHGATEWAY), kept, strict=True) if not has]
        raise Violation(f"lost what {', '.join(names)} had acknowledged (running before: {runs})")
    if not bench.is_as_it_was():
        raise Violation("the data that was taken over is not what it was")
    if left := bench.leftovers():
        raise Violation(f"left behind: {', '.join(left)}")


def _reset(bench: Bench) -> None:
    bench.write()
    bench.must("up", "--take-over")
    for name in ("new.tar.gz", "next.tar.gz"):
        Path(bench.folder / name).unlink(missing_ok=True)
    if set(bench.running()) != set(UNITS) or bench.loaded() != (False, False):
        raise Violation(f"`up` does not lead to the good state: {bench.running()}, {bench.loaded()}")
