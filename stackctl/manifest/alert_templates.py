"""Check of alert templates: the labels and query strings that they use, compared with those that exist."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from math import inf

from stackctl.diagnostic import Diagnostic
from stackctl.manifest.validate import unknown_name
from stackctl.metrics import catalogue
from stackctl.model import Rule, Stack
from stackctl.promql.alert_text import actions_of, shown, shown_labels
from stackctl.promql.catalogue import Catalogue
from stackctl.promql.types.infer import value_of
from stackctl.promql.types.unit import MOMENT, RATIO, SECONDS, Unit

_EXTERNAL = re.compile(
    r"""(?:\$externalLabels|(?<![\w$)])\.ExternalLabels)\.([A-Za-z_]\w*)|index\s+\$externalLabels\s+["`]([^"`]+)["`]"""
)
# Functions that format `$value`, and the units that they take.
_TAKES = {
    "humanizePercentage": (RATIO,),
    "humanizeDuration": (SECONDS,),
    "humanizeTimestamp": (MOMENT,),
    "humanize1024": (Unit("bytes"), Unit("count")),
}
_FORMATTED = re.compile(rf"\$value\s*\|\s*({'|'.join(_TAKES)})\b|(?<![\w.])({'|'.join(_TAKES)})\s+\$value\b")
# A value with a sign of percent after it: `{{ $value | humanize }}%`, `{{ printf "%.1f%%" $value }}`.
_PERCENT = re.compile(r"\{\{-?((?:[^{}])*)\}\} ?%")
_PRINTED_PERCENT = re.compile(r'printf\s+"[^"]*%%[^"]*"\s+\$value\b')
_FORMATS = frozenset({"seconds", "ratio", "bytes", "moment", "celsius", "volts", "watts", "joules"})
_STRING = re.compile(r""""(?:[^"\\]|\\.)*"|`[^`]*`""", re.DOTALL)
_INNER = re.compile(r"\{\{\s*(\$\w+(?:\.\w+)*)\s*\}\}")
# Where `$value` decides or is kept, and is not printed.
_DECIDING = re.compile(r"(?:if|else|with|range|and|or|not|eq|ne|lt|le|gt|ge|template)\b|\$\w+\s*:?=")
_VALUE = re.compile(r"\$value\b|(?<![\w$)])\.Value\b")


@dataclass(frozen=True)
class _Text:
    """The template `text` of a rule: its "label" or "annotation" `key`."""

    rule: Rule
    part: str
    key: str
    text: str

    def problem(self, summary: str, cause: str, remedy: str) -> Diagnostic:
        place = self.rule.place(self.part, self.key)
        return Diagnostic(
            "rule.template", f"{self.rule.name}: the {self.part} `{self.key}` {summary}", place, cause, remedy
        )


def template_warnings(stack: Stack) -> Iterator[Diagnostic]:
    """Yield what stays empty in every alert, or is printed literally. Each is reported once for its place."""
    known = catalogue(stack)
    # Rules that others wrote may be for a stack that has some; and Prometheus' own words in `extra` may have more.
    declared = stack.prometheus.external_labels.keys()
    external = declared if declared and "global" not in stack.prometheus.extra else None
    problems = (problem for text in _texts(stack) for problem in _problems(text, known, external))
    yield from {(problem.position, problem.summary): problem for problem in problems}.values()


def _texts(stack: Stack) -> Iterator[_Text]:
    for rule in (rule for file in stack.rules for rule in file.rules if rule.kind == "alert"):
        for part, texts in (("label", rule.labels), ("annotation", rule.annotations)):
            yield from (_Text(rule, part, key, text) for key, text in texts.items() if "{{" in text)


def _problems(text: _Text, known: Catalogue, external: Collection[str] | None) -> Iterator[Diagnostic]:
    actions = actions_of(text.text)
    for action in actions:
        yield from _literals(text, action)
    yield from _units(text, actions, known)
    yield from _percent(text, actions, known)
    if text.part == "label":
        yield from _changing(text, actions, known)
    if external is not None:
        for name in shown(_EXTERNAL, actions):
            if name not in external:
                yield _unknown_external(text, name, external)
    asked = shown_labels(actions)
    labels = value_of(text.rule.expr, known).labels.possible if asked else None
    if labels is not None:
        yield from (_missing(text, name, labels) for name in asked if name not in labels)


