"""Run stackctl over a folder of other people's files, beside the servers' own checkers, and print what differs.

    make corpus DIR=FOLDER

Files are told apart by what is in them: rule files, configurations of Prometheus, dashboards, expositions. Each gets a
manifest of its own around it. Whatever a checker of the servers accepts, `check` and `render` have to accept.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from stackctl.cli.main import main as stackctl
from stackctl.starter import exposition
from stackctl.tools import require

HEAD = 'version: 1\nname: corpus\nservices: {app: {targets: ["localhost:8000"]}}\n'
ACCEPTED, REFUSED, CRASHED = "accepted", "refused", "crashed"
SHOWN = 20


@dataclass(frozen=True)
class Result:
    """What was said of a file, `theirs` by a checker of the servers ("" where none reads it). Times are CPU seconds."""

    path: Path
    kind: str
    ours: str
    theirs: str
    findings: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    our_seconds: float = 0.0
    their_seconds: float = 0.0


def kind_of(path: Path) -> str:
    """What kind of file it is, "" for none that is looked at."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError):
        return ""
    if path.suffix == ".json":
        return "dashboard" if re.search(r'"(panels|rows|elements)"\s*:', text) else ""
    if path.suffix in (".yml", ".yaml", ".rules", ".rule"):
        if re.search(r"^[{\"' ]*groups[\"']?\s*:", text, re.MULTILINE):
            return "rules"
        return "prometheus" if re.search(r"^(scrape_configs|global|alerting)\s*:", text, re.MULTILINE) else ""
    if path.suffix in (".prom", ".metrics", ".openmetrics", ".txt"):
        return "exposition" if re.search(r"^# (TYPE|HELP) ", text, re.MULTILINE) else ""
    return ""


def look_at(path: Path) -> Result | None:
    """The result for one file; None for a file of another kind."""
    kind = kind_of(path)
    with tempfile.TemporaryDirectory(prefix="stackctl-corpus-") as folder:
        return _READERS[kind](path, Path(folder)) if kind else None


def _rules(path: Path, folder: Path) -> Result:
    (folder / "rules.yml").write_bytes(path.read_bytes())
    (folder / "stack.yml").write_text(f"{HEAD}rules: [{{file: rules.yml}}]\n")
    theirs, their_seconds = _promtool("check", "rules", "--lint=none", str(folder / "rules.yml"))
    return _checked(path, "rules", folder, theirs, their_seconds)


def _prometheus(path: Path, folder: Path) -> Result:
    text = path.read_text(encoding="utf-8-sig")
    # Rule files are files of their own here, and have manifests of their own.
    text = re.sub(r"^rule_files:.*\n(?:[ \t-].*\n|\n)*", "", text, flags=re.MULTILINE)
    (folder / "prometheus.yml").write_text(text)
    inside = "".join(f"    {line}\n" for line in text.splitlines() if line.strip() != "---")
    (folder / "stack.yml").write_text(f"{HEAD}prometheus:\n  extra:\n{inside}")
    theirs, their_seconds = _promtool("check", "config", str(folder / "prometheus.yml"))
    return _checked(path, "prometheus", folder, theirs, their_seconds)


def _dashboard(path: Path, folder: Path) -> Result:
    (folder / "board.json").write_bytes(path.read_bytes())
    (folder / "stack.yml").write_text(f"{HEAD}grafana: {{}}\ndashboards: [{{file: board.json}}]\n")
    return _checked(path, "dashboard", folder, "", 0.0)


def _exposition(path: Path, _: Path) -> Result:
    text = path.read_text(encoding="utf-8")
    # Prometheus ends the last line itself; promtool does not.
    theirs, their_seconds = _promtool("check", "metrics", text=f"{text.rstrip()}\n")
    begin = _cpu()
    try:
        ours = ACCEPTED if exposition.read(text) else REFUSED
    except Exception:  # noqa: BLE001 - that it crashes is the result
        ours = CRASHED
    return Result(path, "exposition", ours, theirs, (), (), _cpu() - begin, their_seconds)


