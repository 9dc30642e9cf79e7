"""Waiting until every unit is ready, or until one of them shows that it never will be."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor

from stackctl.diagnostic import Diagnostic
from stackctl.errors import Unavailable
from stackctl.runtimes.http import Answer, is_ready
from stackctl.runtimes.protocol import Live, Observed, Runtime
from stackctl.tree import Unit
from stackctl.wait import SYSTEM_CLOCK, Clock, TimedOut, wait_until

_LOG_LINES = 15
# Asking the runtime costs more than asking a server, and only ever helps after a failure.
_LOOK_EVERY_SECONDS = 0.25
# A unit that ended by itself with code 0 and that nobody can ask has done its work: a one-shot container.
_FINISHED = "exited with code 0"


def wait_ready(
    units: Collection[Unit],
    generation: Live,
    runtime: Runtime,
    deadline_seconds: float,
    clock: Clock = SYSTEM_CLOCK,
) -> None:
    """Return when every one of `units`, which run on `generation`, is ready; one without a `ready` address, when it
    runs or has finished.

    Raises Unavailable with the last lines of its log as soon as a unit has exited, and with what each unready
    unit answered last when `deadline_seconds` have passed.
    """
    with ThreadPoolExecutor(max_workers=max(len(units), 1)) as pool:
        watch = _Watch(units, generation, runtime, clock, pool)
        try:
            wait_until(
                watch.look,
                lambda unready: not unready,
                deadline_seconds,
                what="servers to be ready",
                describe=lambda unready: f"{', '.join(unready)} ({len(units) - len(unready)} of {len(units)} are)",
                clock=clock,
            )
        except TimedOut as error:
            raise Unavailable(*_late(watch.look(), deadline_seconds)) from error
    _unless_exited({unit.name: unit for unit in units}, runtime)


def unready(units: Collection[Unit], generation: Live, pool: ThreadPoolExecutor) -> dict[str, Answer]:
    """The units whose `ready` address does not answer 200, asked all at once, and what they answered."""
    asked = [unit for unit in units if unit.ready]
    answers = zip(asked, pool.map(lambda unit: is_ready(unit, generation.access(unit)), asked), strict=True)
    return {unit.name: answer for unit, answer in answers if answer.status != 200}


class _Watch:
    """The units that are still waited for. Units leave it when they are ready; each is asked until then."""

    def __init__(
        self, units: Collection[Unit], generation: Live, runtime: Runtime, clock: Clock, pool: ThreadPoolExecutor
    ) -> None:
        self._waiting = {unit.name: unit for unit in units}
        self._generation = generation
        self._runtime, self._clock, self._pool = runtime, clock, pool
        self._next_look = clock.now() + _LOOK_EVERY_SECONDS

    def look(self) -> Mapping[str, Answer]:
        """Return the units that are not ready, with their last response. Raises Unavailable when one has exited."""
        answers = unready(self._waiting.values(), self._generation, self._pool)
        silent = {name: unit for name, unit in self._waiting.items() if not unit.ready}
        self._waiting = {name: unit for name, unit in self._waiting.items() if name in answers or name in silent}
        if silent or (answers and self._clock.now() >= self._next_look):
            answers |= self._states(silent)
            self._next_look = self._clock.now() + _LOOK_EVERY_SECONDS
        return answers

    def _states(self, silent: Mapping[str, Unit]) -> dict[str, Answer]:
        """Fail for units that have exited; of the `silent` ones, those that do not run yet."""
        found = {one.name: one for one in _unless_exited(self._waiting, self._runtime)}
        finished = {name for name in silent if name in found and found[name].detail == _FINISHED}
        running = {name for name in silent if name in found and found[name].state == "running"}
        self._waiting = {name: unit for name, unit in self._waiting.items() if name not in finished | running}
        return {name: Answer(0, "is not running yet") for name in silent if name not in finished | running}


def _unless_exited(units: Mapping[str, Unit], runtime: Runtime) -> list[Observed]:
    """Return the state of `units`. Raises Unavailable for exited ones, whatever answers at their addresses."""
    found = [one for one in runtime.observe() if one.name in units]
    ended = [one for one in found if one.state in {"exited", "restarting"}]
    failed = [one for one in ended if units[one.name].ready or one.detail != _FINISHED]
    if failed:
        raise Unavailable(*(_exited(one.name, one.detail or one.state, runtime) for one in failed))
    return found


def _exited(name: str, detail: str, runtime: Runtime) -> Diagnostic:
    lines = "\n".join(runtime.logs([name], tail=_LOG_LINES))
    return Diagnostic("unit.exited", f"{name} {detail}", cause=lines, remedy=f"See `stackctl logs {name}`.")


def _late(answers: Mapping[str, Answer], deadline_seconds: float) -> list[Diagnostic]:
    remedy = "See `stackctl logs`, or give it more time with `--timeout`."
    return [
        Diagnostic(
            "unit.not-ready",
            f"{name} is not ready after {deadline_seconds:g} s",
            cause=f"Its last response: {answer}",
            remedy=remedy,
        )
        for name, answer in answers.items()
    ] or [
        Diagnostic(
            "unit.not-ready",
            f"the stack became ready only after {deadline_seconds:g} s",
            remedy="Run the command again.",
        )
    ]
