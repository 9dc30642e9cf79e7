"""Scenarios of a simulated service, as data, and the weather that they make at any moment."""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass

DAY_SECONDS = 86400.0
# The busiest hour is half a day after the calmest one.
CALMEST_HOUR = 3.0


@dataclass(frozen=True)
class Scenario:
    """One state of a service.

    load, least   the share of the day's usual load, and the least load there is (1 is all that the service can do)
    errors        the share of the work that fails
    slowness      where latencies lie between their best (0) and their worst (1)
    pressure      how full resources are, apart from what the load takes
    up, ready     whether it answers at all, and whether it says that it is ready
    ramp_seconds  how long the change from the scenario before takes
    """

    name: str
    help: str
    load: float = 1.0
    least: float = 0.0
    errors: float = 0.004
    slowness: float = 0.0
    pressure: float = 0.0
    up: bool = True
    ready: bool = True
    ramp_seconds: float = 0.0


SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario("normal", "the usual load for the time of day"),
        Scenario("idle", "no load: counters stand still", load=0.0, errors=0.0),
        Scenario("errors", "one in three operations fails", errors=0.35, slowness=0.3, least=0.4),
        Scenario("latency", "everything is slow", slowness=0.85, least=0.4),
        Scenario("saturated", "full load, full resources, not ready", least=1.0, errors=0.15, slowness=1.0,
                 pressure=1.0, ready=False),
        Scenario("down", "nothing answers", load=0.0, up=False, ready=False),
        Scenario("recover", "back to normal within a minute", ramp_seconds=60.0),
    )
}  # fmt: skip


@dataclass(frozen=True)
class Weather:
    """State of a service at one moment: each between 0 and 1, with the meanings of `Scenario`."""

    load: float
    errors: float
    slowness: float
    pressure: float


CALM = Weather(0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Course:
    """A scenario, the Unix time since when it holds, and what the weather was before."""

    scenario: Scenario
    since: float
    before: Weather = CALM

    def weather(self, seed: int, time: float) -> Weather:
        """The weather at Unix `time`."""
        aim = _aim(self.scenario, seed, time)
        ramp = self.scenario.ramp_seconds
        done = min((time - self.since) / ramp, 1.0) if ramp else 1.0
        return aim if done >= 1.0 else _between(self.before, aim, done)


def chance(seed: int, *words: str) -> float:
    """A number from 0 up to 1 that depends on nothing but `seed` and `words`."""
    return zlib.crc32("\0".join((str(seed), *words)).encode()) / 2**32


def _aim(scenario: Scenario, seed: int, time: float) -> Weather:
    load = min(max(scenario.load * _day(time) * _gusts(seed, time), scenario.least), 1.0)
    return Weather(
        load=load,
        errors=min(scenario.errors * _gusts(seed + 1, time), 1.0),
        slowness=scenario.slowness + (1 - scenario.slowness) * 0.15 * load * load,
        pressure=scenario.pressure + (1 - scenario.pressure) * 0.6 * load,
    )


def _day(time: float) -> float:
    """The usual load of the hour."""
    return 0.55 - 0.35 * math.cos(2 * math.pi * (time / DAY_SECONDS - CALMEST_HOUR / 24))


def _gusts(seed: int, time: float) -> float:
    """A factor around 1: slow waves and quick ones, so that no two minutes are the same."""
    slow = math.sin(2 * math.pi * (time / 613 + chance(seed, "slow")))
    quick = math.sin(2 * math.pi * (time / 97 + chance(seed, "quick")))
    return 1 + 0.06 * slow + 0.04 * quick


def _between(one: Weather, other: Weather, done: float) -> Weather:
    def mixed(before: float, after: float) -> float:
        return before + (after - before) * done

    return Weather(
        mixed(one.load, other.load),
        mixed(one.errors, other.errors),
        mixed(one.slowness, other.slowness),
        mixed(one.pressure, other.pressure),
    )
