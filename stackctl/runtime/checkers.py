"""The servers' own configuration checkers, and what they refuse. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from stackctl import conventions as c
from stackctl.errors import Problem
from stackctl.source import Position


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

    @classmethod
    def read(cls, line: re.Match[str]) -> BadTemplate:
        """One from a line of promtool's that _TEMPLATE fits."""
        return cls(line["file"], line["group"], int(line["number"]) - 1, *line.group("alert", "part", "key", "words"))

    def at(self, position: Position | None) -> Problem:
        """The same as a problem at `position`, where the rule was written."""
        return Problem(
            f"the {self.part} `{self.key}` of `{self.alert}` is not a template: {self.words}",
            position,
            cause=f"promtool refuses {c.PROMETHEUS_FILE}: rule {self.index + 1} of `{self.group}`, {self.file}",
            remedy=next((remedy for sign, remedy in _REMEDIES.items() if sign in self.words), _TEMPLATES),
        )


# What a checker refuses: one that it is known how to place in what the user wrote, or what it says itself.
Refusal = BadTemplate | Problem

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


def refusals(checker: Checker, verdict: Verdict, tree: str) -> list[Refusal]:
    """What is wrong, in the checker's words, with the paths of the tree that lies at `tree`; [] when nothing is."""
    if verdict.code == 0:
        return []
    said = [line.strip() for line in verdict.output.replace(f"{tree}/", "").splitlines()]
    templates = {line: BadTemplate.read(match) for line in said if (match := _TEMPLATE.fullmatch(line))}
    # What went well is of no interest now, and stands between the reader and what did not.
    words = [line for line in said if line and line not in templates and not _WENT_WELL.search(line)]
    if templates and words in ([], ["FAILED:"]):
        return [*templates.values()]
    problem = Problem(
        f"{checker.tool} refuses {checker.file}",
        cause="\n".join(words) or f"It ended with code {verdict.code} and said nothing.",
        remedy="Mend what it names; rule files have their names of the manifest, below prometheus/rules/.",
    )
    return [*templates.values(), problem]
