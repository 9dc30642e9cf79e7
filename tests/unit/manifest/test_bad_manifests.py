"""Every bad manifest of tests/manifests/bad says exactly what the text file beside it says."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import pytest

from stackctl.errors import InputError
from stackctl.manifest import load, outside

BAD = Path(__file__).parents[2] / "manifests" / "bad"
CASES = sorted(path.stem for path in BAD.glob("*.yml"))


@pytest.mark.parametrize("case", CASES)
def test_a_bad_manifest_is_refused_with_every_problem_at_its_place(
    case: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.chdir(BAD)
    # The certificates that some name are those of all tests.
    with (
        outside.allowed() if "../certificates" in Path(f"{case}.yml").read_text() else nullcontext(),
        pytest.raises(InputError) as refused,
    ):
        load(Path(f"{case}.yml"), environ={})
    expected = BAD / f"{case}.txt"
    if request.config.getoption("--update-golden", default=False):
        expected.write_text(f"{refused.value}\n")
    assert f"{refused.value}\n" == expected.read_text()
    assert refused.value.exit_code == 2


def test_no_expected_message_may_be_without_its_manifest() -> None:
    assert sorted(path.stem for path in BAD.glob("*.txt")) == CASES


def test_no_message_shows_a_secret() -> None:
    assert not [path.name for path in BAD.glob("*.txt") if "hunter2" in path.read_text()]
