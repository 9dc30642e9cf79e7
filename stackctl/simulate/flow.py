"""What a service has done since it started: the weather added up, from which every counter follows.

Time goes on in whole steps from the start, so what has been counted does not depend on when somebody looked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from stackctl.simulate.scenario import Course, Weather

STEP_SECONDS = 1.0
# How finely slowness is told apart in what is added up.
GRADES = 9


@dataclass(frozen=True)
class Flow:
    """Work done from `start` to `time` (Unix time), in seconds of full load.

    `done` succeeded and `failed` did not; `by_grade` is all of it by how slow it was, from the best grade to the worst.
    `awake` are the seconds in which there was anything to do.
    """

    start: float
    time: float
    done: float = 0.0
    failed: float = 0.0
    by_grade: tuple[float, ...] = (0.0,) * GRADES
    awake: float = 0.0

    @property
    def work(self) -> float:
        return self.done + self.failed

    @property
    def seconds(self) -> float:
        return self.time - self.start


def advance(flow: Flow, course: Course, seed: int, until: float, step: float = STEP_SECONDS) -> Flow:
    """`flow` after every whole step up to `until`."""
    steps = int((until - flow.time) / step)
    if steps <= 0:
        return flow
    done, failed, awake, grades, time = flow.done, flow.failed, flow.awake, list(flow.by_grade), flow.time
    for _ in range(steps):
        weather = course.weather(seed, time)
        work = weather.load * step
        done += work * (1 - weather.errors)
        failed += work * weather.errors
        awake += step if work else 0.0
        _grade(grades, work, weather.slowness)
        time += step
    return Flow(flow.start, time, done, failed, tuple(grades), awake)


def at(flow: Flow, weather: Weather, time: float) -> Flow:
    """`flow` at `time`, less than a step later, in the weather of its last step."""
    grades = list(flow.by_grade)
    seconds = max(time - flow.time, 0.0)
    work = weather.load * seconds
    _grade(grades, work, weather.slowness)
    return replace(
        flow,
        time=max(time, flow.time),
        done=flow.done + work * (1 - weather.errors),
        failed=flow.failed + work * weather.errors,
        by_grade=tuple(grades),
        awake=flow.awake + (seconds if work else 0.0),
    )


def _grade(grades: list[float], work: float, slowness: float) -> None:
    """Add `work` to the two grades that `slowness` lies between."""
    place = slowness * (GRADES - 1)
    lower = min(int(place), GRADES - 2)
    share = place - lower
    grades[lower] += work * (1 - share)
    grades[lower + 1] += work * share
