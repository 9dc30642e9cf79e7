"""Putting the data of a backup in the volumes of a stack in a cluster: staged next to what is there, then switched."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from stackctl.bounds.deadline import within
from stackctl.errors import InputError

if TYPE_CHECKING:
    from stackctl.backup import Label
    from stackctl.cluster.volumes import Kept
    from stackctl.model import Stack
    from stackctl.operations.cluster.session import Session
    from stackctl.operations.cluster.volumes import Copying
    from stackctl.progress import Progress


def bring_back_cluster(stack: Stack, file: Path, progress: Progress, *, force: bool, deadline_seconds: float) -> Label:
    """Put the data of the backup `file` in the volumes of a stack, of each replica, and start its servers again.

    They run until all of the data has arrived in their volumes; from then on, all of it is put in place, by the next
    command if this one is killed. `deadline_seconds` is how long they may take to be ready again.

    Raises InputError for a file that is no whole backup, for a stack whose volumes are not there, and without `force`;
    and Unavailable for a volume that cannot be written, with everything as before.
    """
    from stackctl.backup import verify
    from stackctl.operations.cluster.session import connect, explained
    from stackctl.operations.cluster.volumes import WHOLE_SECONDS, copying, ended_copy

    label = verify(file)
    session = connect(stack)
    with within(WHOLE_SECONDS), explained(session.place):
        ended_copy(session, progress)
        servers = _with_volumes(session, label)
        for name in sorted({*label.units} - {each.component for each in servers}):
            progress.warn(f"left out {name}: this stack has none")
        if not force:
            raise _running([each.component for each in servers])
        with copying(session, "restore", progress, deadline_seconds) as copy:
            _staged(copy, servers, file, progress)
            progress.note("stopping the servers")
            copy.stop(servers)
            copy.note(is_whole=True)
            progress.note("putting the data in place")
    return label


def _running(names: Sequence[str]) -> Exception:
    remedy = "Use --force: it restores, and starts these servers again."
    summary = f"a restore would replace the data of the stack: {', '.join(names)}"
    return InputError.of("restore.running", summary, remedy=remedy)


def _with_volumes(session: Session, label: Label) -> list[Kept]:
    """Return the servers that get data. Raises InputError where one has no volume yet."""
    from stackctl.operations.cluster.volumes import kept

    owned = session.owned()
    servers = [each for each in kept(session, owned) if each.component in label.units]
    there = {each.name for each in session.claims(owned)}
    missing = [claim for each in servers for claim in each.claims if claim not in there]
    if not servers or missing:
        what = f"these volumes are missing: {', '.join(missing)}" if missing else "none of its servers is there"
        remedy = "Run `stackctl up`, which makes the volumes, and then `stackctl restore --force`."
        summary = f"the stack is not in the namespace `{session.place.namespace}`: {what}"
        raise InputError.of("restore.no-volume", summary, position=session.place.origin, remedy=remedy)
    return servers


def _staged(copy: Copying, servers: Sequence[Kept], file: Path, progress: Progress) -> None:
    """Write all of the data next to what is in the volumes."""
    from stackctl.backup import contents
    from stackctl.operations.cluster.volumes import write_files

    copy.note(staged=tuple(each.component for each in servers))
    for server in servers:
        progress.note(f"writing {server.component}")
        for number in range(len(server.claims)):
            copy.done(server, number, "drop")
            with copy.run(server, number, "write", copy.entry.token) as running:
                write_files(running, contents(file, server.component))