def _units(text: _Text, actions: Collection[str], known: Catalogue) -> Iterator[Diagnostic]:
    """Functions that write a value in a unit that it has not."""
    used = {found[1] or found[2] for action in actions for found in _FORMATTED.finditer(action)}
    if not used:
        return
    unit = value_of(text.rule.expr, known).unit
    for function in sorted(used):
        wanted = _TAKES[function]
        if unit is not None and not unit.per_second and unit not in wanted and unit.base in _FORMATS:
            summary = f"writes {unit} with `{function}`, which takes {wanted[0]}"
            yield text.problem(
                summary, "", f"Convert the value in the expression, or use another function than `{function}`."
            )


def _percent(text: _Text, actions: Collection[str], known: Catalogue) -> Iterator[Diagnostic]:
    """A fraction with a sign of percent after it. One that is compared with more than 1 is meant to be percent."""
    written = [action for action in _PERCENT.findall(text.text) if _VALUE.search(action) and not _is_converted(action)]
    if not written and not any(_PRINTED_PERCENT.search(action) for action in actions):
        return
    value = value_of(text.rule.expr, known)
    if value.unit == RATIO and value.range.low < 1.0 and not 1.0 < value.range.high < inf:
        summary = "writes a ratio with `%` after it, so that 0.95 is shown as 0.95%"
        yield text.problem(summary, "", "Write `{{ $value | humanizePercentage }}`, which adds the sign itself.")


def _is_converted(action: str) -> bool:
    return "humanizePercentage" in action or bool(_DECIDING.match(action.strip(" -")))


def _changing(text: _Text, actions: Collection[str], known: Catalogue) -> Iterator[Diagnostic]:
    """A label that has the value of the alert in it. An alert is known by its labels: with another label it is another
    alert, whose `for` begins again. A text that depends on the value, as `if gt $value 90.0` has, changes seldom."""
    printed = [action for action in actions if _VALUE.search(_STRING.sub("", action)) and not _DECIDING.match(action)]
    if not printed:
        return
    values = value_of(text.rule.expr, known).range
    if values.low == values.high:
        return
    effect = (
        f"each change of the value begins its `for` of {text.rule.for_seconds:g} s again, so it may never fire"
        if text.rule.for_seconds
        else "each change of the value resolves it and sends another one"
    )
    yield Diagnostic(
        "rule.changing-label",
        f"{text.rule.name}: the label `{text.key}` holds the value of the alert: {effect}",
        text.rule.place(text.part, text.key),
        "Prometheus tells alerts apart by their labels.",
        f"Move `{text.key}` to the annotations.",
    )


def _missing(text: _Text, name: str, labels: frozenset[str]) -> Diagnostic:
    summary = f"uses the label `{name}`, which the expression does not have"
    if name in text.rule.labels:
        cause = "`$labels` has only the labels of the series, not those that the rule adds. It is empty in every alert."
        return text.problem(summary, cause, f"Write the value of `{name}` into the text.")
    remedy = unknown_name(name, sorted(labels), "It has") if labels else "It has no labels: keep some with `by (...)`."
    return text.problem(summary, "It is empty in every alert.", remedy)


def _unknown_external(text: _Text, name: str, external: Collection[str]) -> Diagnostic:
    summary = f"uses the external label `{name}`, which is not in `prometheus.external_labels`"
    return text.problem(summary, "It is empty in every alert.", unknown_name(name, sorted(external), "There are"))


def _literals(text: _Text, action: str) -> Iterator[Diagnostic]:
    """Braces in a string of an action, which is where charts of Helm escape them, and where they are not expanded."""
    for string in (match[0] for match in _STRING.finditer(action)):
        if "{{" not in string:
            continue
        if string == action:
            summary = f"prints `{string[1:-1]}` literally"
            remedy = f"Write `{string[1:-1]}` without the braces and quotes around it."
            yield text.problem(summary, "Helm charts escape Prometheus' templates like this.", remedy)
        elif inner := _INNER.findall(string):
            fixed = " ".join((f"(printf {_INNER.sub('%s', string.replace('%', '%%'))}", *inner)) + ")"
            summary = f"has `{_INNER.search(string)[0]}` in a string, where it is not expanded"  # type: ignore[index]
            yield text.problem(
                summary, "Prometheus takes these characters literally.", f"Write `{fixed}` instead of the string."
            )
