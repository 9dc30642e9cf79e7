"""What tests of the servers' own checkers need."""

from __future__ import annotations

from stackctl.errors import Unavailable
from stackctl.tools import require
from tests.e2e.real_stack import cannot_run


def needs(*names: str) -> None:
    """Skip the test where one of the programs is not there."""
    try:
        for name in names:
            require(name)
    except Unavailable as error:
        cannot_run(str(error))
