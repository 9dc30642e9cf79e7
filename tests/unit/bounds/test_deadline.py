"""A command has a deadline, which every wait keeps."""

from __future__ import annotations

import time

import pytest

from stackctl.bounds import deadline
from stackctl.wait import TimedOut, wait_until


def test_waits_no_longer_than_the_command_may() -> None:
    assert deadline.bounded(7) == 7
    begun = time.monotonic()
    with deadline.within(0.3):
        with pytest.raises(TimedOut):
            wait_until(lambda: 1, lambda _: False, 60)
        assert deadline.bounded(60) < 0.3
        assert deadline.bounded(60, 2) == 2
    assert time.monotonic() - begun < 5
    assert deadline.bounded(7) == 7
