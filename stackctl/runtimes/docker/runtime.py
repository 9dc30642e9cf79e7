"""The docker runtime: Compose makes the changes, the engine's own API reports what there is.

Units are Compose services. What a plan leaves alone is not even named to Compose, so that only the plan decides.
"""

from __future__ import annotations

import os
import platform
import re
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stackctl import conventions as c
from stackctl import home, ownership
from stackctl.components import registry
from stackctl.components.component import StoredData
from stackctl.diagnostic import Diagnostic
from stackctl.errors import InputError, Unavailable
from stackctl.runtimes import ports
from stackctl.runtimes.checkers import Texts, Verdict
from stackctl.runtimes.docker import bridge, callback, command, containers, engine, foreign, removal, volume
from stackctl.runtimes.docker.command import Limit
from stackctl.runtimes.docker.container_checker import Contained, is_not_running, run_in
from stackctl.runtimes.docker.facts import FACTS, data_volume
from stackctl.runtimes.facts import Facts
from stackctl.runtimes.http import FETCH_SECONDS, Answer, reload_all
from stackctl.runtimes.protocol import LOST, MOVED, DataFile, Live, Observed, Peer, Plan
from stackctl.runtimes.validation import Refusal, validate
from stackctl.tree import Unit

if TYPE_CHECKING:
    from docker import APIClient

_ANSWER_SECONDS = 60
_QUICK_SECONDS = 3
# Where a container and its state are no further apart, the engine is asked how its clock differs from this machine's:
# it may run in a virtual machine.
_CLOCK_SECONDS = 600.0
# The images are built on busybox, and not every busybox' wget takes a timeout.
_ASK = f"""\
wget -q -O - "$0" & asked=$!
(sleep {FETCH_SECONDS:g}; kill $asked) > /dev/null 2>&1 &
wait $asked
"""
# A connection that does not come about within a second will not. A server that hangs must not keep netcat for ever, and
# what a shell starts in the background has the shell's own input by another name only.
_CONNECT = f"""\
exec 3<&0
nc -w 1 "$0" "$1" <&3 & connected=$!
(sleep {FETCH_SECONDS:g}; kill $connected) > /dev/null 2>&1 &
wait $connected
"""
# Where Grafana is installed in its image.
_HOME = "/usr/share/grafana"
_NAME_TAKEN = "stack.name-taken"
_SHARED = "Both would use the same Compose project, containers and data."


