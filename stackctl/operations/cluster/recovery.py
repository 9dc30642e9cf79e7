"""The end of what was interrupted in a cluster, by the next command that changes the stack."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stackctl.operations.cluster.session import Session
    from stackctl.progress import Progress


def recovered(session: Session, progress: Progress) -> bool:
    """End a backup, a restore or a drill that was interrupted; return whether there was one. Raises as these ends."""
    from stackctl.operations.cluster.drill_end import ended_drill
    from stackctl.operations.cluster.volumes import ended_copy

    copied = ended_copy(session, progress)
    return ended_drill(session, progress) or copied
