"""Colours that mean something: success is green, failure red, a client's error orange, a warning yellow."""

from __future__ import annotations

import re
from collections.abc import Sequence

# Labels whose values say how something ended, or how it is.
STATUS_LABELS = frozenset(
    {
        "status", "status_code", "statuscode", "code", "http_status", "http_code", "response_code", "grpc_code",
        "grpc_status", "outcome", "result", "state", "health", "severity", "level",
    }
)  # fmt: skip

# Colour -> what is drawn in it, as a regular expression that JavaScript and Python read alike.
MEANINGS = {
    "green": r"[12](\d\d|xx)|ok|up|success(es|ful)?|succeeded|completed?|finished|done|good|accepted|healthy|hits?"
    r"|passed",
    "blue": r"3(\d\d|xx)|active|reading|selects?|all",
    "orange": r"4(\d\d|xx)|invalid_?argument|not_?found|already_?exists|permission_?denied|unauthenticated"
    r"|failed_?precondition|out_?of_?range|aborted|resource_?exhausted|delayed",
    "yellow": r"warn(ing)?s?|retr(y|ies|ied)|miss(es|ed)?|pending|suppressed|degraded|cancel(l?ed)?|throttled|skipped"
    r"|unprocessed|evicted|rolled back",
    "red": r"5(\d\d|xx)|errors?|fail(s|ed|ure|ures|ing)?|exceptions?|timeouts?|timed.?out|broken|bad|down|lost|dropped"
    r"|rejected|refused|critical|crashed|unhealthy|fatal|firing|page|unavailable|internal|unknown|data_?loss"
    r"|deadline_?exceeded|unimplemented",
}
_READ = {color: re.compile(f"(?:{words})", re.IGNORECASE) for color, words in MEANINGS.items()}
_ONE_LABEL = re.compile(r"\{\{\s*([A-Za-z_]\w*)\s*\}\}")


def meaning_of(text: str) -> str:
    """The colour that a name or a text stands for, or ""."""
    return next((color for color, words in _READ.items() if words.fullmatch(text.strip())), "")


def regex_of(color: str) -> str:
    """The regular expression of a colour's names, as a field override of Grafana has it."""
    return f"/^({MEANINGS[color]})$/i"


def status_of(legend: str) -> str:
    """The label of which a legend is the value, when it is the result of something; or ""."""
    only = _ONE_LABEL.fullmatch(legend.strip())
    return only[1] if only and only[1].lower() in STATUS_LABELS else ""


def named(legends: Sequence[str]) -> dict[str, str]:
    """Name -> colour, of the legends that are names with a meaning."""
    found = {legend: meaning_of(legend) for legend in legends if "{{" not in legend}
    return {legend: color for legend, color in found.items() if color}
