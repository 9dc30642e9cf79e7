"""Files of tests in promtool's form: the tests in them, and the alerts that they are about."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from stackctl.diagnostic import Diagnostic
from stackctl.manifest.document import Document
from stackctl.manifest.parse import parse
from stackctl.source import Position

_ALERTS = re.compile(r'ALERTS(?:_FOR_STATE)?\{[^}]*\balertname="([^"]+)"')


@dataclass(frozen=True)
class Case:
    """One test of a file: its content, and the alerts that it expects to fire, or not to."""

    name: str
    content: Mapping[str, Any] = field(repr=False)
    origin: Position
    fires: frozenset[str] = frozenset()
    silent: frozenset[str] = frozenset()


@dataclass(frozen=True)
class TestFile:
    """A file of tests. `rule_files` are as written: paths or patterns that begin at its folder."""

    __test__ = False  # not a class of tests, whatever pytest takes its name for

    path: str
    text: str = field(repr=False)
    rule_files: tuple[str, ...]
    cases: tuple[Case, ...]


def read(text: str, path: str) -> TestFile | list[Diagnostic]:
    """Return the tests in the text of a file, or what is wrong with it."""
    document = parse(text, path)
    if document.problems:
        return [*document.problems]
    whole = document.value
    tests = whole.get("tests") if isinstance(whole, dict) else None
    if not isinstance(whole, dict) or not isinstance(tests, list) or not all(isinstance(each, dict) for each in tests):
        remedy = "Write `rule_files` and a list of `tests`, as `promtool test rules` reads them."
        return [Diagnostic("test.file", f"{path} is not a file of tests", Position(path), remedy=remedy)]
    named = whole.get("rule_files") or ()
    rule_files = tuple(map(str, named)) if isinstance(named, list) else (str(named),)
    return TestFile(path, text, rule_files, tuple(_cases(document, tests)))


def _cases(document: Document, tests: list[Any]) -> Iterator[Case]:
    for index, test in enumerate(tests):
        origin = document.position(("tests", index))
        name = str(test.get("name") or f"tests[{index}]")
        asked = [each for each in _list(test, "alert_rule_test") if each.get("alertname")]
        fires = {str(each["alertname"]) for each in asked if each.get("exp_alerts")}
        silent = {str(each["alertname"]) for each in asked if not each.get("exp_alerts")}
        for each in _list(test, "promql_expr_test"):
            about = set(_ALERTS.findall(str(each.get("expr"))))
            (fires if any(_is_positive(one) for one in _list(each, "exp_samples")) else silent).update(about)
        yield Case(name, test, origin, frozenset(fires), frozenset(silent))


def _is_positive(sample: Mapping[str, Any]) -> bool:
    return str(sample.get("value", "0")).strip() not in ("0", "0.0")


def _list(block: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    found = block.get(key)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
