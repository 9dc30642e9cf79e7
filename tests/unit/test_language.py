"""The words that a reader meets: plain, standard English, which people understand at the first reading."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.sources import MODULES, nodes, text

ROOT = Path(__file__).parents[2]
READ = (
    *MODULES,
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "rules").glob("*.yml")),
    *sorted((ROOT / "dashboards").glob("*.yml")),
    *(ROOT / name for name in ("README.md", "CHANGELOG.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md")),
)
# Words that have a plain one in their place, and that one. Names in code (`.beside`, `told = `) are not prose.
RETIRED = {
    r"\bmend(s|ed|ing)?\b": "fix",
    r"\banew\b": "again, rewrite, regenerate",
    r"(?<![.\w`])beside\b(?![.(`=,:\w])": "next to, in addition to, compared with",
    r"\bvouch(es|ed)?\b": "sign, trust",
    r"\bguilty\b": "failing",
    r"\b(is|are) told\b": "is reported, is notified, is called",
    r"\b(cannot|can|has to) be told\b(?! (apart|from))": "is unknown, is computed, needs to know",
    r"\btells (of|nobody|why|how)\b": "reports, shows",
    r"\blies\b": "is",
    r"\bstands (here|there|in it|beside|under|above|below|where)\b": "is",
    r"\bwhoever\b": "anybody who, the client",
    r"\bwhat is no\b": "is not a",
    r"\bis none that\b": "is not a",
    r"\bwho tells\b": "the sender",
    r"\bcomes about\b": "is established",
    r"\bno connection comes\b": "cannot connect",
    r"\bgoes by (it|in|the)\b": "passes, uses",
    r"\b(may|can|to) be had\b": "is available",
    r"\bas may be\b": "which can be normal",
    r"\bbelongs? into\b": "belongs in",
    r"\bthe way out\b": "the escape hatch",
    r"\bcounts no more\b": "is ignored",
    r"\bstopped to \w+": "stopped doing",
}
QUESTIONS = ("What", "Whether", "How", "Who", "Where", "When", "Which", "Why")


@pytest.mark.parametrize("word", RETIRED)
def test_retired_word_is_not_used(word: str) -> None:
    pattern, rare = re.compile(word, re.IGNORECASE), letters(word)
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in READ
        if rare in lowered(path)
        for number, line in enumerate(text(path).splitlines(), 1)
        if pattern.search(line)
    ]
    assert found == [], f"write: {RETIRED[word]}"


@cache
def lowered(path: Path) -> str:
    return text(path).lower()


def letters(pattern: str) -> str:
    """Return the most letters in a row that are in whatever a pattern matches: they are found much faster."""
    certain = re.sub(r"\\.|[\[(].*?[\])]\??|\w\?", "|", pattern)
    return max(re.findall(r"[a-z ]+", certain), key=len)


def test_letters_of_a_pattern_are_in_all_that_it_matches() -> None:
    assert letters(r"\b(may|can|to) be had\b") == " be had"
    assert letters(r"(?<![.\w`])beside\b(?![.(`=,:\w])") == "beside"
    assert letters(r"\bbelongs? into\b") == "belong"


def test_docstring_is_not_a_question() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {docstring.splitlines()[0]}"
        for path in MODULES
        for docstring in docstrings(path)
        if docstring.split(maxsplit=1)[0] in QUESTIONS
    ]
    assert found == []


def docstrings(path: Path) -> Iterator[str]:
    for node in nodes(path):
        documented = isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))
        if documented and (docstring := ast.get_docstring(node)):
            yield docstring
