"""Values of the command line."""

from __future__ import annotations

import pytest

from stackctl.cli.values import NamedRuntime, RuntimeName, seconds
from stackctl.errors import InputError


def test_reads_durations() -> None:
    assert seconds("1m30s", "--timeout") == 90


def test_refuses_what_is_not_a_duration_and_names_the_option() -> None:
    with pytest.raises(InputError, match="--timeout: not a duration: `soon`"):
        seconds("soon", "--timeout")


def test_every_runtime_can_be_named() -> None:
    assert [each.value for each in RuntimeName] == ["auto", *(each.value for each in NamedRuntime)]
