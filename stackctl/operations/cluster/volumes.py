"""Volumes of a stack in a cluster: pods that read and write them, and the journal of what has begun.

The journal is a ConfigMap that is made before the first step and removed after the last one; the pods belong to it, so
that they end with it. A command that fails ends by the same function as the next one after a kill.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from stackctl import conventions as c
from stackctl.components import registry
from stackctl.diagnostic import Diagnostic
from stackctl.errors import StackctlError, Unavailable

if TYPE_CHECKING:
    from stackctl.cluster.execution import Execution
    from stackctl.cluster.objects import Thing
    from stackctl.cluster.volumes import Entry, Kept
    from stackctl.operations.cluster.session import Session
    from stackctl.progress import Progress
    from stackctl.runtimes.protocol import DataFile

READY_SECONDS = 180.0
# So long a backup or a restore takes at most, and a pod of ours runs, whatever becomes of the command.
WHOLE_SECONDS = 6 * 3600
_LINE_BYTES, _PIECE_BYTES = 1 << 16, 1 << 20


def kept(session: Session, owned: Sequence[Thing], stopped: Mapping[str, int] | None = None) -> list[Kept]:
    """Return the servers among `owned` that keep data, in the order of the manifest's components.

    Those that a backup or restore has `stopped` have the number of pods that they had before.
    """
    from stackctl.cluster.volumes import Kept
    from stackctl.cluster.waiting import OPERATED, WORKLOADS
    from stackctl.export.kubernetes.server_pod import names_of

    names = {name: component for component, name in names_of(session.stack).items()}
    found = {
        each.kind.lower() if each.kind in OPERATED else names.get(each.name, ""): each
        for each in owned
        if each.kind in WORKLOADS
    }
    servers = []
    for server in session.stack.components:
        known = registry.of(server).container
        if known.data and (workload := found.get(server.name)):
            number = (stopped or {}).get(str(workload), workload.content["spec"].get("replicas", 1))
            servers.append(Kept(server.name, workload, number, int(known.user)))
    return servers


@dataclass
class Copying:
    """A backup or restore under way: what its journal says, and its pods."""

    session: Session
    entry: Entry
    journal: Mapping[str, Any] = field(default_factory=dict)
    pods: dict[str, str] = field(default_factory=dict)
    ready_seconds: float = READY_SECONDS

    def note(self, **changes: Any) -> None:
        """Write into the journal what is about to be done, or has been. Raises NoAnswer."""
        self.entry = replace(self.entry, **changes)
        self.journal = self.session.server.apply(self._journal(), dry_run=False)

    def _journal(self) -> dict[str, Any]:
        import inspect

        from stackctl.cluster import volume_pod, volumes
        from stackctl.export.kubernetes.volume_pod import journal

        return journal(_objects(self.session), volumes.written(self.entry), inspect.getsource(volume_pod))

    def run(self, server: Kept, number: int, *command: str) -> Execution:
        """Start a command of the program next to a volume of a server. Raises Unavailable and NoAnswer."""
        from stackctl.cluster.execution import Execution
        from stackctl.export.kubernetes.volume_pod import PROGRAM

        pod = self.prepared(server, number)
        return Execution(self.session.core, self.session.place.namespace, pod, [*PROGRAM, *command])

    def done(self, server: Kept, number: int, *command: str) -> bytes:
        """Run a command to its end, and return what it has printed. Raises as `run`."""
        with self.run(server, number, *command) as running:
            printed = running.read(_PIECE_BYTES)
            running.finish()
        return printed

    def prepared(self, server: Kept, number: int) -> str:
        """Return the pod that mounts a volume of a server, which is made where there is none. Raises as `run`."""
        claim = server.claims[number]
        if claim not in self.pods:
            self.pods[claim] = _started(
                self.session, self.journal, server, number, f"{self.entry.token}-{len(self.pods)}"
            )
        return self.pods[claim]

    def stop(self, servers: Iterable[Kept]) -> None:
        """Stop servers, and wait until they have ended. Raises Unavailable and NoAnswer."""
        from stackctl.wait import wait_until

        stopping = list(servers)
        self.note(stopped={**self.entry.stopped, **{str(each.workload): each.replicas for each in stopping}})
        workloads = [each.workload for each in stopping]
        for each in workloads:
            self.session.server.scale(each.content, 0)
        wait_until(
            lambda: [each["metadata"]["name"] for each in self.session.pods_of(workloads)],
            lambda found: not found,
            READY_SECONDS,
            what="the servers to end",
            describe=", ".join,
        )

    def start(self, servers: Iterable[Kept]) -> None:
        """Start servers again, and wait until they are ready. Raises Unavailable and NoAnswer."""
        starting = list(servers)
        _scaled_back(self.session, starting, self.entry)
        await_ready(self.session, [each.workload for each in starting])
        names = {str(each.workload) for each in starting}
        self.note(stopped={name: number for name, number in self.entry.stopped.items() if name not in names})


@contextmanager
def copying(
    session: Session, operation: str, progress: Progress, ready_seconds: float = READY_SECONDS
) -> Iterator[Copying]:
    """A backup or restore, from its journal to its end. Raises what `ended_copy` does, at the end too."""
    from secrets import token_hex

    from stackctl.cluster.volumes import Entry

    begun = Copying(session, Entry(operation, token_hex(4)), ready_seconds=ready_seconds)
    begun.note()
    try:
        yield begun
    except BaseException:
        try:
            _end(begun, progress)
        except StackctlError as error:
            progress.warn(f"{error.problems[0].summary}: the next command tries again to undo what was done")
        raise
    _end(begun, progress)


def ended_copy(session: Session, progress: Progress, *, starting: bool = True) -> bool:
    """End a backup or restore that was interrupted; return whether there was one.

    All data of a restore is in place afterwards if all of it had been staged, else the data is what it was. What was
    stopped runs again, unless it is not `starting`. Raises NoAnswer, and Unavailable where data cannot be put in place.
    """
    from stackctl.cluster import volumes
    from stackctl.export.kubernetes.volume_pod import ENTRY, journal_name

    metadata = {"name": journal_name(session.stack.name), "namespace": session.place.namespace}
    found = session.server.find({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata})
    if found is None or found["metadata"].get("deletionTimestamp"):
        return False
    _remove_pods(session)  # a program that was begun may still run there
    entry = volumes.read((found.get("data") or {}).get(ENTRY, "")) or volumes.Entry("backup", "lost")
    progress.warn(f"a {entry.operation} was interrupted: ending it")
    _end(Copying(session, entry, {"apiVersion": "v1", "kind": "ConfigMap", **found}), progress, starting=starting)
    return True


def _end(begun: Copying, progress: Progress, *, starting: bool = True) -> None:
    """Put staged data in place or remove it, start what was stopped, and remove what was made."""
    session, entry = begun.session, begun.entry
    servers = kept(session, session.owned(), entry.stopped)
    if entry.is_whole:
        _each_volume(begun, servers, "switch", entry.token)
        begun.note(staged=(), is_whole=False)
    stopped = [each for each in servers if str(each.workload) in entry.stopped] if starting else []
    _scaled_back(session, stopped, entry)
    try:
        if entry.staged and not entry.is_whole:
            _each_volume(begun, servers, "drop")
        if entry.snapshot_at:
            _remove_snapshots(begun, servers)
    except StackctlError as error:
        progress.warn(f"what the {entry.operation} has made in a volume stays: {error.problems[0].summary}")
    _remove_pods(session)
    session.server.delete({"apiVersion": "v1", "kind": "ConfigMap", "metadata": begun.journal["metadata"]})
    await_ready(session, [each.workload for each in stopped], begun.ready_seconds)


def _each_volume(begun: Copying, servers: Sequence[Kept], *command: str) -> None:
    for server in servers:
        if server.component in begun.entry.staged:
            for number in range(len(server.claims)):
                begun.done(server, number, *command)


def _remove_snapshots(begun: Copying, servers: Sequence[Kept]) -> None:
    """Remove the snapshot that Prometheus has made for a backup, of whichever of its pods."""
    import json

    from stackctl.operations.unfinished.backup import SNAPSHOTS, is_made_for

    for server in servers:
        for number in range(len(server.claims)) if server.component == c.PROMETHEUS else ():
            for name in json.loads(begun.done(server, number, "list", SNAPSHOTS)):
                if is_made_for(name, begun.entry.snapshot_at):
                    begun.done(server, number, "remove", f"{SNAPSHOTS}/{name}")


def _scaled_back(session: Session, servers: Iterable[Kept], entry: Entry) -> None:
    for each in servers:
        session.server.scale(each.workload.content, entry.stopped[str(each.workload)])


# -- pods -----------------------------------------------------------------------------------------------------


def _objects(session: Session) -> Any:
    """Return the beginning of all objects of a backup or restore, with the label by which they are found again."""
    from stackctl.cluster.objects import COPIED
    from stackctl.export.kubernetes.objects import Cluster, Objects

    return Objects(session.stack, Cluster(session.place.namespace, {COPIED: "true"}))


def _remove_pods(session: Session) -> None:
    """Remove the pods that mount volumes, and wait until they have ended. Raises Unavailable and NoAnswer."""
    from stackctl.cluster.objects import COPIED
    from stackctl.export.kubernetes.objects import part_of
    from stackctl.wait import wait_until

    labels = {**part_of(session.stack), COPIED: "true"}

    def found() -> list[Mapping[str, Any]]:
        return session.server.listed("v1", "Pod", session.place.namespace, labels)

    for pod in found():
        session.server.delete(pod)
    wait_until(found, lambda pods: not pods, READY_SECONDS, what="the pods at the volumes to end", describe=_names)


def _names(pods: Iterable[Mapping[str, Any]]) -> str:
    return ", ".join(each["metadata"]["name"] for each in pods)


def _started(session: Session, journal: Mapping[str, Any], server: Kept, number: int, suffix: str) -> str:
    """Start the pod that mounts a volume of a server, and return its name once it runs."""
    from stackctl.cluster.waiting import pod_reason
    from stackctl.export.kubernetes.volume_pod import volume_pod
    from stackctl.wait import TimedOut, wait_until

    name, claim = f"{journal['metadata']['name']}-{suffix}", server.claims[number]
    content = volume_pod(
        *(_objects(session), name, journal, claim, server.sub_path, server.user),
        _pod_with(session, server, claim),
        WHOLE_SECONDS,
    )
    session.server.apply(content, dry_run=False)

    def reason() -> str:
        found = session.server.find(content)
        return pod_reason(found) if found else "it is gone"

    try:
        wait_until(reason, lambda found: not found, READY_SECONDS, what=f"the pod {name}", describe=str)
    except TimedOut as error:
        remedy = "Fix what the pod waits for, and run the command again."
        summary = f"no pod can read the volume {claim} of {server.component}"
        raise Unavailable.of("cluster.volume", summary, cause=error.problems[0].summary, remedy=remedy) from None
    return name


def _pod_with(session: Session, server: Kept, claim: str) -> Mapping[str, Any] | None:
    """Return the pod of a server that has a claim mounted, None where none runs."""
    for pod in session.pods_of([server.workload]):
        mounted = pod["spec"].get("volumes") or ()
        claims = [(each.get("persistentVolumeClaim") or {}).get("claimName") for each in mounted]
        if claim in claims and pod["spec"].get("nodeName"):
            return pod
    return None


def await_ready(session: Session, workloads: Sequence[Thing], seconds: float = READY_SECONDS) -> None:
    """Wait until workloads are as declared. Raises Unavailable with what they wait for."""
    from stackctl.cluster.waiting import waits
    from stackctl.wait import TimedOut, wait_until

    last: list[dict[Thing, str]] = [{}]

    def look() -> dict[Thing, str]:
        seen = session.seen(session.owned())
        last[0] = {each: reason for each, reason in waits(seen).items() if each in workloads}
        return last[0]

    if not workloads:
        return
    try:
        wait_until(look, lambda found: not found, seconds, what="the servers to be ready")
    except TimedOut:
        remedy = "`stackctl status` shows what it waits for."
        summary = f"is not ready {seconds:g} s after it was started again"
        raise Unavailable(
            *(
                Diagnostic("unit.not-ready", f"{each} {summary}", cause=why, remedy=remedy)
                for each, why in last[0].items()
            )
        ) from None


# -- files ----------------------------------------------------------------------------------------------------


def read_files(running: Execution) -> Iterator[DataFile]:
    """Yield the files that the program next to a volume writes. Raises Unavailable unless all of them arrive whole."""
    import hashlib
    import json

    from stackctl.bounds.json_text import loads
    from stackctl.runtimes.protocol import DataFile

    digest = hashlib.sha256()
    while True:
        line = running.line(_LINE_BYTES)
        try:
            entry = loads(line)
            if "sum" in entry:
                break
            path, size, mode = str(entry["path"]), int(entry["size"]), int(entry["mode"]) & 0o777
        except (ValueError, LookupError, TypeError):
            running.finish()  # says why it has ended
            raise _not_whole() from None
        digest.update(json.dumps(entry).encode() + b"\n")
        content = _Content(running, size, digest)
        yield DataFile(path, size, mode, content)  # type: ignore[arg-type]
        if content.left:
            raise _not_whole()
    running.finish()
    if entry["sum"] != digest.hexdigest():
        raise _not_whole()


def _not_whole() -> Unavailable:
    remedy = "Run the command again."
    return Unavailable.of("cluster.volume", "the data of a volume has not arrived whole", remedy=remedy)


@dataclass
class _Content:
    """The content of a file, out of a stream of several."""

    running: Execution
    left: int
    digest: Any

    def read(self, size: int = -1) -> bytes:
        wanted = self.left if size < 0 else min(size, self.left)
        piece = self.running.read(min(wanted, _PIECE_BYTES))
        self.left -= len(piece)
        self.digest.update(piece)
        if wanted and not piece:
            raise _not_whole()
        return piece


def write_files(running: Execution, files: Iterable[DataFile]) -> None:
    """Have the program next to a volume write files. Raises Unavailable unless it has all of them."""
    import hashlib
    import json

    digest = hashlib.sha256()

    def send(piece: bytes) -> None:
        digest.update(piece)
        running.write(piece)

    for file in files:
        send(json.dumps({"path": file.path, "size": file.size, "mode": file.mode}).encode() + b"\n")
        while piece := file.content.read(_PIECE_BYTES):
            send(piece)
    running.write(json.dumps({"sum": digest.hexdigest()}).encode() + b"\n")
    running.finish()


def restart_pod(session: Session, server: Kept, number: int) -> None:
    """Have a pod of a server end, which writes what it holds in memory, and wait until the next one is ready.

    The cluster starts it again by itself. Raises Unavailable and NoAnswer.
    """
    from stackctl.cluster.waiting import pod_reason
    from stackctl.wait import wait_until

    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": server.pod(number), "namespace": session.place.namespace},
    }
    found = session.server.find(pod)
    before = found and found["metadata"]["uid"]
    session.server.delete(pod)

    def reason() -> str:
        found = session.server.find(pod)
        if found is None or found["metadata"]["uid"] == before:
            return "it has not ended yet"
        return pod_reason(found)

    wait_until(reason, lambda found: not found, READY_SECONDS, what=f"the pod {server.pod(number)}")
