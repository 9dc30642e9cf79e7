"""Tests of the user's rules: found, run by promtool, and written for alerts that have none."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from stackctl.diagnostic import Diagnostic
from stackctl.manifest.problems import Problems
from stackctl.manifest.text import read_named
from stackctl.model import Stack
from stackctl.operations.rule_bench import Bench, pack_result, pack_tests
from stackctl.operations.untested_alerts import FOLDER, Covered, coverage, drafted, missing
from stackctl.report.report import TEST, Report
from stackctl.rule_tests.files import TestFile
from stackctl.source import Position

# Names of files of tests, and the folder for them next to the rules.
_NAMES = ("*.test.yml", "*.test.yaml", "*_test.yml", "*_test.yaml")
_MODE = 0o644


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
    bench = Bench(stack, manifest.absolute(), promtool)
    files = [_read(stack, path) for path in names or _found(stack)]
    good = [each for each in files if isinstance(each, TestFile)]
    results = [problem for each in files if isinstance(each, list) for problem in each]
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        results += [result for found in pool.map(bench.results, good) for result in found]
        results += pool.map(partial(pack_result, bench), [] if names else pack_tests(manifest))
        alerts, written = coverage(stack, good, bench), list[str]()
        if write:
            made = drafted(stack, alerts, bench, pool)
            alerts, texts = made.alerts, made.files
            written = [_write(stack, path, text) for path, text in texts]
            fresh = [each for name in written if isinstance(each := _read(stack, stack.root / name), TestFile)]
            results += [result for found in pool.map(bench.results, fresh) for result in found]
    results += [missing(each) for each in alerts if not each.is_tested]
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
            for place in (folder, folder / FOLDER)
            for pattern in _NAMES
            for path in place.glob(pattern)
        }
    )


def _read(stack: Stack, path: Path) -> TestFile | list[Diagnostic]:
    from stackctl.rule_tests.files import read

    shown, problems = os.path.relpath(path.absolute(), stack.root.absolute()), Problems()
    text = read_named(stack.root, shown, Position(shown), problems)
    return [*problems] if text is None else read(text, shown)


def _write(stack: Stack, path: Path, text: str) -> str:
    """Write a file that is not there yet, and return its path as messages name it."""
    from stackctl.state import disk

    with disk.explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        disk.write_file(path, text.encode(), _MODE)
    return os.path.relpath(path, stack.root.absolute())
