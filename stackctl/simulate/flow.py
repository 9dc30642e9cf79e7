"""History of a simulated service since its start: the weather added up, from which every counter follows.

Time goes on in whole steps from the start, so what has been counted does not depend on when somebody looked.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import add

from stackctl.simulate.scenario import Course, Weather

STEP_SECONDS = 1.0
# The number of grades of slowness in what is added up.
GRADES = 9


Grades = tuple[float, ...]
_NOTHING: Grades = (0.0,) * GRADES


@dataclass(frozen=True)
class Flow:
    """Work done from `start` to `time` (Unix time), in seconds of full load.

    What succeeded and what failed, each by how slow it was, from the best grade to the worst. `awake` are the seconds
    in which there was anything to do.
    """

    start: float
    time: float
    done_by_grade: Grades = _NOTHING
    failed_by_grade: Grades = _NOTHING
    awake: float = 0.0

    @property
    def done(self) -> float:
        return sum(self.done_by_grade)

    @property
    def failed(self) -> float:
        return sum(self.failed_by_grade)

    @property
    def by_grade(self) -> Grades:
        """All work, whatever came of it."""
        return tuple(map(add, self.done_by_grade, self.failed_by_grade))

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
    done, failed, awake, time = list(flow.done_by_grade), list(flow.failed_by_grade), flow.awake, flow.time
    for _ in range(steps):
        weather = course.weather(seed, time)
        _work(done, failed, weather, step)
        awake += step if weather.load else 0.0
        time += step
    return Flow(flow.start, time, tuple(done), tuple(failed), awake)


def at(flow: Flow, weather: Weather, time: float) -> Flow:
    """`flow` at `time`, less than a step later, in the weather of its last step."""
    done, failed = list(flow.done_by_grade), list(flow.failed_by_grade)
    seconds = max(time - flow.time, 0.0)
    _work(done, failed, weather, seconds)
    awake = flow.awake + (seconds if weather.load else 0.0)
    return Flow(flow.start, max(time, flow.time), tuple(done), tuple(failed), awake)


def _work(done: list[float], failed: list[float], weather: Weather, seconds: float) -> None:
    """Add the work of some seconds to the two grades that its slowness is between."""
    place = weather.slowness * (GRADES - 1)
    lower = min(int(place), GRADES - 2)
    share = place - lower
    for grades, part in ((done, 1 - weather.errors), (failed, weather.errors)):
        work = weather.load * seconds * part
        grades[lower] += work * (1 - share)
        grades[lower + 1] += work * share
