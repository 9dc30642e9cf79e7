"""A report in SARIF 2.1.0, which code scanning services read."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from stackctl import __version__
from stackctl.codes import CODES
from stackctl.diagnostic import Diagnostic
from stackctl.report.report import Report

_LEVELS = {"fail": "error", "warn": "warning", "info": "note"}


def render(report: Report) -> str:
    """A log with one run: a rule for each code that occurs, a result for each failure, warning and suggestion."""
    found = [each for each in report.diagnostics if each.status in _LEVELS]
    codes = sorted({each.code for each in found})
    driver = {"name": "stackctl", "version": __version__, "rules": [_rule(code) for code in codes]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(each, codes.index(each.code)) for each in found],
    }
    return json.dumps({"version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False) + "\n"


def _rule(code: str) -> dict[str, Any]:
    """The code, with its page. `helpUri` has to be an absolute address, so it is there once the pages have one."""
    from stackctl.report.explanation import PUBLISHED_AT, documentation, page

    text = page(code)
    rule = {"id": code, "shortDescription": {"text": CODES[code]}, "help": {"text": text, "markdown": text}}
    return {
        **rule,
        "properties": {"documentation": documentation(code)},
        **({"helpUri": documentation(code)} if PUBLISHED_AT else {}),
    }


def _result(diagnostic: Diagnostic, rule: int) -> dict[str, Any]:
    subject = f"{diagnostic.subject}: " if diagnostic.subject else ""
    parts = (subject + diagnostic.summary, diagnostic.cause, diagnostic.evidence, diagnostic.remedy)
    result: dict[str, Any] = {
        "ruleId": diagnostic.code,
        "ruleIndex": rule,
        "level": _LEVELS[diagnostic.status],
        "message": {"text": "\n".join(filter(None, parts))},
    }
    at = diagnostic.position
    if at:
        place: dict[str, Any] = {"artifactLocation": {"uri": quote(at.file)}}
        if at.line:
            place["region"] = {"startLine": at.line, "startColumn": max(at.column, 1)}
        result["locations"] = [{"physicalLocation": place}]
    return result
