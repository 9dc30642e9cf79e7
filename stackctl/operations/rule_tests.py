"""Tests of the user's rules: found, run by promtool, and written for alerts that have none."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from glob import glob
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from stackctl.bounds.json_text import loads
from stackctl.diagnostic import Diagnostic
from stackctl.errors import Unavailable
from stackctl.manifest.packs.library import Pack
from stackctl.manifest.packs.schema import CaseModel
from stackctl.manifest.problems import Problems
from stackctl.manifest.text import read_named
from stackctl.model import Rule, RuleFile, Stack
from stackctl.program import run
from stackctl.report.report import TEST, Report
from stackctl.rule_tests.files import Case, TestFile
from stackctl.source import Position

# Names of files of tests, and the folder for them next to the rules.
_NAMES = ("*.test.yml", "*.test.yaml", "*_test.yml", "*_test.yaml")
_FOLDER = "tests"
_MODE = 0o644
_HEADER = "# First tests, by `stackctl test --write`. Run them with `stackctl test`; change them as you like.\n"
_OTHERWISE = "the rules do something other than the test expects"
_CORRECT = "Correct the rule, or what the test expects of it."
# One failed expectation in promtool's output, and an alert that fired.
_FAILED = re.compile(r"^    (?=name: |alertname: |expr: )", re.MULTILINE)
_NAMED = re.compile(r"name: (.*?),\n")
_ABOUT = re.compile(r'\s*(?:alertname: (?P<alert>.*?)|expr: (?P<expr>"(?:[^"\\]|\\.)*")), time: ')
_GOT = re.compile(r"Labels:\{(.*?)\}\n\s*Annotations:\{(.*?)\}\n", re.DOTALL)
_PAIR = re.compile(r'([A-Za-z_]\w*)=("(?:[^"\\]|\\.)*")')


@dataclass(frozen=True)
class Covered:
    """An alert of the user's, and whether a test expects it to fire. If none does, `reason` is why no first test could
    be written ("" if that was not tried)."""

    rule: Rule
    file: RuleFile
    is_tested: bool
    reason: str = ""


@dataclass(frozen=True)
class Tested:
    """Result of `stackctl test`: the results of the tests, the alerts, and the files that were written."""

    report: Report
    alerts: tuple[Covered, ...]
    written: tuple[str, ...] = ()


def run_tests(manifest: Path, names: Sequence[Path], *, write: bool) -> Tested:
    """Run the tests in the files `names`, or in all that are found next to the rules and in packs of the manifest.

    With `write` a first test is written for each alert without one, once promtool has passed it; no file is
    overwritten. Raises InputError for a bad manifest, and Unavailable without a promtool that can be used.
    """
    from stackctl import tools
    from stackctl.operations.checking import load_or_report

    begun, start = time.time(), time.monotonic()
    stack = load_or_report(manifest)
    promtool = str(tools.require("promtool").path)
    bench = _Bench(stack, manifest.absolute(), promtool)
    files = [_read(stack, path) for path in names or _found(stack)]
    good = [each for each in files if isinstance(each, TestFile)]
    results = [problem for each in files if isinstance(each, list) for problem in each]
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        results += [result for found in pool.map(bench.results, good) for result in found]
        results += pool.map(partial(_pack_result, bench), [] if names else _pack_tests(manifest))
        alerts, written = _coverage(stack, good, bench), list[str]()
        if write:
            drafted = _drafted(stack, alerts, bench, pool)
            alerts, texts = drafted.alerts, drafted.files
            written = [_write(stack, path, text) for path, text in texts]
            fresh = [each for name in written if isinstance(each := _read(stack, stack.root / name), TestFile)]
            results += [result for found in pool.map(bench.results, fresh) for result in found]
    results += [_missing(each) for each in alerts if not each.is_tested]
    spent = time.monotonic() - start
    report = Report(stack.name, "", "", tuple(results), spent, begun, command=TEST)
    return Tested(report, tuple(alerts), tuple(written))


def _found(stack: Stack) -> list[Path]:
    """The files of tests next to the rules, and next to the manifest."""
    folders = dict.fromkeys([*((stack.root / each.source).parent for each in stack.rules if each.source), stack.root])
    return sorted(
        {
            path
            for folder in folders
            for place in (folder, folder / _FOLDER)
            for pattern in _NAMES
            for path in place.glob(pattern)
        }
    )


def _read(stack: Stack, path: Path) -> TestFile | list[Diagnostic]:
    from stackctl.rule_tests.files import read

    shown, problems = os.path.relpath(path.absolute(), stack.root.absolute()), Problems()
    text = read_named(stack.root, shown, Position(shown), problems)
    return [*problems] if text is None else read(text, shown)


# -- running --------------------------------------------------------------------------------------------------


class _Bench:
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
class _PackTest:
    """A test of one of the user's own packs."""

    pack: Pack
    case: CaseModel
    origin: Position


