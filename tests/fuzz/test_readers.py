"""Whatever a reader is given, it answers: with a value, or with what a user may see, and in time.

A short run by a fixed seed here; `make fuzz MINUTES=n` for more. What was found is in `corpus`, and stays found.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.fuzz.mutation import mutated
from tests.fuzz.readers import READERS, SECONDS, run

CORPUS = Path(__file__).parent / "corpus"
FOUND = sorted(path for path in CORPUS.glob("*/*") if path.is_file())
# Set by `make fuzz`: minutes for all readers together, and the seed to begin with.
MINUTES = float(os.environ.get("FUZZ_MINUTES", "0"))
EXAMPLES = 60
executions: Counter[str] = Counter()


def answers(name: str, content: bytes) -> None:
    begun = time.monotonic()
    run(name, content)
    taken = time.monotonic() - begun
    assert taken < SECONDS, f"{taken:.0f} s for {len(content)} bytes"
    executions[name] += 1


@pytest.mark.parametrize("path", FOUND, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_answers_what_was_found_before(path: Path) -> None:
    answers(path.parent.name, path.read_bytes())


@pytest.mark.parametrize("name", READERS)
def test_answers_its_seeds(name: str) -> None:
    for content in READERS[name].seeds:
        answers(name, content)


@pytest.mark.timeout(0 if MINUTES else 300)
@pytest.mark.parametrize("name", READERS)
def test_answers_whatever_it_is_given(name: str, record_property: pytest.RecordProperty) -> None:
    until, round_number = time.monotonic() + 60 * MINUTES / len(READERS), 0
    while True:

        @seed(round_number)
        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        )
        @given(mutated(READERS[name].seeds))
        def attempt(content: bytes) -> None:
            answers(name, content)

        attempt()
        round_number += 1
        if time.monotonic() >= until:
            break
    record_property("fuzz", f"{name}: {executions[name]}")
    print(f"{name}: {executions[name]} executions")  # noqa: T201 - shown by `make fuzz`
