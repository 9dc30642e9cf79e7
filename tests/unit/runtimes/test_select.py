"""The runtime of a stack: the one that is asked for, runs it, has its data or answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.errors import Unavailable
from stackctl.runtimes.select import choose, reopen_runtime


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"name": "native"}, "asked for"),
        ({"name": "auto", "running": "native"}, "the stack is running there"),
        ({"name": "auto", "last": "native"}, "the stack's data is there"),
    ],
)
def test_reason_says_why_it_is_this_runtime(tmp_path: Path, more: dict[str, str], reason: str) -> None:
    choice = choose(more.pop("name"), "shop", tmp_path, **more)  # type: ignore[arg-type]
    assert (choice.runtime.name, choice.reason) == ("native", reason)


def test_runtime_of_another_version_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="there is no runtime `cloud`"):
        reopen_runtime("cloud", "shop", tmp_path)
