"""Classification of a response body that should be metrics: metrics, page or JSON, and the first bad line. Pure."""

from __future__ import annotations

import re
from html import unescape
from typing import Literal

from stackctl.bounds.json_text import loads

Kind = Literal["metrics", "page", "JSON", "text", "nothing"]

_NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
_TEXT = r'"(?:[^"\\]|\\.)*"'
# Commas are asked for, so that there is one way only to read a line: a hostile one must not take for ever.
_LABEL = rf"(?:[a-zA-Z_][a-zA-Z0-9_]*\s*=\s*{_TEXT}|{_TEXT}(?:\s*=\s*{_TEXT})?)"
_LABELS = rf"\{{\s*(?:{_LABEL}(?:\s*,\s*{_LABEL})*\s*,?\s*)?\}}"
_VALUE = r"[+-]?(?:\d[\d_.eE+-]*|\.\d[\d.eE+-]*|0[xX][0-9a-fA-F.pP+-]+|[Ii]nf(?:inity)?|INF|[Nn]a[Nn])"
_SAMPLE = re.compile(rf"\s*(?:{_NAME}\s*(?:{_LABELS})?|{_LABELS})\s*{_VALUE}(?:\s+-?[\d.]+)?\s*(?:#.*)?")
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)


def kind_of(body: str) -> Kind:
    """Return the kind of `body`. Metrics with a wrong line in them are metrics."""
    text = body.lstrip("\ufeff \t\r\n")
    if not text:
        return "nothing"
    if text.startswith("<"):
        return "page"
    if text.startswith(("{", "[")) and _is_json(text):
        return "JSON"
    lines = [line for line in text.splitlines() if line.strip()]
    samples = sum(bool(_SAMPLE.fullmatch(line)) for line in lines[:200])
    begins_well = bool(lines) and lines[0].startswith(("# HELP ", "# TYPE ", "# EOF"))
    return "metrics" if samples or begins_well else "text"


def title(page: str) -> str:
    """The title of a page in one line, "" when it has none."""
    found = _TITLE.search(page)
    return " ".join(unescape(found[1]).split())[:100] if found else ""


def wrong_line(body: str) -> tuple[int, str] | None:
    """The number, from 1, and the text of the first line that is no sample, comment or empty line."""
    for number, line in enumerate(body.split("\n"), 1):
        text = line.rstrip("\r")
        if text.strip() and not text.lstrip().startswith("#") and not _SAMPLE.fullmatch(text):
            return number, text
    return None


def repeated_line(body: str) -> tuple[int, str] | None:
    """The number and the text of the first line whose series stood in an earlier one."""
    seen: set[str] = set()
    for number, line in enumerate(body.splitlines(), 1):
        series = re.match(rf"\s*({_NAME}\s*(?:{_LABELS})?)", line)
        if not series:
            continue
        if series[1].strip() in seen:
            return number, line
        seen.add(series[1].strip())
    return None


def samples(body: str) -> int:
    """Return the number of samples in `body`."""
    return sum(bool(line.strip()) and not line.lstrip().startswith("#") for line in body.splitlines())


def _is_json(text: str) -> bool:
    try:
        loads(text)
    except ValueError:
        return False
    return True
