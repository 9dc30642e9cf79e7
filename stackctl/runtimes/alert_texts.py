"""The templates of alerts, expanded as Prometheus does when an alert fires.

promtool reads templates when it checks rules, but expands none. So two alerts are made of all of them, and promtool
tests them on samples: what it prints are the texts that people would get. There are two, as a label may be a word or a
number: what is wrong with one sample only may be right for the user's series.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from stackctl import conventions as c
from stackctl.diagnostic import Diagnostic
from stackctl.runtimes.checkers import FILES, Call, Run, Text

_LABEL = re.compile(r"""(?:\$labels|\.Labels)\.([A-Za-z_]\w*)|index\s+(?:\$labels|\.Labels)\s+["`]([^"`]+)["`]""")
_HOST = "host.example:9100"
# Labels that never hold a number.
_WORDS = re.compile(
    "alertname|cluster|container|deployment|device|endpoint|env|environment|fstype|host|hostname|image|instance|job"
    "|method|mountpoint|name|namespace|node|path|pod|service|severity|statefulset|team"
)
# Alert of the test -> what it has in labels, and as its value.
_SAMPLES = {"Word": ("text", 0.5), "Number": ("7", 12345.0)}
# Errors about the value or the length of a label, which the user's series may not have.
_BY_LABEL = re.compile(r'"(?:text|7)"|error calling slice: index out of range')
_GOT = re.compile(r'(Word|Number)(\d+)="((?:[^"\\]|\\.)*)"')
_FAILED = re.compile(r"<error expanding template: .*?executing \S+ at <(.*?)>: (.*)>$", re.DOTALL)
_UNREADABLE = re.compile(r'annotation "(?:Word|Number)(\d+)": template')
_MISPRINTED = re.compile(r"%!\w?\([^)]*\)")
# promtool has no address of its own, which these give.
_ADDRESS = re.compile(r"(?<![\w.$])(?:externalURL|pathPrefix)\b")
# What a query finds is not known here.
_BY_QUERY = ("first() called on vector", "error calling query", "index out of range", "nil pointer")
_REMEDIES = {
    "can't evaluate field": "Labels are in `$labels`, the value is `$value`: `{{ $labels.job }}`.",
    "ParseFloat": "It needs a number: `{{ $value | humanizePercentage }}`.",
    "incompatible types": '`$value` is a decimal number: compare it with `10.0`; and a label with text: `"10"`.',
    "expected *template.sample": 'Take one series first: `{{ query "up" | first | value }}`.',
    "not defined": "Prometheus has no user-defined templates: write the text here.",
}
# Errors about what a label holds, which are certain only when both samples have them.
_OF_VALUES = ("strconv", "ParseFloat", "can't convert", "not a number", "parse error")


def alert_faults(texts: Collection[Text], run: Run) -> list[Diagnostic]:
    """Report errors in the expanded templates. Templates that cannot be parsed are promtool's to report."""
    kept = [text for text in texts if "{{" in text.text]
    unique = list(dict.fromkeys(text.text for text in kept))
    expanded = _expanded(unique, run)
    faults = {text: fault for text in unique if (fault := _fault(text, expanded.get(text, [])))}
    return [_problem(text, *faults[text.text]) for text in kept if text.text in faults]


def _expanded(texts: Sequence[str], run: Run) -> Mapping[str, Sequence[str]]:
    """Template -> what it becomes with each of the samples; those that cannot be read left out."""
    waiting = dict(enumerate(texts))
    while waiting:
        verdict = run(_call(waiting))
        unreadable = {int(number) for number in _UNREADABLE.findall(verdict.output)} & waiting.keys()
        if not unreadable:
            found: dict[str, list[str]] = {}
            for _, number, text in _GOT.findall(verdict.output):
                found.setdefault(waiting[int(number)], []).append(_unquoted(text))
            return found
        waiting = {number: text for number, text in waiting.items() if number not in unreadable}
    return {}


def _call(texts: Mapping[int, str]) -> Call:
    names = {name for text in texts.values() for match in _LABEL.findall(text) for name in match if name}
    alerts = [
        {
            "alert": name,
            "expr": name,
            "annotations": {f"{name}{number}": _ADDRESS.sub('"http://a"', text) for number, text in texts.items()},
        }
        for name in _SAMPLES
    ]
    test = {
        "interval": "1m",
        "input_series": [
            {"series": f"{name}{{{_labels(names, word)}}}", "values": str(value)}
            for name, (word, value) in _SAMPLES.items()
        ],
        "alert_rule_test": [{"eval_time": "0m", "alertname": name, "exp_alerts": []} for name in _SAMPLES],
    }
    rules = {"groups": [{"name": "sample", "rules": alerts}]}
    files = {
        "rules.yml": json.dumps(rules).encode(),
        "test.yml": json.dumps({"rule_files": ["rules.yml"], "evaluation_interval": "1m", "tests": [test]}).encode(),
    }
    return Call(c.PROMETHEUS, "promtool", ("test", "rules", f"{FILES}/test.yml"), files)


def _labels(names: Collection[str], word: str) -> str:
    values = {name: _HOST if _WORDS.fullmatch(name) else word for name in sorted({"job", "instance", *names})}
    return ", ".join(
        f"{name if c.LABEL_NAME.fullmatch(name) else json.dumps(name)}={json.dumps(value)}"
        for name, value in values.items()
    )


def _unquoted(text: str) -> str:
    """Text without the escapes that Go writes."""
    return re.sub(r"\\(.)", lambda match: {"n": "\n", "t": "\t"}.get(match[1], match[1]), text)


def _fault(text: str, expanded: Sequence[str]) -> tuple[str, str] | None:
    """Return where and why a template fails, or None. `expanded` is what it becomes, once with each sample."""
    errors = [match for each in expanded if (match := _FAILED.search(each))]
    for error in errors:
        words = " ".join(error[2].split())
        if "query" in text and any(sign in words for sign in _BY_QUERY) and "parse error" not in words:
            continue
        if _BY_LABEL.search(words):
            continue
        if len(errors) == len(expanded) or not any(sign in words for sign in _OF_VALUES):
            return error[1], words
    misprinted = [match[0] for each in expanded if (match := _misprint(text, each))]
    if misprinted and len(misprinted) == len(expanded):
        return "printf", f"it prints `{misprinted[0]}`"
    return None


def _misprint(text: str, expanded: str) -> re.Match[str] | None:
    """Find the output of `printf` for a value that its verb does not fit. The user's own words may look the same."""
    found = None if _FAILED.search(expanded) else _MISPRINTED.search(expanded)
    return found if found and found[0] not in text else None


def _problem(text: Text, where: str, words: str) -> Diagnostic:
    words = re.sub(r" in type struct \{.*\}$", "", words)
    remedy = next(_remedies(words), "")
    return Diagnostic(
        "rule.template", f"{text.subject} cannot be expanded: `{where}`: {words}", text.origin, _CAUSE, remedy
    )


_CAUSE = "The alert would contain `<error expanding template>` instead."


def _remedies(words: str) -> Iterator[str]:
    yield from (remedy for sign, remedy in _REMEDIES.items() if sign in words)
    if "MISSING" in words or "%!(EXTRA" in words:
        yield "Give `printf` one value for each verb."
    elif "%!" in words:
        yield "The value is a decimal number: write `%.2f` or `%g`, and `%s` for labels."