@dataclass(frozen=True)
class Docker:
    """The containers of one Compose project. `live` is the folder that they mount (absolute)."""

    project: str
    live: Path
    note: Callable[[str], None]
    name: str = FACTS.name
    facts: Facts = FACTS

    def connect(self) -> None:
        if not engine.has_compose():
            raise Unavailable.of(
                "docker.no-compose",
                "the docker command has no `compose` plugin",
                cause="stackctl needs Docker Compose 2, a plugin of the docker command.",
                remedy="Install the Compose plugin, or use `--runtime native`.",
            )
        _ = self.client
        _refuse_colon(self.live.parent)

    @cached_property
    def client(self) -> APIClient:
        """The engine's API. Connected when it is first asked: a reload gets by without loading the SDK."""
        from docker import APIClient
        from docker.errors import DockerException

        try:
            client = APIClient(base_url=engine.address(), version="auto", timeout=_QUICK_SECONDS)
        except DockerException as error:
            raise Unavailable.of(
                "docker.unavailable", "no Docker engine answers", cause=str(error), remedy=engine.NO_ENGINE
            ) from error
        client.timeout = _ANSWER_SECONDS
        return client

    # -- observing --------------------------------------------------------------------------------------------

    def observe(self) -> tuple[Observed, ...]:
        found = (self._inspect(row["Id"]) for row in self._containers())
        units = (replace(containers.observed(one), stray=self._stray(one)) for one in found if one)
        return tuple(sorted(units, key=lambda one: one.name))

    def _containers(self) -> list[dict[str, Any]]:
        with engine.explained():
            rows: list[dict[str, Any]] = self.client.containers(
                all=True, filters={"label": [f"{containers.PROJECT}={self.project}", "com.docker.compose.oneoff=False"]}
            )
        self._refuse_foreign(rows)
        return rows

    def _refuse_foreign(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Raise Unavailable when the containers are of another stack that happens to have the same name."""
        for row in rows:
            folder = containers.started_from(row["Labels"])
            if folder and folder not in self._owner.folders:
                raise Unavailable.of(
                    _NAME_TAKEN,
                    f"another stack named `{self.project}` is running, from {containers.shown(folder)}",
                    cause=_SHARED,
                    remedy="Give one of them another `name`, or stop the other first: "
                    f"`docker compose --project-name {self.project} down`.",
                )

    def _refuse_taken_volumes(self, names: Collection[str]) -> None:
        """Raise Unavailable when the volumes hold the data of another folder's stack, which has the same name."""
        found = removal.volumes_of(self.client, self.project, self._owner)
        wanted = [f"{self.project}_{name}" for name in sorted(names)]
        taken = {name: owner for name in wanted if (owner := found.get(name))}
        if taken:
            owner = next(iter(taken.values()))
            raise Unavailable.of(
                _NAME_TAKEN,
                f"another stack named `{self.project}` has its data in Docker, that of {containers.shown(owner)}",
                cause=_SHARED,
                remedy="Give one of them another `name`. If nobody needs the data of the other: "
                f"`docker volume rm {' '.join(taken)}`.",
            )

    @property
    def _owner(self) -> removal.Owner:
        """This stack: its containers were started from its own folder, or from the one it was moved from."""
        root = self.live.parent
        own, record = home.resolved(root), home.read(root)
        former = (Path(record.folder),) if record and home.place(root, record) == "moved" else ()
        return removal.Owner((own, *former), record.id if record else "")

    def _stray(self, container: Mapping[str, Any]) -> str:
        """Return why a container must be replaced: it no longer mounts the state folder, or is not in its network."""
        return self._misplaced(container) or containers.disconnected(container)

    def _misplaced(self, container: Mapping[str, Any]) -> str:
        root = self.live.parent
        folder, record = containers.started_from(container["Config"]["Labels"]), home.read(root)
        if folder and folder != home.resolved(root):
            return MOVED
        if record is None:
            return ""
        younger = containers.unix_time(container["Created"]) - record.made_at
        if abs(younger) < _CLOCK_SECONDS:
            younger -= self._clock_ahead
        return LOST if younger < 0 else ""

    @cached_property
    def _clock_ahead(self) -> float:
        """By how many seconds the engine's clock is ahead of this machine's."""
        asked = time.time()
        with engine.explained():
            info = self.client.info()
        if (info["Name"], info["KernelVersion"]) == (platform.node(), platform.release()):
            return 0.0  # the same kernel, and so the same clock
        # The engine looks at its clock before it collects the rest of the answer, which may take seconds.
        return containers.unix_time(info["SystemTime"]) - asked

    def _inspect(self, container: str) -> dict[str, Any] | None:
        from docker.errors import NotFound

        with engine.explained():
            try:
                found: dict[str, Any] = self.client.inspect_container(container)
            except NotFound:
                return None  # it went away after it was listed
        return found

    # -- changing ---------------------------------------------------------------------------------------------

    def prepare(self, units: Collection[Unit]) -> Mapping[str, str]:
        images = sorted({unit.image for unit in units if unit.image})
        self._refuse_taken(units)
        lacking = {image: reason for image in images if (reason := self._obtain(image))}
        return {unit.name: lacking[unit.image] for unit in units if unit.image in lacking}

    def check_prerequisites(self, units: Collection[Unit]) -> Mapping[str, str]:
        self._refuse_taken(units)
        return {}  # whether an image can be pulled only shows when it is

    def _obtain(self, image: str) -> str:
        """Pull `image` unless it is here. Returns why it cannot be had, or ""."""
        from docker.errors import ImageNotFound

        with engine.explained():
            try:
                self.client.inspect_image(image)  # type: ignore[no-untyped-call]
            except ImageNotFound:
                self.note(f"pulling {image}")
            else:
                return ""
        pulled = command.run(Limit.WORK, "pull", image, stdout=sys.stderr)
        if pulled.returncode == 0:
            return ""
        return f"the image {image} is not on this machine and cannot be pulled: {command.last_line(pulled)}"

    def execute(self, plan: Plan, generation: Live) -> None:
        units = {unit.name: unit for unit in generation.units()}
        starting = [units[name] for name in plan.starting()]
        self._remove({*plan.units("remove"), *self._stuck(plan.units("replace"))})
        if starting:
            volumes = {volume for unit in starting for volume in unit.volumes}
            self._create(generation.path, "--detach", [unit.in_compose for unit in starting], volumes)
        reload_all([(units[name], generation.access(units[name])) for name in plan.units("reload")])

    def stop(self, *, volumes: bool = False) -> tuple[str, ...]:
        return removal.remove(self.client, self.project, self._owner, volumes=volumes)

    def running_here(self) -> tuple[str, ...]:
        return removal.units_of(self.client, self._owner)

    def others(self) -> tuple[Path, ...]:
        return removal.others_of(self.client, self.project, self._owner)

    def volumes(self) -> tuple[str, ...]:
        found = removal.volumes_of(self.client, self.project, self._owner)
        return tuple(name for name, owner in found.items() if owner is None)

    def volumes_of_others(self) -> tuple[str, ...]:
        own = removal.own_volumes(self.client, self.project, self._owner)
        return tuple(name for name in self.volumes() if name not in own)

    def _stuck(self, names: Collection[str]) -> set[str]:
        """Containers among `names` that Compose would find unchanged and leave in their state."""
        found = [one for one in self.observe() if one.name in names]
        return {one.name for one in found if one.stray or one.state in {"restarting", "paused"}}

    def _remove(self, names: Collection[str]) -> None:
        """Stop and remove the containers of `names`, all at once."""
        doomed = [row["Id"] for row in self._containers() if containers.unit_name(row["Labels"]) in names]
        if not doomed:
            return
        with engine.explained(), ThreadPoolExecutor(max_workers=len(doomed)) as pool:
            list(pool.map(self.client.stop, doomed))
            list(pool.map(lambda container: self.client.remove_container(container, force=True), doomed))

    def _create(self, tree: Path, mode: str, services: Iterable[str], volumes: Collection[str]) -> None:
        """Create the containers of `services` with their `volumes`, and start them or not, as the option `mode` says.

        Volumes are made before Compose would, because only a label says later whose they are, and Compose takes a
        volume that is described with other labels for another one.
        """
        self._refuse_taken_volumes(volumes)
        owner = self._owner
        ours = {containers.PROJECT: self.project, c.LABEL_FOLDER: str(owner.folders[0]), c.LABEL_HOME: owner.id}
        for name in volumes:
            labels = {**ours, containers.VOLUME: name, c.LABEL_VOLUME: name}
            with engine.explained():
                self.client.create_volume(f"{self.project}_{name}", labels=labels)  # one that exists stays as it is
        self._compose(tree, "up", mode, "--no-build", "--no-deps", *services)

    def _compose(self, tree: Path, *arguments: str) -> None:
        """Run Compose on the tree at `tree`, and on no other file. Raises Unavailable with its last words."""
        compose = ["compose", "--progress", "quiet", "--project-name", self.project]
        compose += ["--file", str(tree / c.COMPOSE_FILE)]
        env_file = self._root / c.ENV_FILE
        compose += ["--env-file", str(env_file)] if env_file.is_file() else []
        ran = command.run(Limit.WORK, *compose, *arguments, env=self._environment(tree))
        if ran.returncode:
            raise engine.compose_failure(ran.stderr)

    def _environment(self, tree: Path) -> dict[str, str]:
        return {
            # Set for a plain tree, perhaps, it would keep the containers from the groups of these.
            **{key: value for key, value in os.environ.items() if key != "STACKCTL_GID"},
            "STACKCTL_SOURCE": str(self.live),
            "STACKCTL_TARGET": c.CONTAINER_MOUNT,
            "STACKCTL_ROOT": str(self._root),
            **({"STACKCTL_GID": str(shared)} if (shared := ownership.shared_group(tree)) is not None else {}),
            "COMPOSE_PROFILES": "*",
        }

    @property
    def _root(self) -> Path:
        """The manifest's folder, which holds the state folder, which holds `live`."""
        return self.live.parent.parent

    def _refuse_taken(self, starting: Collection[Unit]) -> None:
        self._refuse_taken_volumes({volume for unit in starting for volume in unit.volumes})
        self._refuse_taken_ports(starting)

    def _refuse_taken_ports(self, starting: Collection[Unit]) -> None:
        taken = [unit for unit in starting if unit.address and _is_taken(unit.address)]
        if not taken:
            return
        published = self._published()
        found = [problem for unit in taken if (problem := _obstacle(unit, published, self.project))]
        if found:
            raise Unavailable(*found)

    def _published(self) -> dict[int, dict[str, Any]]:
        """Port of this machine -> the running container that has it."""
        with engine.explained():
            rows = self.client.containers()
        return {port["PublicPort"]: row for row in rows for port in row["Ports"] if port.get("PublicPort")}

    # -- data -------------------------------------------------------------------------------------------------

    def read_data(self, unit: str, folder: str = "") -> Iterator[DataFile]:
        from docker.errors import NotFound

        with self._container_of(unit) as container, engine.explained():
            try:
                pieces, _ = self.client.get_archive(container, f"{_data(unit)}/{folder}".rstrip("/"))
            except NotFound:
                return
            yield from volume.unpacked(pieces)

    def folders(self, unit: str, folder: str) -> tuple[str, ...]:
        verdict = run_in(self.project, unit, ["ls", f"{_data(unit)}/{folder}"])
        return () if verdict.code else tuple(verdict.output.split())

    def remove_data(self, unit: str, folder: str) -> None:
        verdict = run_in(self.project, unit, ["sh", "-c", 'rm -r "$0"', f"{_data(unit)}/{folder}"])
        if verdict.code:
            raise Unavailable.of(
                "docker.data", f"{folder} cannot be removed from the data of {unit}", cause=verdict.output.strip()
            )

    def existing_data(self) -> tuple[str, ...]:
        found = removal.volumes_of(self.client, self.project, self._owner)
        return (*found, *removal.networks_of(self.client, self.project))

    def own_data(self, unit: str) -> str:
        name = f"{self.project}_{data_volume(unit)}"
        return name if name in self.volumes() else ""

    def survey(self, source: str, unit: Unit) -> StoredData:
        return foreign.survey(self.client, self.project, source, self._root, unit.image)

    def read_existing(self, source: str, unit: Unit) -> Iterator[DataFile]:
        with engine.explained():
            yield from foreign.read(self.client, self.project, unit.name, source, self._root, unit.image)

    def places_of_data(self) -> tuple[Path, ...]:
        """Return where a volume is, and where the archive is that goes into it."""
        with engine.explained():
            kept = Path(self.client.info()["DockerRootDir"])
        return (self.live.parent, *([kept] if kept.is_dir() else []))

    def remove_other_data(self, kept: Collection[str]) -> None:
        removal.remove_data(self.client, self.project, kept)

    def set_aside(self, unit: str, token: str) -> None:
        self._arrange(unit, volume.SET_ASIDE, token)

    def write_data(self, unit: str, files: Iterable[DataFile]) -> None:
        user = int(registry.component(unit).container.user)
        with (
            self._container_of(unit) as container,
            volume.packed(files, user, self.live.parent) as archive,
            engine.explained(),
        ):
            self.client.put_archive(container, _data(unit), archive)

    def put_back(self, unit: str, token: str) -> None:
        foreign.forget(self.project, unit)
        self._arrange(unit, volume.PUT_BACK, token)

    def drop_aside(self, unit: str, token: str) -> None:
        foreign.forget(self.project, unit)
        self._arrange(unit, volume.DROP, token)

    @contextmanager
    def _container_of(self, unit: str) -> Iterator[str]:
        """The container of `unit`; for this while one that never starts, when there is none, and its volume."""
        found = [row["Id"] for row in self._containers() if containers.unit_name(row["Labels"]) == unit]
        if found:
            yield found[0]
            return
        self._create((self.live / c.CURRENT).resolve(), "--no-start", [unit], [data_volume(unit)])
        try:
            yield next(row["Id"] for row in self._containers() if containers.unit_name(row["Labels"]) == unit)
        finally:
            self._remove([unit])

    def _arrange(self, unit: str, script: str, token: str) -> None:
        """Run a script on the data of `unit`, by the shell of its own image and as the user who owns the data."""
        name = f"{self.project}-{unit}-arrange"
        with self._container_of(unit) as container:
            image = (self._inspect(container) or {"Image": ""})["Image"]
            command.run(Limit.WORK, "rm", "--force", name)  # what an interrupted command has left at work
            ran = command.run(
                Limit.WORK,
                *("run", "--rm", "--name", name, "--network", "none", "--read-only"),
                *("--tmpfs", "/tmp", "--cap-drop", "ALL", "--volumes-from", container),  # noqa: S108 - the container's
                *("--entrypoint", "sh", image, "-euc", script, _data(unit), token),
            )
        if ran.returncode:
            raise Unavailable.of("docker.data", f"the data of {unit} cannot be moved", cause=ran.stderr.strip())

    # -- asking -----------------------------------------------------------------------------------------------

    def validate(self, generation: Live, texts: Texts) -> list[Refusal]:
        run = Contained(
            self.project,
            self.live,
            generation.id,
            images={unit.name: unit.image for unit in generation.units()},
            running={one.name: one.image for one in self.observe() if one.state == "running" and not one.stray},
            groups_of=self._groups_of,
            shared=ownership.shared_group(generation.path),
        )
        return validate(generation.path, texts, run)

    def in_shell(self, unit: Unit, arguments: Sequence[str], file: str) -> str:
        words = [each.replace("{home}", _HOME) for each in arguments]
        container = f"{self.project}-{unit.in_compose}-1"
        return f"docker exec -i {container} {shlex.join(words)} < {shlex.quote(str(self.live / c.CURRENT / file))}"

    def _groups_of(self, unit: str) -> Collection[str]:
        """The groups that the container of `unit` has joined, by which it reads secrets."""
        found = self._inspect(f"{self.project}-{unit}-1") or {"HostConfig": {}}
        return found["HostConfig"].get("GroupAdd") or ()

    def fetch(self, url: str) -> Answer:
        verdict = run_in(self.project, c.PROMETHEUS, ["sh", "-c", _ASK, url])
        if is_not_running(verdict):
            return Answer(0, f"{c.PROMETHEUS} is not running, so it cannot probe anything")
        return _answer(verdict)

    def dial(self, host: str, port: int, seconds: float) -> AbstractContextManager[socket.socket]:
        netcat = ["sh", "-c", _CONNECT, host.strip("[]"), str(port)]
        return bridge.connection(f"{self.project}-{c.PROMETHEUS}-1", netcat, seconds)

    def callback(self) -> tuple[str, str]:
        return callback.callback()

    def peers(self) -> tuple[Peer, ...]:
        with engine.explained():
            rows = self.client.containers()
        networks = {row["Names"][0].lstrip("/"): frozenset(row["NetworkSettings"]["Networks"]) for row in rows}
        near = networks.get(f"{self.project}-{c.PROMETHEUS}-1", frozenset())
        return tuple(containers.peer(row, near) for row in rows)

    def logs(self, units: Collection[str], *, follow: bool = False, tail: int | None = None) -> Iterator[str]:
        # By the containers' labels: neither the state's files nor the manifest are needed.
        names = {containers.unit_name(row["Labels"]): row["Labels"][containers.SERVICE] for row in self._containers()}
        shown = ["--no-log-prefix"] if len(units) == 1 else []
        shown += ["--follow"] if follow else []
        shown += ["--tail", str(tail)] if tail is not None else []
        shown += sorted(names.get(name, name) for name in units)
        compose = ("compose", "--project-name", self.project, "logs", "--no-color")
        with command.start(*compose, *shown, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=os.sep) as process:
            try:
                for line in process.stdout or ():
                    yield line.rstrip("\n")
            finally:
                process.terminate()


# -- the engine ---------------------------------------------------------------------------------------------


def opened(stack: str, folder: Path, note: Callable[[str], None]) -> Docker:
    """The docker runtime of a stack with its state in `folder`, on the engine that the docker command would use."""
    return Docker(stack, folder / "live", note)


def _refuse_colon(folder: Path) -> None:
    if ":" in str(folder):
        raise InputError.of(
            "docker.mount",
            f"containers cannot mount {folder.parent}: there is a colon in its path",
            cause="Docker reads a colon as the end of a mount's source.",
            remedy="Rename the folder, or use `--runtime native`.",
        )


# -- reading what the engine says (pure) --------------------------------------------------------------------


def _is_taken(address: str) -> bool:
    refusal = ports.refusal(address)
    # The engine may listen where this user may not.
    return refusal is not None and ports.is_taken(refusal)


def _obstacle(unit: Unit, published: Mapping[int, Mapping[str, Any]], project: str) -> Diagnostic | None:
    container = published.get(ports.split(unit.address)[1])
    if container and container["Labels"].get(containers.PROJECT) == project:
        return None
    if container:
        holder = f"the container {container['Names'][0].lstrip('/')} ({container['Image']})"
    else:
        holder = str(ports.holder(unit.address))
    return Diagnostic(
        "port.taken",
        f"{unit.name} cannot listen on {unit.address}: {holder} uses it",
        remedy=f"Stop it, or choose another address with `listen` of {unit.name} in the manifest.",
    )


def _answer(wget: Verdict) -> Answer:
    """Return the result of busybox' wget. It names the status only when that is an error, and then gives no body."""
    if wget.code == 0:
        return Answer(200, wget.output)
    status = re.search(r"HTTP/\S+ (\d{3})", wget.output)
    words = wget.output.strip().removeprefix("wget: ") or f"no answer within {FETCH_SECONDS:g} s"
    return Answer(int(status[1]) if status else 0, words)


def _data(unit: str) -> str:
    """Return the path of a component's data in its container."""
    return registry.component(unit).container.data
