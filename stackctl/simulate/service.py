"""A simulated service while it runs: its scenario, what it has counted, and what its instances expose now."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from stackctl.model import Contract
from stackctl.simulate.flow import STEP_SECONDS, Flow, advance, at
from stackctl.simulate.scenario import SCENARIOS, Course, Scenario
from stackctl.simulate.series import Exposition, Reading, exposition

# More steps than this in one real second would be work for nothing.
STEPS_PER_SECOND = 100.0


@dataclass(frozen=True)
class SimulatedClock:
    """Unix time that goes `speed` times as fast as real time from `start` on."""

    start: float
    speed: float = 1.0
    elapsed: Callable[[], float] = time.monotonic
    zero: float = 0.0

    @classmethod
    def from_now(cls, speed: float) -> SimulatedClock:
        return cls(time.time(), speed, zero=time.monotonic())

    def now(self) -> float:
        return self.start + (self.elapsed() - self.zero) * self.speed

    @property
    def step(self) -> float:
        """The seconds of simulated time in a step."""
        return max(STEP_SECONDS, self.speed / STEPS_PER_SECOND)


class SimulatedService:
    """One service. All its instances live through the same scenario; safe for many threads."""

    def __init__(self, name: str, contract: Contract, seed: int, clock: SimulatedClock, scenario: str) -> None:
        self.name = name
        self.contract = contract
        self.seed = seed
        self._clock = clock
        self._lock = Lock()
        now = clock.now()
        self._course = Course(SCENARIOS[scenario], now)
        self._flow = Flow(now, now)

    @property
    def scenario(self) -> Scenario:
        return self._course.scenario

    def instance(self, address: str) -> Exposition:
        """The exposition of the instance at `address`, which scatters in its own way."""
        return exposition(self.contract, self.seed + sum(address.encode()))

    def read(self) -> Reading:
        """Return the current samples of all instances."""
        with self._lock:
            return self._read(self._clock.now())

    def enter(self, scenario: str) -> None:
        """Go into another scenario. A service that was down has started again: counters begin at zero."""
        with self._lock:
            now = self._clock.now()
            reading = self._read(now)
            back = SCENARIOS[scenario].up and not self.scenario.up
            self._flow = Flow(now, now) if back else reading.flow
            self._course = Course(SCENARIOS[scenario], now, reading.weather)

    def _read(self, now: float) -> Reading:
        self._flow = advance(self._flow, self._course, self.seed, now, self._clock.step)
        flow = at(self._flow, self._course.weather(self.seed, self._flow.time), now)
        return Reading(flow, self._course.weather(self.seed, flow.time))
