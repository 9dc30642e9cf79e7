"""Validation of a tree, and of the user's templates, by the servers' own checkers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from stackctl import conventions as c
from stackctl.bounds import files
from stackctl.diagnostic import Diagnostic
from stackctl.runtimes.alert_texts import alert_faults
from stackctl.runtimes.checkers import TREE, Call, Run, Texts, Verdict
from stackctl.runtimes.docker.compose_file import BadCompose
from stackctl.runtimes.notification_texts import notification_faults
from stackctl.runtimes.recall import recalling
from stackctl.source import Position
from stackctl.tree import load_yaml


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

    def at(self, position: Position | None) -> Diagnostic:
        """The same as a problem at `position`, where the rule was written."""
        return Diagnostic(
            "rule.template",
            f"the {self.part} `{self.key}` of `{self.alert}` is not a template: {self.words}",
            position,
            cause=f"promtool refuses {c.PROMETHEUS_FILE}: rule {self.index + 1} of `{self.group}`, {self.file}",
            remedy=next((remedy for sign, remedy in _REMEDIES.items() if sign in self.words), _TEMPLATES),
        )


@dataclass(frozen=True)
class BadSetting:
    """Setting in alertmanager.yml that amtool refuses. Its `words` hold the value, but not the line."""

    words: str

    def at(self, position: Position | None) -> Diagnostic:
        """The same as a problem at `position`, where the value was written."""
        remedy = next((remedy for sign, remedy in _SETTINGS.items() if sign in self.words), "")
        return Diagnostic(
            "alertmanager.refused", f"Alertmanager does not accept this: {self.words}", position, remedy=remedy
        )


@dataclass(frozen=True)
class UnknownField:
    """A key that `product` ("Prometheus", "Alertmanager") does not know in its configuration."""

    product: str
    name: str

    def at(self, position: Position | None) -> Diagnostic:
        """The same as a problem at `position`, where the key was written."""
        remedy = _DISCOVERY if self.name.endswith("_sd_configs") else _FIELDS
        return Diagnostic(
            "checker.unknown-key", f"{self.product} does not know the key `{self.name}` here", position, remedy=remedy
        )


# What a checker refuses: one that it is known how to place in what the user wrote, or what it says itself.
Refusal = BadTemplate | BadSetting | UnknownField | BadCompose | Diagnostic

# Kinds of discovery of the Prometheus project's releases, which builds of distributions leave out in part.
_DISCOVERIES = frozenset(
    f"{kind}_sd_configs"
    for kind in (
        "aws", "azure", "consul", "digitalocean", "dns", "docker", "dockerswarm", "ec2", "eureka", "gce", "hetzner",
        "ionos", "kubernetes", "kuma", "lightsail", "linode", "marathon", "nerve", "nomad", "openstack", "ovhcloud",
        "puppetdb", "scaleway", "serverset", "stackit", "triton", "uyuni", "vultr",
    )
)  # fmt: skip
_DISCOVERY = (
    "Correct it, or use a release of the Prometheus project: builds of Linux distributions omit some kinds of "
    "service discovery."
)
_FIELDS = "Correct or remove it; a newer image may support it."

_TEMPLATES = "Write it like `{{ $labels.job }}`, `{{ $value }}` or `{{ $value | humanizePercentage }}`."
_REMEDIES = {
    "undefined variable": "Prometheus knows `$labels`, `$value` and `$externalLabels`: `{{ $labels.job }}`.",
    "unclosed action": "Close `{{` with `}}`.",
    "unexpected EOF": "End `{{ if }}`, `{{ range }}` and `{{ with }}` with `{{ end }}`.",
    "not defined": "Prometheus has `humanize`, `humanizeDuration`, `humanizePercentage`, `printf` and others.",
}
_SETTINGS = {
    "bad matcher format": """Write a matcher as `label="value"`, with `=`, `!=`, `=~` or `!~`.""",
    "undefined time interval": "Declare it in `routing.times`, or in `extra: {time_intervals: [...]}`.",
    "unknown time zone": "Write the name of the IANA database, like `Europe/Berlin`.",
    "missing port": "Write `host:port`, like `mail.example.org:587`.",
    "wildcard group_by": "Write `['...']` alone to group by all labels, or only the labels.",
}
_TEMPLATE = re.compile(
    r'(?P<file>.+?): group "(?P<group>.*)", rule (?P<number>\d+), "(?P<alert>.*?)": '
    r'(?P<part>annotation|label) "(?P<key>.*?)": template: \S*?:\d+: (?P<words>.*)'
)
_WENT_WELL = re.compile(r"SUCCESS|^Checking [^']|^Checking '[^']*'$|^Found:|^- ")
# The total, which amtool writes on stderr: from a container it comes at any place between its other words.
_TOTAL = re.compile(r"amtool: error: failed to validate \d+ file\(s\)\n?")
_UNKNOWN_FIELD = re.compile(r"line \d+: field (\S+) not found in type \S+")
_UNMARSHAL = re.compile(r"FAILED: .*yaml: unmarshal errors:$")
# The words of a Go program that crashes, and what it was reading then.
_CRASH = re.compile(r"panic: (?P<words>.+?)(?: \[recovered.*)?$", re.MULTILINE)
_READING = re.compile(r"\(\*(\w+)\)\.UnmarshalYAML")
# amtool says in one line which file it reads, and what is wrong with it.
_AMTOOLS_FILE = re.compile(r"^Checking '[^']*'\s+FAILED: |^FAILED: ")


@dataclass(frozen=True)
class _Checker:
    """A program that reads the configuration `file` of a tree as its server would."""

    unit: str
    tool: str
    arguments: tuple[str, ...]
    file: str

    @property
    def call(self) -> Call:
        return Call(self.unit, self.tool, (*self.arguments, f"{TREE}/{self.file}"))


_ALL = (
    _Checker(c.PROMETHEUS, "promtool", ("check", "config"), c.PROMETHEUS_FILE),
    _Checker(c.PROMETHEUS, "promtool", ("check", "web-config"), c.WEB_FILE),
    _Checker(c.ALERTMANAGER, "amtool", ("check-config",), c.ALERTMANAGER_FILE),
)


def validate(tree: Path, texts: Texts, run: Run) -> list[Refusal]:
    """All that the servers' checkers refuse in the tree at `tree`, and in the user's templates in it.

    A checker that cannot be used is reported once, and is not called again.
    """
    run = _UntilUnusable(recalling(run, tree))
    checks: list[Callable[[], Collection[Refusal]]] = [
        lambda checker=checker: _refused_by(checker, tree, run)  # type: ignore[misc]
        for checker in _ALL
        if (tree / checker.file).is_file()
    ]
    checks.append(lambda: alert_faults(texts.alerts, run))
    checks.append(lambda: notification_faults(texts.notifications, tree, run))
    with ThreadPoolExecutor(len(checks)) as pool:
        refusals = [refusal for found in pool.map(lambda check: check(), checks) for refusal in found]
    return [*run.unusable.values(), *refusals]


class _UntilUnusable:
    """Makes the calls of a checker until it cannot be used: then it is as if it was not there.

    `unusable` has the reason for each of these.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self.unusable: dict[str, Diagnostic] = {}

    def __call__(self, call: Call) -> Verdict:
        if call.tool in self.unusable:
            return Verdict(1, "", missing=True)
        verdict = self._run(call)
        if verdict.unusable is None:
            return verdict
        self.unusable[call.tool] = verdict.unusable
        return Verdict(1, "", missing=True)


