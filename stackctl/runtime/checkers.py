"""The servers' own configuration checkers, and what they say, as problems. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from stackctl import conventions as c
from stackctl.errors import Problem


@dataclass(frozen=True)
class Checker:
    """A program beside a server that reads a configuration as the server would. `file` is a path in the tree."""

    unit: str
    tool: str
    arguments: tuple[str, ...]
    file: str

    def command(self, tree: str) -> list[str]:
        """The arguments after the program, for a tree that lies at `tree`."""
        return [*self.arguments, f"{tree}/{self.file}"]


@dataclass(frozen=True)
class Verdict:
    """What a checker said about a configuration."""

    code: int
    output: str


@dataclass(frozen=True)
class BadTemplate:
    """A template that Prometheus cannot read: the `part` ("annotation" or "label") `key` of a rule, the one at `index`
    of its group in a file of the tree. `words` are promtool's."""

    file: str
    group: str
    index: int
    alert: str
    part: str
    key: str
    words: str

    @property
    def remedy(self) -> str:
        """What to do about it."""
        return next((remedy for sign, remedy in _REMEDIES.items() if sign in self.words), _TEMPLATES)


_TEMPLATES = "Write it like `{{ $labels.job }}`, `{{ $value }}` or `{{ $value | humanizePercentage }}`."
_REMEDIES = {
    "undefined variable": "Prometheus knows `$labels`, `$value` and `$externalLabels`: `{{ $labels.job }}`.",
    "unclosed action": "End what begins with `{{` by `}}`.",
    "unexpected EOF": "End `{{ if }}`, `{{ range }}` and `{{ with }}` by `{{ end }}`.",
    "not defined": "Prometheus has `humanize`, `humanizeDuration`, `humanizePercentage`, `printf` and others.",
}
_TEMPLATE = re.compile(
    r'(?P<file>.+?): group "(?P<group>.*)", rule (?P<number>\d+), "(?P<alert>.*?)": '
    r'(?P<part>annotation|label) "(?P<key>.*?)": template: \S*?:\d+: (?P<words>.*)'
)
_WENT_WELL = re.compile(r"SUCCESS|^Checking ")
_ALL = (
    Checker(c.PROMETHEUS, "promtool", ("check", "config"), c.PROMETHEUS_FILE),
    Checker(c.PROMETHEUS, "promtool", ("check", "web-config"), c.WEB_FILE),
    Checker(c.ALERTMANAGER, "amtool", ("check-config",), c.ALERTMANAGER_FILE),
)


def applicable(tree: Path) -> list[Checker]:
    """The checkers that have something to check in the tree at `tree`."""
    return [checker for checker in _ALL if (tree / checker.file).is_file()]


def bad_templates(verdict: Verdict, tree: str) -> tuple[list[BadTemplate], Verdict]:
    """The templates that promtool could not read, and the verdict without them."""
    found, rest = [], []
    for line in verdict.output.splitlines():
        match = _TEMPLATE.fullmatch(line.strip())
        if match:
            file, index = match["file"].removeprefix(f"{tree}/"), int(match["number"]) - 1
            found.append(BadTemplate(file, match["group"], index, *match.group("alert", "part", "key", "words")))
        else:
            rest.append(line)
    others = any(line.strip() and line.strip() != "FAILED:" and not _WENT_WELL.search(line) for line in rest)
    return found, Verdict(verdict.code if others or not found else 0, "\n".join(rest))


def problems(checker: Checker, verdict: Verdict, tree: str) -> list[Problem]:
    """What is wrong, in the checker's words, with the paths of the tree; [] when nothing is."""
    if verdict.code == 0:
        return []
    said = verdict.output.replace(f"{tree}/", "").splitlines()
    # What went well is of no interest now, and stands between the reader and what did not.
    words = "\n".join(line.strip() for line in said if line.strip() and not _WENT_WELL.search(line))
    return [
        Problem(
            f"{checker.tool} refuses {checker.file}",
            cause=words or f"It ended with code {verdict.code} and said nothing.",
            remedy="Mend what it names; rule files have their names of the manifest, below prometheus/rules/.",
        )
    ]
