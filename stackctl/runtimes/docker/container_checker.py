"""Checkers that run in containers: in that of their unit where it has the right image, else in one of their own."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from stackctl import conventions as c
from stackctl import ownership
from stackctl.diagnostic import Diagnostic
from stackctl.runtimes.checkers import FILES, TREE, Call, Verdict
from stackctl.runtimes.docker import command

# The folders of calls of checkers, next to the generations.
_CALLS = ".call-"
_NO_PROGRAM = re.compile(
    r"OCI runtime exec failed|failed to create (?:shim )?task|exec format error|executable file not found"
)
_NOT_RUNNING = re.compile(
    r"Error response from daemon: (No such container|[Cc]ontainer \S+ is (not running|paused|restarting))"
)


@dataclass(frozen=True)
class Contained:
    """Runs checkers on the generation `id`, which containers see as they see `live`.

    images     unit -> the image that is going to run it: only that says what its server accepts
    running    unit -> the image of its container, where one runs
    groups_of  the groups that the container of a unit has joined, by which it reads secrets
    shared     the group that reads all secrets, None where each unit has its own
    """

    project: str
    live: Path
    id: str
    images: Mapping[str, str]
    running: Mapping[str, str]
    groups_of: Callable[[str], Collection[str]]
    shared: int | None

    def __call__(self, call: Call) -> Verdict:
        tree = f"{c.CONTAINER_MOUNT}/{c.GENERATIONS}/{self.id}"
        # The mount is seen by containers that run, and by one that is made for the call.
        with TemporaryDirectory(prefix=_CALLS, dir=self.live) as folder:
            files = f"{c.CONTAINER_MOUNT}/{Path(folder).name}"
            _write_readable(Path(folder), call.files)
            verdict = self._run(call, [f"/bin/{call.tool}", *call.command(tree, files)])
        if verdict.unusable is None and _NO_PROGRAM.search(verdict.output):
            return Verdict(1, "", unusable=self._no_program(call, verdict))
        said = verdict.output.replace(files, FILES).replace(tree, TREE)
        return Verdict(verdict.code, said, unusable=verdict.unusable)

    def _run(self, call: Call, words: Sequence[str]) -> Verdict:
        unit = call.unit
        group = str(ownership.group_of(unit) if self.shared is None else self.shared)
        if self.running.get(unit) == self.images[unit] and group in self.groups_of(unit):
            verdict = run_in(self.project, unit, words)
            if not is_not_running(verdict):
                return verdict
        return self._run_once(self.images[unit], words, group)

    def _run_once(self, image: str, words: Sequence[str], group: str) -> Verdict:
        """Run a checker in a container of its own, which sees what the server would see."""
        program, *arguments = words
        return _verdict(
            program,
            *("run", "--rm", "--network", "none", "--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL"),  # noqa: S108 - the container's
            *("--group-add", group),
            # The option's value is a line of CSV.
            *("--mount", f'type=bind,"source={self.live}",target={c.CONTAINER_MOUNT},readonly'),
            *("--entrypoint", program, image, *arguments),
        )

    def _no_program(self, call: Call, verdict: Verdict) -> Diagnostic:
        summary = f"{call.tool} cannot be run in the image {self.images[call.unit]}"
        remedy = f"Use an image that has /bin/{call.tool}, as the official one does."
        return Diagnostic("checker.unusable", summary, cause=verdict.output.strip(), remedy=remedy)


def run_in(project: str, unit: str, words: Sequence[str]) -> Verdict:
    """Run a program inside the container of `unit`, by the name that Compose gives it."""
    return _verdict(words[0], "exec", f"{project}-{unit}-1", *words)


def is_not_running(verdict: Verdict) -> bool:
    """Return whether a program was not run because its container does not run."""
    return bool(_NOT_RUNNING.match(verdict.output))


def _verdict(program: str, *arguments: str) -> Verdict:
    """Return the verdict of a program in a container, which `docker` with these arguments runs."""
    ended = command.check(PurePosixPath(program).name, *arguments)
    if isinstance(ended, Diagnostic):
        return Verdict(1, "", unusable=ended)
    return Verdict(ended.code, ended.output)


def _write_readable(folder: Path, files: Mapping[str, bytes]) -> None:
    """Files in `folder` that the users of containers can read."""
    folder.chmod(0o755)
    for name, content in files.items():
        path = folder / name
        path.write_bytes(content)
        path.chmod(0o644)