def _refused_by(checker: _Checker, tree: Path, run: Run) -> list[Refusal]:
    verdict = run(checker.call)
    refusals = _refusals(checker, verdict)
    rules = sorted(path.name for path in (tree / c.RULES_FOLDER).glob("*.yml"))
    if checker.file != c.PROMETHEUS_FILE or not refusals or not rules or "SUCCESS" in verdict.output:
        return refusals
    # It has not come to the rules, because of what is wrong before them.
    arguments = ("check", "rules", *(f"{TREE}/{c.RULES_FOLDER}{name}" for name in rules))
    said = run(Call(checker.unit, checker.tool, arguments))
    return [*refusals, *(each for each in _refusals(checker, said) if isinstance(each, BadTemplate))]


@dataclass(frozen=True)
class Partly:
    """Refusals of the checkers, and the kinds of discovery that were not checked, as the checkers do not know them."""

    refusals: list[Refusal]
    left_out: tuple[str, ...] = ()


def validate_for_releases(tree: Path, texts: Texts, run: Run) -> Partly:
    """The same for servers of the Prometheus project's releases, where the checkers here may be of a distribution.

    Blocks of discovery that only the releases know are taken out of the tree at `tree`.
    """
    found = validate(tree, texts, run)
    unknown = {each.name for each in found if isinstance(each, UnknownField)} & _DISCOVERIES
    if not unknown:
        return Partly(found)
    _remove_discoveries(tree / c.PROMETHEUS_FILE, unknown)
    return Partly(validate(tree, texts, run), tuple(sorted(unknown)))


