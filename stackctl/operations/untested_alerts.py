"""Alerts that no test expects to fire, and first tests for them."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from stackctl.bounds.json_text import loads
from stackctl.diagnostic import Diagnostic
from stackctl.model import Rule, RuleFile, Stack
from stackctl.operations.rule_bench import Bench
from stackctl.rule_tests.files import Case, TestFile

FOLDER = "tests"
_HEADER = "# First tests, by `stackctl test --write`. Run them with `stackctl test`; change them as you like.\n"
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


def coverage(stack: Stack, files: Sequence[TestFile], bench: Bench) -> list[Covered]:
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


def missing(each: Covered) -> Diagnostic:
    """Return the warning about an alert that no test expects to fire."""
    cause = f"No first test could be written: {each.reason}." if each.reason else ""
    remedy = "Write one." if each.reason else "Write one, or have a first one written: `stackctl test --write`."
    return Diagnostic(
        "test.missing", f"no test expects the alert `{each.rule.name}` to fire", each.rule.origin, cause, remedy,
        status="warn", subject=each.rule.name,
    )  # fmt: skip


@dataclass(frozen=True)
class Drafted:
    """The alerts, those with a new test as tested, and the new files: path, text."""

    alerts: list[Covered]
    files: list[tuple[Path, str]]


def drafted(stack: Stack, alerts: Sequence[Covered], bench: Bench, pool: ThreadPoolExecutor) -> Drafted:
    """Return first tests, which promtool has passed, for those of the alerts that have none. Nothing is written."""
    untested = [each for each in alerts if not each.is_tested]
    made = list(pool.map(partial(_draft, stack, bench), untested))
    by_place: dict[Path, list[dict[str, Any]]] = {}
    known = {id(each): result for each, result in zip(untested, made, strict=True)}
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
    return Drafted(found, [(place, _HEADER + _text(place, rules, tests)) for place, rules, tests in files])


def _rules_of(stack: Stack, file: RuleFile) -> Path:
    """Return the file that holds the rules: the user's, or the manifest."""
    return stack.root.absolute() / (file.source or Path(stack.origin.file).name)


def _place(stack: Stack, rules: Path) -> Path:
    """Return where the first tests of a rule file go: next to it, or below the manifest's folder, where nothing is."""
    is_manifest = rules == stack.root.absolute() / Path(stack.origin.file).name
    folder = rules.parent / FOLDER if is_manifest else rules.parent
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


def _draft(stack: Stack, bench: Bench, alert: Covered) -> dict[str, Any] | str:
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
