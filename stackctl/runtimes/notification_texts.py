"""The templates of notifications, rendered by amtool as Alertmanager does when it sends a message.

Each is rendered for one alert that fires, for several of which some have ended, and for one that has ended. Every label
and annotation that any template asks for is there: what a template leaves empty may be right, what it cannot do is not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Any

from stackctl import conventions as c
from stackctl.bounds import files
from stackctl.data import data_dir
from stackctl.diagnostic import Diagnostic
from stackctl.runtimes.checkers import FILES, TREE, Call, Run, Text

# The longest text of one call, in bytes: Linux takes 128 KiB in one argument. A longer one is left out.
_LONGEST = 120_000
_SPLIT = "\u241e\n"
# The samples by their numbers: those of alerts that fire, and one of an alert that has ended.
_FIRING, _ALL_SAMPLES = (0, 1), (0, 1, 2)
# What a template defines, others would find.
_DEFINES = re.compile(r"\{\{-?\s*(?:define|block)\b")
_FIELD = re.compile(
    r"\.(?:(?:Common|Group)?Labels|(?:Common)?Annotations)\.([A-Za-z_]\w*)"
    r"|index\s+\(?\$?[.\w]*(?:Labels|Annotations)\)?\s+[\"`]([^\"`]+)[\"`]"
)
_LABELS = {"alertname": "HighLoad", "severity": "critical", "job": "api", "instance": "host.example:9100"}
_ANNOTATIONS = {
    "summary": "the load is high",
    "description": "the load is 12.5, more than 10",
    "runbook_url": "https://runbooks.example/high-load",
}
_ERROR = re.compile(r"amtool: error: template: \S*?:\d+(?::\d+)?: (?:executing \".*?\" at <(.*?)>: )?(.*)", re.DOTALL)
# A part of a text that is longer in the user's alerts, perhaps; how many alerts there are is known.
_BY_LENGTH = re.compile(
    r"^`slice (?![^`]*\.(?:Alerts|Firing|Resolved)\b).*error calling slice: index out of range", re.DOTALL
)
_REMEDIES = (
    (
        re.compile(r"field (Annotations|Labels) in type template\.Data"),
        "A message can contain several alerts: write `.Common{0}`, or `{{{{ range .Alerts }}}}` around it.",
    ),
    (
        re.compile(r"field (Alerts|CommonLabels|CommonAnnotations|GroupLabels|Receiver) in type template\.Alert\b"),
        "Inside `{{{{ range .Alerts }}}}` the dot is one alert: write `$.{0}`.",
    ),
    (
        re.compile(r'template "(.*?)" not defined'),
        "Define it with `{{{{ define }}}}` in a file that `alertmanager.extra.templates` names.",
    ),
    (
        re.compile(r'undefined variable "\$(?:labels|value)"'),
        "`$labels` and `$value` belong in rules. Here it is `.CommonLabels`, or `.Labels` of each of `.Alerts`.",
    ),
    (
        re.compile(r'function "(.*?)" not defined'),
        "Alertmanager has `toUpper`, `toLower`, `title`, `join`, `match`, `reReplaceAll`, `len`, `printf` and others.",
    ),
    (
        re.compile(r"index out of range"),
        "A message may contain a single alert, or only resolved ones: use `{{{{ range }}}}`.",
    ),
    (re.compile(r"unexpected EOF"), "End `{{{{ if }}}}`, `{{{{ range }}}}` and `{{{{ with }}}}` with `{{{{ end }}}}`."),
)


def notification_faults(texts: Collection[Text], tree: Path, run: Run) -> list[Diagnostic]:
    """Report templates that amtool cannot render; they may use the template files that the tree at `tree` has."""
    kept = [text for text in texts if "{{" in text.text]
    if not kept:
        return []
    renderer = _Renderer(tree, run, _samples([text.text for text in kept]))
    faults: dict[tuple[str, bool, bool], str] = {}
    for html, ended in product((False, True), repeat=2):
        unique = list(dict.fromkeys(text.text for text in kept if (text.html, text.ended) == (html, ended)))
        together = [text for text in unique if not _DEFINES.search(text)]
        alone = [[text] for text in unique if _DEFINES.search(text)]
        for sample in _ALL_SAMPLES if ended else _FIRING:
            for part in (together, *alone):
                for text, words in renderer.faults(part, sample, html):
                    if not _BY_LENGTH.search(words):
                        faults.setdefault((text, html, ended), words)
    if faults and renderer.fault("", sample=0, html=False):
        return []  # a template file cannot be read: amtool reports that when it checks the configuration
    return [_problem(text, faults[key]) for text in kept if (key := (text.text, text.html, text.ended)) in faults]


class _Renderer:
    """amtool with the template files of a tree, and samples of what a message is about."""

    def __init__(self, tree: Path, run: Run, samples: Sequence[dict[str, Any]]) -> None:
        self.run = run
        self.samples = samples
        self.globs = _globs(tree)
        self.builtin = files.read_bytes(data_dir("templates") / "alertmanager" / "builtin.tmpl")

    def faults(self, texts: Sequence[str], sample: int, html: bool) -> Iterator[tuple[str, str]]:
        """Each of the texts that cannot be rendered, with amtool's words: all at once first, then halves of them."""
        if not texts:
            return
        if sum(len(text.encode()) for text in texts) > _LONGEST:
            words = "too long for one call" if len(texts) > 1 else ""
        else:
            words = self.fault(_joined(texts), sample, html)
        if words and len(texts) == 1:
            yield texts[0], words
        elif words:
            middle = len(texts) // 2
            yield from self.faults(texts[:middle], sample, html)
            yield from self.faults(texts[middle:], sample, html)

    def fault(self, text: str, sample: int, html: bool) -> str:
        """amtool's words about a text that it cannot render, else ""."""
        globs = [f"--template.glob={FILES}/builtin.tmpl", *(f"--template.glob={glob}" for glob in self.globs)]
        arguments = (
            *("template", "render", "--no-version-check", *globs),
            *(f"--template.type={'html' if html else 'text'}", f"--template.data={FILES}/data.json"),
            f"--template.text={text or ' '}",
        )
        files = {"builtin.tmpl": self.builtin, "data.json": json.dumps(self.samples[sample]).encode()}
        verdict = self.run(Call(c.ALERTMANAGER, "amtool", arguments, files))
        found = _ERROR.search(verdict.output) if verdict.code and not verdict.missing else None
        return f"`{found[1]}`: {found[2].strip()}" if found and found[1] else found[2].strip() if found else ""