def _pack_tests(manifest: Path) -> list[_PackTest]:
    from stackctl.operations.packs import library_of

    return [
        _PackTest(pack, case, pack.document.position(("tests", index)))
        for pack in library_of(manifest).own.values()
        for index, case in enumerate(pack.model.tests)
    ]


def _pack_result(bench: _Bench, test: _PackTest) -> Diagnostic:
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


# -- coverage -------------------------------------------------------------------------------------------------


def _coverage(stack: Stack, files: Sequence[TestFile], bench: _Bench) -> list[Covered]:
    """The user's own alerts, each with what is expected of it. Packs bring tests along."""
    about: dict[str, list[Case]] = {}
    for file in files:
        for each in bench.rule_files(file):
            about.setdefault(each.path, []).extend(file.cases)
    return [
        Covered(rule, file, any(rule.name in case.fires for case in about.get(file.path, ())))
        for file in stack.rules
        for rule in file.rules
        if rule.kind == "alert" and rule.passage is not None
    ]


def _missing(each: Covered) -> Diagnostic:
    cause = f"No first test could be written: {each.reason}." if each.reason else ""
    remedy = "Write one." if each.reason else "Write one, or have a first one written: `stackctl test --write`."
    return Diagnostic(
        "test.missing", f"no test expects the alert `{each.rule.name}` to fire", each.rule.origin, cause, remedy,
        status="warn", subject=each.rule.name,
    )  # fmt: skip


# -- first tests ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Drafted:
    """The alerts, those with a new test as tested, and the new files: path, text."""

    alerts: list[Covered]
    files: list[tuple[Path, str]]


def _drafted(stack: Stack, alerts: Sequence[Covered], bench: _Bench, pool: ThreadPoolExecutor) -> _Drafted:
    missing = [each for each in alerts if not each.is_tested]
    made = list(pool.map(partial(_draft, stack, bench), missing))
    by_place: dict[Path, list[dict[str, Any]]] = {}
    known = {id(each): result for each, result in zip(missing, made, strict=True)}
    found = []
    for each in alerts:
        result = known.get(id(each))
        if isinstance(result, str):
            each = replace(each, reason=result)
        elif result is not None:
            each = replace(each, is_tested=True)
            by_place.setdefault(_rules_of(stack, each.file), []).append(result)
        found.append(each)
    files = [(_place(stack, rules), rules, tests) for rules, tests in by_place.items()]
    return _Drafted(found, [(place, _HEADER + _text(place, rules, tests)) for place, rules, tests in files])


def _rules_of(stack: Stack, file: RuleFile) -> Path:
    """Return the file that holds the rules: the user's, or the manifest."""
    return stack.root.absolute() / (file.source or Path(stack.origin.file).name)