def _remove_discoveries(file: Path, names: Collection[str]) -> None:
    config = load_yaml(files.read_bytes(file))
    for job in config.get("scrape_configs") or []:
        for name in names:
            job.pop(name, None)
    file.write_text(json.dumps(config))


def _refusals(checker: _Checker, verdict: Verdict) -> list[Refusal]:
    """Return the errors, in the checker's words; [] when there are none."""
    if verdict.code == 0 or verdict.missing:
        return []
    if crash := _CRASH.search(verdict.output):
        return [_crashed(checker, crash["words"], _READING.search(verdict.output))]
    said = [line.strip() for line in _TOTAL.sub("", verdict.output).replace(f"{TREE}/", "").splitlines()]
    templates = {line: BadTemplate.read(match) for line in said if (match := _TEMPLATE.fullmatch(line))}
    # What went well is of no interest now, and hides what did not.
    words = [line for line in said if line and line not in templates and not _WENT_WELL.search(line)]
    fields = [match[1] for line in words if (match := _UNKNOWN_FIELD.fullmatch(line))]
    if fields and all(_UNKNOWN_FIELD.fullmatch(line) or _UNMARSHAL.search(line) for line in words):
        unknown = dict.fromkeys(UnknownField(checker.unit.capitalize(), name) for name in fields)
        return [*templates.values(), *unknown]
    if checker.tool == "amtool":
        reasons = [_AMTOOLS_FILE.sub("", line) for line in words if _AMTOOLS_FILE.match(line)]
        if len(reasons) == len(words) == 1:
            return [BadSetting(reasons[0])]
    if templates and words in ([], ["FAILED:"]):
        return [*templates.values()]
    problem = Diagnostic(
        "checker.refused",
        f"{checker.tool} refuses {checker.file}",
        cause="\n".join(words) or f"It exited with code {verdict.code} and no output.",
        remedy="Fix the reported errors; rule files keep their names from the manifest, below prometheus/rules/.",
    )
    return [*templates.values(), problem]


def _crashed(checker: _Checker, words: str, reading: re.Match[str] | None) -> Diagnostic:
    """Report a checker that crashes on what it reads, as the server will."""
    where = f" while it reads a {reading[1]}" if reading else ""
    return Diagnostic(
        "checker.crashed",
        f"{checker.tool} crashes on {checker.file}{where}, and so would {checker.unit.capitalize()}",
        cause=words,
        remedy="Remove keys there one by one until it is accepted: some of them are incompatible.",
    )
