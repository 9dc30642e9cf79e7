"""What no person writes is refused at its line, and never ends the process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from stackctl import conventions as c
from stackctl.errors import InputError
from stackctl.manifest import read
from stackctl.manifest.queries import review_queries
from stackctl.render import render
from stackctl.source import Secret

HEAD = "version: 1\nname: x\nservices: {a: {targets: ['x:1']}}\n"
MANY = "9" * 5000


def rule(expr: str, more: str = "") -> str:
    return f"{HEAD}rules: [{{name: g, rules: [{{alert: A, expr: {json.dumps(expr)}{more}}}]}}]"


def service(more: str) -> str:
    return f"version: 1\nname: x\nservices: {{a: {{targets: ['x:1'], {more}}}}}"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (rule("(" * 1000 + "up" + ")" * 1000), "more than 1,000 operators|levels deep"),
        (rule("(" * 100_000), "more than 1,000 operators"),
        (rule("-" * 100_000 + "up"), "more than 1,000 operators"),
        (rule("+".join(["up"] * 50_000)), "more than 1,000 operators"),
        (rule("sum(" * 300 + "up" + ")" * 300), "levels deep"),
        (rule(" or ".join(["up"] * 2000)), "more than 1,000 operators"),
        (rule("rate(up[999999999y])"), "out of range"),
        (rule("up offset 99999999999999y"), "out of range"),
        (rule("up", ", for: 999999999999y"), "not a duration"),
        (f"{HEAD}prometheus: {{scrape_interval: 999999999999y}}", "not a duration"),
        (f"{HEAD}prometheus: {{extra: {{global: {{x: {MANY}}}}}}}", "more than 400 digits"),
        (service(f"sample_limit: {MANY}"), "that is too large"),
        (service(f"run: {{docker: {{image: x, mem_limit: {MANY}}}}}"), "more than 400 digits"),
        (f"version: 1\nname: x\nservices: {{a: {{targets: ['x:{MANY}']}}}}", "between 1 and 65535"),
        (service(f"relabel: [{{source_labels: [a], regex: '{'(' * 3000}{')' * 3000}'}}]"), "regular expression"),
        (f"{HEAD}rules: [{{name: g, rules: [{{alert: A, expr: [up]}}]}}]", "expected a PromQL expression"),
    ],
)
def test_refuses_extremes_of_a_manifest(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "stack.yml").write_text(text)
    problems = read(tmp_path / "stack.yml", {}).problems
    assert problems
    assert any(part in problems[0].summary for part in words.split("|")), problems[0].summary[:300]
    assert problems[0].position
    assert problems[0].position.line


def test_reads_long_expressions(tmp_path: Path) -> None:
    (tmp_path / "stack.yml").write_text(rule("+".join(["up"] * 150)))
    assert read(tmp_path / "stack.yml", {}).problems == []


PANEL: dict[str, Any] = {"type": "timeseries", "title": "p", "targets": [{"expr": "up"}]}
VARIABLE: dict[str, Any] = {"name": "v", "type": "query", "query": "up"}
BOARD: dict[str, Any] = {"title": "B", "uid": "b", "panels": [PANEL]}
ODD: list[Any] = [None, True, 5, 1.5, "x", [], ["a"], {}, {"a": 1}, [None], [["a"]]]
KEYS = "type datasource targets title gridPos fieldConfig options libraryPanel repeat id links"
TARGET_KEYS = "expr datasource refId hide legendFormat interval instant"
VARIABLE_KEYS = "name type query datasource regex current options multi includeAll allValue"
TOP_KEYS = "title uid panels rows templating tags time annotations links __inputs __elements spec dashboard"


def boards() -> Iterator[dict[str, Any]]:
    for odd in ODD:
        yield from ({**BOARD, "panels": [{**PANEL, key: odd}]} for key in KEYS.split())
        for key in TARGET_KEYS.split():
            yield {**BOARD, "panels": [{**PANEL, "targets": [{"expr": "up", key: odd}]}]}
        yield from ({**BOARD, "templating": {"list": [{**VARIABLE, key: odd}]}} for key in VARIABLE_KEYS.split())
        yield from ({**BOARD, key: odd} for key in TOP_KEYS.split())


def test_takes_or_refuses_any_value_at_any_key_of_a_dashboard(tmp_path: Path) -> None:
    (tmp_path / "stack.yml").write_text(f"{HEAD}grafana: {{}}\ndashboards: [{{file: b.json}}]")
    for board in boards():
        (tmp_path / "b.json").write_text(json.dumps(board))
        found = read(tmp_path / "stack.yml", {})
        assert found.stack
        review_queries(found.stack)
        with suppress(InputError):  # what only the whole tree shows
            render(found.stack, "native", {c.GRAFANA_ADMIN_PASSWORD: Secret("x")})


@pytest.mark.parametrize(
    "text",
    [
        '{"title": "B", "panels": [], "x": NaN}',
        '{"title": "B", "panels": [], "x": -Infinity}',
        f'{{"title": "B", "panels": [], "x": {MANY}}}',
        '{"title": "B", "panels": ' + "[" * 1000 + "]" * 1000 + "}",
        '{"title": "B", "panels": ' + "[" * 100_000 + "]" * 100_000 + "}",
    ],
)
def test_refuses_what_is_not_a_dashboard(tmp_path: Path, text: str) -> None:
    (tmp_path / "b.json").write_text(text)
    (tmp_path / "stack.yml").write_text(f"{HEAD}dashboards: [{{file: b.json}}]")
    assert "b.json" in str(read(tmp_path / "stack.yml", {}).problems[0].position)
