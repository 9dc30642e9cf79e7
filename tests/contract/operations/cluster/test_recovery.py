"""A command that changes a stack first ends whatever was interrupted."""

from __future__ import annotations

from stackctl.cluster.volumes import Entry
from stackctl.model import Stack
from stackctl.operations.cluster.recovery import recovered
from stackctl.operations.cluster.session import connect
from tests.contract.operations.cluster.test_volumes import JOURNAL, interrupt
from tests.contract.operations.cluster.volumes import Volumes
from tests.unit.operations.pretended import Noted


def test_interrupted_backup_is_ended_once(stack: Stack, volumes: Volumes) -> None:
    assert not recovered(connect(stack), Noted())
    interrupt(volumes, Entry("backup", "5f3a"))
    assert recovered(connect(stack), Noted())
    assert JOURNAL not in volumes.cluster.objects
    assert not recovered(connect(stack), Noted())
