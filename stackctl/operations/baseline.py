"""A baseline: findings that there were when somebody began to use `check`, so that only new ones count."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from stackctl.diagnostic import Diagnostic
from stackctl.errors import InputError

_VERSION = 1
# What a baseline can hold. An error is for the manifest to accept, as `up` refuses it as well.
_KNOWN = ("warn", "info")
_MARK = "in the baseline: "
_REMEDY = "Write it again with --write-baseline."


@dataclass(frozen=True)
class Entry:
    """A finding, by what stays the same when lines are added above it. `file` is seen from the baseline's folder."""

    code: str
    file: str
    summary: str


@dataclass(frozen=True)
class Baseline:
    """The findings in the baseline at `path`, each with how often it is there."""

    path: Path
    entries: Mapping[Entry, int]

    @property
    def count(self) -> int:
        """The number of findings."""
        return sum(self.entries.values())


def read(path: Path) -> Baseline:
    """The baseline at `path`. Raises InputError for a file that is none."""
    from stackctl.bounds import files

    try:
        data = json.loads(files.read_text(path))
    except OSError as error:
        remedy = "Name the file that --write-baseline has written, or add that option."
        summary = f"--baseline: cannot read {path}: {error.strerror or error}"
        raise InputError.of("file.unreadable", summary, remedy=remedy) from error
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, Mapping) or data.get("version") != _VERSION or not isinstance(data.get("findings"), list):
        raise InputError.of("file.format", f"--baseline: {path} is not a baseline", remedy=_REMEDY)
    return Baseline(path, _entries(data["findings"], path))


def _entries(written: Sequence[Any], path: Path) -> Mapping[Entry, int]:
    found: Counter[Entry] = Counter()
    for each in written:
        parts = [each.get(key) for key in ("code", "file", "summary")] if isinstance(each, Mapping) else [None]
        count = each.get("count", 1) if isinstance(each, Mapping) else 0
        if not all(isinstance(part, str) for part in parts) or not isinstance(count, int) or count < 1:
            raise InputError.of("file.format", f"--baseline: an entry of {path} is no finding", remedy=_REMEDY)
        found[Entry(*map(str, parts))] += count
    return found


def write(path: Path, found: Iterable[Diagnostic]) -> Baseline:
    """Write the warnings and suggestions among the findings as a baseline, whole or not at all, and return it.

    Raises InputError, or Unavailable on a full disk.
    """
    from stackctl.bounds import files
    from stackctl.errors import cannot_write

    entries = Counter(_entry(each, path) for each in found if each.status in _KNOWN)
    findings = [
        {"code": each.code, "file": each.file, "summary": each.summary, **({"count": count} if count > 1 else {})}
        for each, count in sorted(entries.items(), key=lambda item: (item[0].file, item[0].code, item[0].summary))
    ]
    text = json.dumps({"version": _VERSION, "findings": findings}, indent=2, ensure_ascii=False)
    try:
        files.write_text(path, f"{text}\n")
    except OSError as error:
        raise cannot_write(error, f"--baseline: cannot write {path}: {error.strerror}") from error
    return Baseline(path, entries)


def without(found: Iterable[Diagnostic], baseline: Baseline | None) -> tuple[list[Diagnostic], int]:
    """Return the findings, those that the baseline knows as skips, and how many of its own were not found."""
    if baseline is None:
        return list(found), 0
    left = Counter(baseline.entries)
    result = []
    for each in found:
        entry = _entry(each, baseline.path)
        is_old = each.status in _KNOWN and left[entry] > 0
        if is_old:
            left[entry] -= 1
        result.append(replace(each, status="skip", summary=f"{_MARK}{each.summary}") if is_old else each)
    return result, sum(left.values())


def is_known(finding: Diagnostic) -> bool:
    """Return whether a finding is a skip because of a baseline."""
    return finding.status == "skip" and finding.summary.startswith(_MARK)


def _entry(finding: Diagnostic, path: Path) -> Entry:
    file = finding.position.file if finding.position else ""
    return Entry(finding.code, os.path.relpath(file, path.parent) if file else "", finding.summary)
