"""Every way to break a good stack must turn `verify` red, in Docker: the right check, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.e2e.mutants import DOCKER, Good, Mutant, good_stack, kill

pytestmark = [pytest.mark.e2e, pytest.mark.docker, pytest.mark.long]


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Good]:
    with good_stack("docker", tmp_path_factory.mktemp("mutants")) as made:
        yield made


@pytest.mark.parametrize("mutant", DOCKER, ids=lambda each: each.name)
def test_a_mutant_is_killed(good: Good, mutant: Mutant, record_property: Callable[[str, object], None]) -> None:
    record_property("mutant", "docker")
    kill(good, mutant)