def _joined(texts: Sequence[str]) -> str:
    """Texts as one, in which the variables of each are its own."""
    return texts[0] if len(texts) == 1 else _SPLIT.join(f"{{{{ with . }}}}{text}{{{{ end }}}}" for text in texts)


def _globs(tree: Path) -> list[str]:
    """The template files of the configuration, as a checker finds them."""
    from stackctl.tree import load_yaml

    configuration = load_yaml(files.read_bytes(tree / c.ALERTMANAGER_FILE))
    folder = c.ALERTMANAGER_FILE.rpartition("/")[0]
    return [f"{TREE}/{folder}/{glob}" for glob in configuration.get("templates") or ()]


def _samples(texts: Collection[str]) -> list[dict[str, Any]]:
    """Return samples of what a message may contain, as amtool reads it."""
    names = {name for text in texts for match in _FIELD.findall(text) for name in match if name}
    labels = {**dict.fromkeys(sorted(names), "sample of a label"), **_LABELS}
    annotations = {**dict.fromkeys(sorted(names), "sample of an annotation"), **_ANNOTATIONS}
    firing, resolved = _alert("firing", labels, annotations), _alert("resolved", labels, annotations)
    other = _alert("firing", {**labels, "instance": "other.example:9100"}, annotations)
    return [
        _message("firing", [firing], labels, annotations),
        _message("firing", [firing, other, resolved], {**labels, "instance": ""}, annotations),
        _message("resolved", [resolved], labels, annotations),
    ]


def _alert(status: str, labels: dict[str, str], annotations: dict[str, str]) -> dict[str, Any]:
    ends = "2026-01-01T00:10:00Z" if status == "resolved" else "0001-01-01T00:00:00Z"
    return {
        "status": status,
        "labels": labels,
        "annotations": annotations,
        "startsAt": "2026-01-01T00:00:00Z",
        "endsAt": ends,
        "generatorURL": "http://prometheus.example:9090/graph?g0.expr=node_load1+%3E+10",
        "fingerprint": "8b2d6a5c0f1e7d34",
    }


def _message(
    status: str, alerts: list[dict[str, Any]], labels: dict[str, str], annotations: dict[str, str]
) -> dict[str, Any]:
    return {
        "receiver": "team",
        "status": status,
        "alerts": alerts,
        "groupLabels": {"alertname": labels["alertname"], "job": labels["job"]},
        "commonLabels": labels,
        "commonAnnotations": annotations,
        "externalURL": "http://alertmanager.example:9093",
    }


def _problem(text: Text, words: str) -> Diagnostic:
    found = ((pattern.search(words), remedy) for pattern, remedy in _REMEDIES)
    remedy = next((remedy.format(*match.groups()) for match, remedy in found if match), "")
    cause = "Alertmanager would not send this message."
    return Diagnostic("receiver.template", f"{text.subject} cannot be rendered: {words}", text.origin, cause, remedy)
