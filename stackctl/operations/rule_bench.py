"""Tests of rules, run by promtool: what it is given, and what is made of its words."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from glob import glob
from pathlib import Path
from tempfile import TemporaryDirectory

from stackctl.bounds.json_text import loads
from stackctl.diagnostic import Diagnostic
from stackctl.errors import Unavailable
from stackctl.manifest.packs.library import Pack
from stackctl.manifest.packs.schema import CaseModel
from stackctl.manifest.problems import Problems
from stackctl.manifest.text import read_named
from stackctl.model import RuleFile, Stack
from stackctl.program import run
from stackctl.rule_tests.files import Case, TestFile
from stackctl.source import Position

_OTHERWISE = "the rules do something other than the test expects"
_CORRECT = "Correct the rule, or what the test expects of it."
# One failed expectation in promtool's output, and an alert that fired.
_FAILED = re.compile(r"^    (?=name: |alertname: |expr: )", re.MULTILINE)
_NAMED = re.compile(r"name: (.*?),\n")
_ABOUT = re.compile(r'\s*(?:alertname: (?P<alert>.*?)|expr: (?P<expr>"(?:[^"\\]|\\.)*")), time: ')


class Bench:
    """Runs tests on the rules as Prometheus gets them: with the manifest's overrides, variables and packs."""

    def __init__(self, stack: Stack, manifest: Path, promtool: str) -> None:
        from stackctl.render.rules import rule_files

        self.root = stack.root.absolute()
        self._promtool = promtool
        rendered = rule_files(stack)
        self._of: dict[Path, tuple[RuleFile, ...]] = {}
        for each in stack.rules:
            place = (stack.root / each.source if each.source else manifest).resolve()
            self._of[place] = (*self._of.get(place, ()), each)
        self._contents = {
            place: rendered[files[0].path].content if files[0].source else _joined(files)
            for place, files in self._of.items()
        }

    def rule_files(self, file: TestFile) -> list[RuleFile]:
        """The rule files of the manifest that a file of tests names."""
        return [each for path in self._named(file) for each in self._of.get(path.resolve(), ())]

    def results(self, file: TestFile) -> list[Diagnostic]:
        """A result for each test of a file, or what is wrong with the file."""
        problems = Problems()
        contents = self._read(file, problems)
        if problems:
            return [*problems]
        output = self.run(self.root / file.path, file.text, contents)
        return [_passed(file, case) for case in file.cases] if output is None else [*_failures(file, output)]

    def run(self, place: Path, text: str, rule_files: Mapping[Path, bytes]) -> str | None:
        """Run the tests in `text`, a file that is or would be at `place`. Returns promtool's words if one fails.

        Everything is copied to where it would be below a temporary folder, as the rules are not those on the disk.
        """
        with TemporaryDirectory(prefix="stackctl-test-") as folder:
            for path, content in rule_files.items():
                _copy(folder, path, content)
            copy = _copy(folder, place, text.encode())
            ended = run("promtool", [self._promtool, "test", "rules", str(copy)])
            if isinstance(ended, Diagnostic):
                raise Unavailable(ended)
            return None if ended.code == 0 else ended.output.replace(f"{folder}{self.root}{os.sep}", "")

    def rules_at(self, path: Path) -> bytes:
        """Return what Prometheus gets of the rules in a file of the manifest, or in the manifest itself."""
        return self._contents[path.resolve()]

    def _named(self, file: TestFile) -> list[Path]:
        return [path for name in file.rule_files for path in self._matching(file, name)]

    def _matching(self, file: TestFile, name: str) -> list[Path]:
        folder = (self.root / file.path).parent
        return [Path(path) for path in sorted(glob(str(folder / name)))]  # noqa: PTH207 - it may begin at the root

    def _read(self, file: TestFile, problems: Problems) -> dict[Path, bytes]:
        """Return the contents of the rule files that a file of tests names."""
        found, origin = {}, Position(file.path)
        for name in file.rule_files:
            if not self._matching(file, name):
                remedy = "The path begins at the folder of the file of tests."
                problems.add(Diagnostic("test.file", f"`rule_files`: there is no file `{name}`", origin, remedy=remedy))
        for path in self._named(file):
            known = self._contents.get(path.resolve())
            if known is None:
                text = read_named(self.root, os.path.relpath(path, self.root), origin, problems)
                known = (text or "").encode()
            found[path] = known
        return found


