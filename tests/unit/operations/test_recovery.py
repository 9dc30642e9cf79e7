"""Recovery of interrupted operations."""

from __future__ import annotations

from stackctl.cli.main import COMMANDS
from stackctl.operations import recovery


def test_every_command_has_its_row_in_the_table_of_recovery() -> None:
    rows = [*recovery.CHANGE, *recovery.READ, *recovery.REPORT, *recovery.NONE]
    assert sorted(rows) == sorted(COMMANDS)
