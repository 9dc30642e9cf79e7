"""Every reader of what others write, as a function of bytes: it returns, or raises what a user may see."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from stackctl import backup, home
from stackctl.clients.http import words
from stackctl.diagnosis import response_body
from stackctl.errors import InputError, StackctlError
from stackctl.manifest import read
from stackctl.manifest.queries import review_queries
from stackctl.render import render
from stackctl.runtimes.native import process
from stackctl.source import Secret
from stackctl.starter import exposition
from stackctl.state.journal import Entry
from stackctl.state.logins import RefusedLogins
from stackctl.state.running import Running
from stackctl.tree import load_units
from tests.fuzz import seeds

# Far more than any of these inputs should take, also on a machine that does other work.
SECONDS = 10.0


@dataclass(frozen=True)
class Reader:
    """A reader, and inputs to begin with. `raises` is what it may answer with."""

    read: Callable[[bytes], object]
    seeds: tuple[bytes, ...]
    raises: tuple[type[Exception], ...] = (StackctlError,)


@contextmanager
def _folder(name: str, content: bytes, manifest: str = "") -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="stackctl-fuzz-") as folder:
        path = Path(folder)
        (path / "stack.yml").write_text(manifest)
        (path / name).parent.mkdir(exist_ok=True)
        (path / name).write_bytes(content)
        yield path


def _stack(name: str, manifest: str) -> Callable[[bytes], None]:
    """Read a manifest that has the input at the file `name`, and go on with what is left of it."""

    def run(content: bytes) -> None:
        with _folder(name, content, manifest) as folder:
            found = read(folder / "stack.yml", {"SET": "value"})
            for problem in found.problems:
                str(problem).encode(errors="replace")
            if found.stack is None:
                return
            review_queries(found.stack)
            for runtime in ("docker", "native"):
                try:
                    render(found.stack, runtime, PASSWORD)
                except InputError:
                    if not found.problems:
                        raise

    return run


def _backup(content: bytes) -> None:
    with _folder("backup.tar.gz", content) as folder:
        backup.verify(folder / "backup.tar.gz")


def _home(content: bytes) -> None:
    with _folder(home.FILE, content) as folder:
        home.read(folder)


def _logins(content: bytes) -> None:
    with _folder("logins", content) as folder:
        RefusedLogins(folder / "logins").blocked()


def _pid_file(content: bytes) -> None:
    with _folder("a.pid", content) as folder:
        found = process.read(folder / "a.pid")
        assert found is None or found.pid > 1


def _exposition(content: bytes) -> None:
    text = content.decode(errors="replace")
    exposition.read(text)
    response_body.kind_of(text)
    response_body.wrong_line(text)
    response_body.repeated_line(text)
    response_body.samples(text)


def _answer(content: bytes) -> None:
    words(content.decode(errors="replace"))


HEAD = "version: 1\nname: x\nservices: {api: {targets: ['x:1']}}\n"
BOARDS = f"{HEAD}grafana: {{}}\ndashboards: "
PASSWORD = {seeds.PASSWORD_NAME: Secret("x")}
CONTRACT = f"{HEAD[:-3]}, metrics: {{file: c.yml}}}}}}\n"
READERS: dict[str, Reader] = {
    "manifest": Reader(_stack("stack.yml", ""), seeds.MANIFESTS),
    "rules": Reader(_stack("r.yml", f"{HEAD}rules: [{{file: r.yml}}]\n"), seeds.files("rules", "refused", "found")),
    "classic": Reader(_stack("d.json", f"{BOARDS}[{{file: d.json}}]\n"), seeds.files("dashboards")),
    "compact": Reader(_stack("d.yml", f"{BOARDS}[{{file: d.yml}}]\n"), seeds.COMPACT),
    "contract": Reader(_stack("c.yml", CONTRACT), seeds.CONTRACTS),
    "pack": Reader(_stack("packs/own.yml", f"{HEAD}packs: [packs]\nrules: [{{pack: own}}]\n"), seeds.PACKS),
    "env": Reader(_stack(".env", "version: 1\nname: x\nservices: {api: {targets: ['${SET}:1', '${A}']}}\n"), seeds.ENV),
    "extra": Reader(_stack("p.yml", f"{HEAD}prometheus: {{extra: {{rule_files: [p.yml]}}}}\n"), seeds.files("rules")),
    "exposition": Reader(_exposition, seeds.files("expositions")),
    "answer": Reader(_answer, seeds.ANSWERS),
    "archive": Reader(_backup, seeds.archives()),
    "units": Reader(load_units, seeds.UNITS, (ValueError, LookupError, TypeError)),
    "running": Reader(Running.load, seeds.RUNNING, (ValueError, LookupError, TypeError)),
    "journal": Reader(Entry.load, seeds.JOURNALS),
    "logins": Reader(_logins, seeds.LOGINS),
    "home": Reader(_home, seeds.HOMES),
    "pid": Reader(_pid_file, (b"123\n456\nspec\n", b"-1\n5\nx\n")),
}


def run(name: str, content: bytes) -> None:
    """Give an input to a reader. Raises what no user may see."""
    reader = READERS[name]
    try:
        reader.read(content)
    except reader.raises:
        return