def _joined(files: Sequence[RuleFile]) -> bytes:
    """The groups that are in no file of the user's, as one rule file."""
    from stackctl.render.rules import groups

    joined = [{**group, "name": f"{each.path}/{group['name']}"} for each in files for group in groups(each)]
    return json.dumps({"groups": joined}).encode()


def _copy(folder: str, path: Path, content: bytes) -> Path:
    copy = Path(f"{folder}{os.path.normpath(path.absolute())}")
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.write_bytes(content)
    return copy


def _passed(file: TestFile, case: Case) -> Diagnostic:
    return Diagnostic("test.result", "passed", case.origin, status="pass", subject=f"{file.path}: {case.name}")


def _failures(file: TestFile, output: str) -> Iterator[Diagnostic]:
    """Yield a result for each test of a file of which promtool says `output`."""
    words: dict[int, list[str]] = {}
    others: list[str] = []
    # The name of a test is a line of its own before the first of its failures.
    head, *chunks = _FAILED.split(output)
    name = ""
    for chunk in chunks:
        if named := _NAMED.fullmatch(chunk):
            name = named[1]
            continue
        owner = next((number for number, case in enumerate(file.cases) if _is_about(case, name, chunk)), None)
        (others if owner is None else words.setdefault(owner, [])).append(chunk.rstrip())
        name = ""
    if not chunks or others:
        summary = "promtool reports a failure of no test that is known" if chunks else "promtool cannot run these tests"
        said = "\n".join(others) if chunks else head.strip()
        yield Diagnostic("test.result", summary, Position(file.path), evidence=said, subject=file.path)
    for number, case in enumerate(file.cases):
        if number in words:
            yield replace(
                _passed(file, case),
                status="fail",
                summary=_OTHERWISE,
                evidence="\n".join(map(_compact, words[number])),
                remedy=_CORRECT,
            )
        elif chunks:
            yield _passed(file, case)


def _compact(chunk: str) -> str:
    """Return a failure of promtool as three lines: what it is about, what was expected, what was seen."""
    parts = [" ".join(part.split()).rstrip(",") for part in re.split(r"\s+(?:exp|got):\s*", chunk)]
    return "\n".join(f"{lead}{part}" for lead, part in zip(("", "expected: ", "got: "), parts, strict=False))


def _is_about(case: Case, name: str, chunk: str) -> bool:
    if name:
        return case.name == name
    about = _ABOUT.match(chunk)
    if about is None:
        return False
    if about["alert"] is not None:
        return about["alert"] in case.fires | case.silent
    asked = [str(each.get("expr")) for each in case.content.get("promql_expr_test") or () if isinstance(each, dict)]
    return loads(about["expr"]) in asked


@dataclass(frozen=True)
class PackTest:
    """A test of one of the user's own packs."""

    pack: Pack
    case: CaseModel
    origin: Position


def pack_tests(manifest: Path) -> list[PackTest]:
    """Return the tests in the packs of the manifest's own folders."""
    from stackctl.operations.packs import library_of

    return [
        PackTest(pack, case, pack.document.position(("tests", index)))
        for pack in library_of(manifest).own.values()
        for index, case in enumerate(pack.model.tests)
    ]


def pack_result(bench: Bench, test: PackTest) -> Diagnostic:
    """Return the result of a test of a pack, whose rules have the parameters of that test."""
    from stackctl.rule_tests.packs import rules_of, test_of

    rules = bench.root / "pack.rules.yml"  # only in the temporary folder
    text = test_of(test.case, rules.name)
    output = bench.run(rules.with_name("pack.test.yml"), text, {rules: rules_of(test.pack, test.case)})
    subject = f"{test.pack.document.file}: {test.case.alert}, {test.case.what}"
    passed = Diagnostic("test.result", "passed", test.origin, status="pass", subject=subject)
    if output is None:
        return passed
    _, *failures = _FAILED.split(output)
    said = "\n".join(map(_compact, failures)) if failures else output.strip()
    return replace(passed, status="fail", summary=_OTHERWISE, evidence=said, remedy=_CORRECT)