def _place(stack: Stack, rules: Path) -> Path:
    """Return where the first tests of a rule file go: next to it, or below the manifest's folder, where nothing is."""
    is_manifest = rules == stack.root.absolute() / Path(stack.origin.file).name
    folder = rules.parent / _FOLDER if is_manifest else rules.parent
    numbers = ["", *(f"-{number}" for number in range(2, 1000))]
    return next(path for number in numbers if not os.path.lexists(path := folder / f"{rules.stem}{number}.test.yml"))


def _text(place: Path, rules: Path, tests: Sequence[Mapping[str, Any]]) -> str:
    import yaml

    shortest = min((str(each["interval"]) for each in tests), key=_seconds)
    whole = {
        "rule_files": [os.path.relpath(rules, place.parent)],
        "evaluation_interval": shortest,
        "tests": [*tests],
    }
    return str(yaml.safe_dump(whole, sort_keys=False, allow_unicode=True, width=1000))


def _seconds(text: str) -> float:
    from stackctl.promql.duration import seconds

    return seconds(text)


def _draft(stack: Stack, bench: _Bench, alert: Covered) -> dict[str, Any] | str:
    """Return a first test of an alert, which promtool passes, or in words why there is none."""
    from stackctl.rule_tests.first import Alert, first_test
    from stackctl.rule_tests.steady import Unsupported

    rule = _written(alert)
    hold, keep = (_seconds(str(rule.get(key) or "0")) for key in ("for", "keep_firing_for"))
    try:
        draft = first_test(Alert(alert.rule.name, alert.rule.expr, hold, keep), partial(_labels, stack))
    except Unsupported as reason:
        return str(reason)
    rules = _rules_of(stack, alert.file)
    place = rules.with_name("first.test.yml")

    def tried(expected: Sequence[Mapping[str, Any]]) -> tuple[dict[str, Any], str | None]:
        test = draft.test(expected)
        return test, bench.run(place, _text(place, rules, [test]), {rules: bench.rules_at(rules)})

    _, output = tried(())
    expected = [_alert(match) for match in _GOT.finditer(output or "")]
    test, output = tried(expected)
    if not expected:
        return "with the series that were derived from its expression it does not fire"
    if output is not None:
        return "with the series that were derived from its expression it fires or ends at another time"
    return test


def _written(alert: Covered) -> Mapping[str, Any]:
    """Return the rule as Prometheus gets it."""
    from stackctl.render.rules import groups

    written = [rule for group in groups(alert.file) for rule in group["rules"]]
    return next(one for one, rule in zip(written, alert.file.rules, strict=False) if rule is alert.rule)


def _alert(match: re.Match[str]) -> dict[str, Any]:
    """Return an alert that promtool has seen, as a test expects it."""
    labels, annotations = ({key: loads(text) for key, text in _PAIR.findall(part)} for part in match.groups())
    labels.pop("alertname", None)
    kept = {"exp_labels": labels, "exp_annotations": annotations}
    return {key: value for key, value in kept.items() if value}


def _labels(stack: Stack, name: str) -> Mapping[str, Sequence[str]]:
    """Return labels of series called `name`, with values: of the service whose contract has it, if one has."""
    from stackctl.metrics import owners

    service = next(iter(owners(stack).get(name, ())), None)
    if service is None:
        service = next(iter(stack.services), None)
        own: Mapping[str, Sequence[str]] = {}
    else:
        metrics = [each for each in (service.contract.metrics if service.contract else ()) if name in each.samples]
        own = {label.name: (*label.values, *label.examples, "a") for each in metrics for label in each.labels}
        bounds = [f"{bound:g}" for each in metrics for bound in each.buckets]
        own |= {"le": bounds} if bounds and name.endswith("_bucket") else {}
    address = service.targets[0].address if service and service.targets else "localhost:8000"
    return {"job": [service.name if service else "job"], "instance": [address], **own}


def _write(stack: Stack, path: Path, text: str) -> str:
    """Write a file that is not there yet, and return its path as messages name it."""
    from stackctl.state import disk

    with disk.explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        disk.write_file(path, text.encode(), _MODE)
    return os.path.relpath(path, stack.root.absolute())