_READERS: dict[str, Callable[[Path, Path], Result]] = {
    "rules": _rules,
    "prometheus": _prometheus,
    "dashboard": _dashboard,
    "exposition": _exposition,
}


def _checked(path: Path, kind: str, folder: Path, theirs: str, their_seconds: float) -> Result:
    """What `check` and `render` say of the manifest in `folder`."""
    manifest, begin = str(folder / "stack.yml"), _cpu()
    code, said = _ran("-f", manifest, "check", "--output", "json")
    seconds = _cpu() - begin
    rendered, complaint = _ran("-f", manifest, "render", "--out", str(folder / "tree"))
    if 4 in (code, rendered) or (code == 0 and rendered != 0):
        return Result(path, kind, CRASHED, theirs, (), (said + complaint,), seconds, their_seconds)
    problems = json.loads(said)["diagnostics"]
    found = {level: tuple(each["summary"] for each in problems if each["status"] == level) for level in _LEVELS}
    ours = REFUSED if code else ACCEPTED
    return Result(path, kind, ours, theirs, found["warn"], found["fail"], seconds, their_seconds)


_LEVELS = ("warn", "fail")


def _ran(*arguments: str) -> tuple[int, str]:
    out, err = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = stackctl(list(arguments))
    return code, out.getvalue() or err.getvalue()


def _promtool(*arguments: str, text: str = "") -> tuple[str, float]:
    begin = _cpu()
    ran = subprocess.run(
        [require("promtool").path, *arguments], input=text, capture_output=True, encoding="utf-8", check=False
    )
    # `check metrics` ends with 3 for what it only finds untidy.
    return ACCEPTED if ran.returncode in (0, 3) else REFUSED, _cpu() - begin


def _cpu() -> float:
    return sum(os.times()[:4])


def table(results: Iterable[Result]) -> Iterator[str]:
    """The lines of the report."""
    rows = list(results)
    words = f"{'files':>7}{'agreed':>8}{'both refuse':>13}{'only we':>9}{'only they':>11}{'crash':>7}{'time':>16}"
    yield f"{'kind':<12}{words}"
    for kind in _READERS:
        of_kind = [row for row in rows if row.kind == kind]
        if not of_kind:
            continue
        verdicts = Counter((row.ours, row.theirs or row.ours) for row in of_kind)
        ours, theirs = sum(row.our_seconds for row in of_kind), sum(row.their_seconds for row in of_kind)
        yield (
            f"{kind:<12}{len(of_kind):>7}{verdicts[ACCEPTED, ACCEPTED]:>8}{verdicts[REFUSED, REFUSED]:>13}"
            f"{verdicts[REFUSED, ACCEPTED]:>9}{verdicts[ACCEPTED, REFUSED]:>11}"
            f"{sum(row.ours == CRASHED for row in of_kind):>7}{ours:>8.1f} /{theirs:>5.1f} s"
        )
    yield from _listed("findings", Counter(code(each) for row in rows for each in row.findings))
    differing = [row for row in rows if row.ours != (row.theirs or ACCEPTED)]
    yield from (f"{row.ours:<9} {row.path}: {row.errors[0] if row.errors else ''}"[:200] for row in differing)


def _listed(title: str, counts: Counter[str]) -> Iterator[str]:
    if counts:
        yield f"\n{title}:"
        yield from (f"{count:>6}  {text}" for text, count in counts.most_common(SHOWN))
        yield ""


def code(summary: str) -> str:
    """A finding without what is particular to a file."""
    return re.sub(r"\d+", "N", re.sub(r"`[^`]*`", "`…`", summary.rpartition(": ")[2] or summary))


def main(folder: str) -> int:
    paths = sorted(path for path in Path(folder).rglob("*") if path.is_file())
    results = [result for path in paths if (result := look_at(path))]
    sys.stdout.write("".join(f"{line}\n" for line in table(results)))
    return 1 if any(result.ours == CRASHED for result in results) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
