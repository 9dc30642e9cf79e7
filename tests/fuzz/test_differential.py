"""What `check` accepts is accepted by promtool, amtool and Compose, in the trees of both runtimes.

Generated manifests are read, reviewed and rendered in this process, and the trees of many are given to one call of each
checker. Where a checker refuses a tree, `check` as a whole has to refuse the manifest. A few hundred here,
`FUZZ_MANIFESTS=10000` for more. To see one: `python -m tests.fuzz.manifests NUMBER`.
"""

from __future__ import annotations

import os
import re
import shutil
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from stackctl import conventions as c
from stackctl import redaction
from stackctl.diagnostic import Diagnostic
from stackctl.errors import StackctlError
from stackctl.manifest import read
from stackctl.manifest.schema import Manifest
from stackctl.model import Stack
from stackctl.operations.checker_errors import refused
from stackctl.operations.texts import texts
from stackctl.render import render
from stackctl.render.write import write
from stackctl.runtimes.alert_texts import alert_faults
from stackctl.runtimes.checkers import Texts
from stackctl.runtimes.docker import compose_file
from stackctl.runtimes.native.local_checker import Local
from stackctl.runtimes.notification_texts import notification_faults
from stackctl.runtimes.validation import Refusal, validate_for_releases
from stackctl.source import Secret
from tests.contract.checkers import needs
from tests.e2e.real_stack import cannot_run
from tests.fuzz.checkers import Compose, checkers, refused_by
from tests.fuzz.keys import all_keys, used_keys
from tests.fuzz.manifests import manifest, text, write_files

pytestmark = pytest.mark.long

MANIFESTS = int(os.environ.get("FUZZ_MANIFESTS", "200"))
BEGIN = int(os.environ.get("FUZZ_BEGIN", "0"))
BATCH = 100
FEWEST = 0.4  # of the manifests that have to be accepted, or they say little
SAMPLE = 20  # one of so many that are accepted is given to the whole of `check`
PASSWORD = {c.GRAFANA_ADMIN_PASSWORD: Secret("only-checked")}
# Enough manifests to use every key of the schema.
ENOUGH = 2000


_UNKNOWN_DISCOVERY = re.compile(
    r"Checking \S+\n  FAILED: .*unmarshal errors:\n"
    r"(  line \d+: field \w+_sd_configs not found in type config.ScrapeConfig\n)+\s*"
)


@dataclass(frozen=True)
class Words:
    """The `words` in which a checker refuses a tree, and the folder that it is in."""

    who: str
    words: str
    programs: str = ""


@dataclass
class Seen:
    """What a run has seen."""

    counts: Counter[str] = field(default_factory=Counter)
    keys: Counter[str] = field(default_factory=Counter)
    differences: list[str] = field(default_factory=list)
    printed: int = 0

    def __str__(self) -> str:
        return ", ".join(f"{name}: {number}" for name, number in self.counts.items())


def rendered(root: Path, folder: Path) -> Stack | None:
    """The stack in `root` if we accept it without asking any program. Its trees are below `folder` then."""
    redaction.forget()
    reading = read(root / c.MANIFEST, os.environ)
    stack = None if reading.problems else reading.stack
    if stack is None:
        return None
    try:
        trees = {runtime: render(stack, runtime, PASSWORD) for runtime in (c.DOCKER, c.NATIVE)}
    except StackctlError:
        return None
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(compose_file, "has_config", lambda: False)
        if refused(stack, trees[c.DOCKER], root, lambda _: ()):
            return None
    for runtime, tree in trees.items():
        write(tree, folder / runtime)
    return stack


def problems(root: Path, stack: Stack, folder: Path, programs: str = "") -> list[Diagnostic]:
    """What `check` refuses in a stack, with the programs in a folder or the machine's own. `folder` has its trees."""

    def validate(found: Texts) -> list[Refusal]:
        return validate_for_releases(folder / c.NATIVE, found, Local(folder / c.NATIVE)).refusals

    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("STACKCTL_TOOLS_DIR", programs)
        return refused(stack, render(stack, c.DOCKER, PASSWORD), root, validate)


