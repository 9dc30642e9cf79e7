"""Taking a backup of a stack in a cluster: the same archive as on one machine."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from stackctl import conventions as c
from stackctl.diagnostic import Diagnostic
from stackctl.errors import Unavailable

if TYPE_CHECKING:
    from stackctl.backup import Label
    from stackctl.cluster.volumes import Kept
    from stackctl.model import Stack
    from stackctl.operations.cluster.session import Session
    from stackctl.operations.cluster.volumes import Copying
    from stackctl.progress import Progress
    from stackctl.runtimes.protocol import DataFile

_UP = "Run `stackctl up`, which waits until all of it is ready."


def back_up_cluster(stack: Stack, file: Path, progress: Progress) -> Label:
    """Write the backup of a stack to `file`.

    Raises InputError when `file` cannot be written, or the context or namespace is not there, and Unavailable for a
    server that is not ready, a volume that cannot be read, and a cluster that does not answer.
    """
    from stackctl.backup import pack
    from stackctl.bounds.deadline import within
    from stackctl.operations.backup import new_label, refuse_place
    from stackctl.operations.cluster.session import connect, explained
    from stackctl.operations.cluster.volumes import WHOLE_SECONDS, copying, ended_copy
    from stackctl.state import disk

    refuse_place(file)
    session = connect(stack)
    with within(WHOLE_SECONDS), explained(session.place):
        ended_copy(session, progress)
        servers = _ready(session)
        label = new_label(stack.name, c.KUBERNETES, {each.component: _image(each) for each in servers})
        with (
            copying(session, "backup", progress) as copy,
            disk.explained(file),
            disk.replacing(file, 0o600, temporary=_temporary(file)) as out,
            closing(_data(copy, servers, progress)) as data,
        ):
            pack(out, label, data)
    return label


def _temporary(file: Path) -> Path:
    """Return the place of the unfinished file, without one that was left by a backup that was killed."""
    from stackctl.tree import digest

    path = file.absolute().with_name(f".tmp-{digest(file.name)}")
    path.unlink(missing_ok=True)
    return path


def _ready(session: Session) -> list[Kept]:
    """Return the servers that keep data. Raises Unavailable where none is there, or one is not ready."""
    from stackctl.cluster.waiting import waits
    from stackctl.operations.backup import not_running
    from stackctl.operations.cluster.volumes import kept

    owned = session.owned()
    servers = kept(session, owned)
    if c.PROMETHEUS not in {each.component for each in servers}:
        raise not_running()
    reasons = waits(session.seen(owned))
    late = {each.component: reasons[each.workload] for each in servers if each.workload in reasons}
    if late:
        summary = "is not ready, so its data could be missing"
        raise Unavailable(
            *(Diagnostic("backup.incomplete", f"{name} {summary}", cause=why, remedy=_UP) for name, why in late.items())
        )
    return servers


def _image(server: Kept) -> str:
    spec = server.workload.content["spec"]
    return str(spec.get("image") or spec["template"]["spec"]["containers"][0]["image"])


def _data(copy: Copying, servers: Sequence[Kept], progress: Progress) -> Generator[tuple[str, DataFile], None, None]:
    """The data of servers, one after the other, so that no two of them are away at the same time."""
    read = {c.PROMETHEUS: _snapshot, c.ALERTMANAGER: _restarted}
    for server in servers:
        progress.note(f"reading {server.component}")
        yield from ((server.component, file) for file in read.get(server.component, _at_rest)(copy, server))


def _snapshot(copy: Copying, server: Kept) -> Iterator[DataFile]:
    """The snapshot of the first Prometheus, which is removed at the end."""
    from stackctl.clients.http import Http
    from stackctl.clients.prometheus import Prometheus
    from stackctl.operations.backup import make_snapshot
    from stackctl.operations.cluster.replicas import through
    from stackctl.operations.unfinished.backup import SNAPSHOTS

    access = through(copy.session, c.PROMETHEUS, server.pod(0))
    copy.prepared(server, 0)
    # By the clock of its node, as the snapshot gets its name by that.
    ((_, now),) = Prometheus(Http(access)).values("vector(time())")
    copy.note(snapshot_at=now)
    name = make_snapshot(access)
    yield from _read(copy, server, 0, f"{SNAPSHOTS}/{name}")


def _restarted(copy: Copying, server: Kept) -> Iterator[DataFile]:
    """The files that the last Alertmanager has written when it ended. It replaces each as a whole, so that the next one
    may run already; the others notify meanwhile."""
    from stackctl.operations.cluster.volumes import restart_pod

    last = server.replicas - 1
    copy.prepared(server, last)
    restart_pod(copy.session, server, last)
    yield from _read(copy, server, last)


def _at_rest(copy: Copying, server: Kept) -> Iterator[DataFile]:
    """The data of a server that has been stopped, and is started again afterwards."""
    copy.prepared(server, 0)
    copy.stop([server])
    yield from _read(copy, server, 0)
    copy.start([server])


def _read(copy: Copying, server: Kept, number: int, folder: str = "") -> Iterator[DataFile]:
    from stackctl.operations.cluster.volumes import read_files

    with copy.run(server, number, "read", *([folder] if folder else [])) as running:
        yield from read_files(running)
