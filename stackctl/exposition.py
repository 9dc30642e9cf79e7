"""Metrics as a target serves them, read from text: types, help texts and series. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# The tokens of Prometheus' own reader, which allows blanks between them, and in values all but the end of the line.
_NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_LABEL = rf"(?:{_NAME}|{_QUOTED})[ \t]*=[ \t]*{_QUOTED}"
_NAMED = rf"(?:{_LABEL}|{_QUOTED})"
_LABELS = rf"\{{[ \t]*(?:{_NAMED}(?:[ \t]*,[ \t]*{_NAMED})*[ \t]*,?[ \t]*)?\}}"
_NUMBER = r"[+-]?(?:0[xX][0-9a-fA-F_.]+(?:[pP][+-]?\d+)?|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|(?i:inf(?:inity)?|nan))"
_EXEMPLAR = rf"#[ \t]*{_LABELS}[ \t]*{_NUMBER}(?:[ \t]+{_NUMBER})?"
_SAMPLE = re.compile(
    rf"(?:(?P<name>{_NAME})[ \t]*(?P<labels>{_LABELS})?|(?P<quoted>{_LABELS}))[ \t]*(?P<value>{_NUMBER})"
    rf"(?:[ \t]+-?[\d.]+)?[ \t]*(?:{_EXEMPLAR}[ \t]*)?(?:\n|\Z)",
    re.DOTALL,
)
_PAIR = re.compile(rf"({_NAME}|{_QUOTED})[ \t]*=[ \t]*({_QUOTED})", re.DOTALL)
_QUOTED_NAME = re.compile(rf"({_QUOTED})[ \t]*(?:,|\}})", re.DOTALL)
_BLANK = re.compile(r"[ \t\n]*")
_COMMENT = re.compile(r"#[^\n]*")
_TYPE = re.compile(rf"#[ \t]+TYPE[ \t]+({_NAME}|{_QUOTED})[ \t]+(\w+)[ \t]*")
_HELP = re.compile(rf"#[ \t]+HELP[ \t]+({_NAME}|{_QUOTED})[ \t]+(.*)")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True)
class Sample:
    """One series of a scrape, with its value as it is written."""

    name: str
    labels: Mapping[str, str]
    value: str


@dataclass(frozen=True)
class Exposition:
    """All of a scrape: metric -> type, metric -> help text, and the series."""

    kinds: Mapping[str, str]
    helps: Mapping[str, str]
    samples: Sequence[Sample]


def parse(text: str) -> Exposition | None:
    """Return what `text` says, or None when Prometheus would not read it as metrics, or there are none."""
    kinds: dict[str, str] = {}
    helps: dict[str, str] = {}
    samples: list[Sample] = []
    at = _start(text, 0)
    while at < len(text):
        if comment := _COMMENT.match(text, at):
            if found := _TYPE.fullmatch(comment[0]):
                kinds[_plain(found[1])] = found[2]
            elif found := _HELP.fullmatch(comment[0]):
                helps[_plain(found[1])] = _unescaped(found[2])
            at = _start(text, comment.end())
            continue
        match = _SAMPLE.match(text, at)
        if match is None:
            return None
        labels = match["labels"] or match["quoted"] or ""
        if not (name := match["name"] or _quoted_name(labels)):
            return None
        samples.append(
            Sample(name, {_plain(key): _plain(value) for key, value in _PAIR.findall(labels)}, match["value"])
        )
        at = _start(text, match.end())
    return Exposition(kinds, helps, samples) if samples else None


def _start(text: str, at: int) -> int:
    """Return the start of the next line that is not empty."""
    return _BLANK.match(text, at).end()  # type: ignore[union-attr]  # it always matches


def _quoted_name(labels: str) -> str:
    """The name of a metric that is in the braces."""
    pairs_left_out = _PAIR.sub("", labels)
    found = _QUOTED_NAME.search(pairs_left_out)
    return _plain(found[1]) if found else ""


def _plain(token: str) -> str:
    return _unescaped(token[1:-1]) if token.startswith('"') else token


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda match: "\n" if match[1] == "n" else match[1], text) if "\\" in text else text