def compare(root: Path, place: Path, numbers: range, compose: Compose, seen: Seen) -> None:
    """Compare `check` with the checkers for the manifests of some numbers, whose trees are written below `place`."""
    schema = Manifest.model_json_schema()
    stacks: dict[int, Stack] = {}
    for number in numbers:
        (root / c.MANIFEST).write_text(text(number))
        if stack := rendered(root, place / str(number)):
            stacks[number] = stack
            seen.keys.update(used_keys(schema, manifest(number)))
    folders = [place / str(number) for number in stacks]
    said: dict[Path, list[Words]] = {folder: [] for folder in folders}
    for checker in checkers():
        for folder, words in refused_by(checker, folders).items():
            said[folder].append(
                Words(f"{Path(checker.program).name} {checker.runtime}", words, str(Path(checker.program).parent))
            )
    for folder, words in compose.refused(folders).items():
        said[folder].append(Words("docker compose", words))
    for number, folder in zip(stacks, folders, strict=True):
        seen.counts[_judged(root, number, stacks[number], folder, said[folder], seen.differences)] += 1
    seen.counts["refused by us"] += len(numbers) - len(stacks)


def _judged(root: Path, number: int, stack: Stack, folder: Path, said: list[Words], differences: list[str]) -> str:
    """What a manifest that we accept came to."""
    known = [each for each in said if not _UNKNOWN_DISCOVERY.fullmatch(each.words)]
    if said and not known:
        return "with a discovery that a checker here does not know"
    said = known
    for each in said:
        if not problems(root, stack, folder, each.programs):
            differences.append(f"manifest {number} is accepted, but {each.who} says:\n{each.words}")
    if said:
        return f"refused by {' and '.join(each.who for each in said)}"
    if number % SAMPLE == 0 and (found := problems(root, stack, folder)):
        faults = _faults_of_texts(stack, folder / c.NATIVE)
        wrong = [str(each) for each in found if str(each) not in faults]
        differences += [f"manifest {number} is refused, but not by the checkers:\n{words}" for words in wrong]
    return "accepted by all, and given to the whole of check" if number % SAMPLE == 0 else "accepted by all"


def _faults_of_texts(stack: Stack, tree: Path) -> set[str]:
    """What checkers find by expanding templates, which they do not do when they read a configuration."""
    found, run = texts(stack), Local(tree)
    return {
        str(each) for each in (*alert_faults(found.alerts, run), *notification_faults(found.notifications, tree, run))
    }


@pytest.mark.timeout(0 if MANIFESTS > 200 else 300)
def test_what_check_accepts_is_accepted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    needs("promtool")
    needs("amtool")
    if not compose_file.has_config():
        cannot_run("no docker compose")
    monkeypatch.setenv("SET", "value")
    root, seen = tmp_path / "manifests", Seen()
    root.mkdir()
    write_files(root)
    compose = Compose(root)
    for begin in range(BEGIN, BEGIN + MANIFESTS, BATCH):
        place = tmp_path / "trees"
        compare(root, place, range(begin, min(begin + BATCH, BEGIN + MANIFESTS)), compose, seen)
        shutil.rmtree(place, ignore_errors=True)
        if MANIFESTS > BATCH:
            print(f"{begin + BATCH - BEGIN} of {MANIFESTS}: {seen}, differences: {len(seen.differences)}", flush=True)  # noqa: T201
            print("\n".join(seen.differences[seen.printed :]), flush=True)  # noqa: T201
            seen.printed = len(seen.differences)
    unused = sorted(all_keys(Manifest.model_json_schema()) - seen.keys.keys())
    print(f"docker compose config was called {compose.calls} times")  # noqa: T201
    print(f"keys that no accepted manifest uses: {', '.join(unused) or 'none'}")  # noqa: T201
    assert not seen.differences, "\n".join(seen.differences[:5])
    assert seen.counts["refused by us"] <= (1 - FEWEST) * MANIFESTS
    assert MANIFESTS < ENOUGH or not unused
