"""Corrections of expressions in the files they are written in, in each way of writing them."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.manifest import load
from stackctl.operations.fixing import corrections, fix

METRICS = (
    "depth: gauge, latency_seconds: {type: histogram, buckets: [1, 2]}, requests_total: {type: counter, labels: [code]}"
)
HEAD = f'version: 1\nname: shop\nservices: {{api: {{targets: ["localhost:8000"], metrics: {{{METRICS}}}}}}}\n'
BLOCK = """\
expr: |
          # slow
          histogram_quantile(0.9,
            sum by (%s) (
              rate(latency_seconds_bucket[5m])))
            > 1
"""
BOARD = """\
{"title": "D", "panels": [{"type": "stat", "title": "P", "targets": [{"refId": "A",
  "expr": "%s(depth{job=\\"a\\"}[5m])"}]}]}
"""
# A rule file -> the same file, corrected.
FILES = {
    "plain": ("expr: rate(depth[5m])  > 3  # why\n", "expr: deriv(depth[5m])  > 3  # why\n"),
    "single quotes": (
        "expr: 'delta(requests_total{code=\"it''s\"}[5m]) > 3'\n",
        "expr: 'increase(requests_total{code=\"it''s\"}[5m]) > 3'\n",
    ),
    "double quotes": (
        'expr: "delta(requests_total{code=\\"5\\"}[5m]) > 3"\n',
        'expr: "increase(requests_total{code=\\"5\\"}[5m]) > 3"\n',
    ),
    "a block with a comment": (BLOCK % "job", BLOCK % "job, le"),
    "a folded block": (
        "expr: >-\n          rate(\n            depth[5m])\n          > 3\n",
        "expr: >-\n          deriv(\n            depth[5m])\n          > 3\n",
    ),
    "two mistakes": (
        "expr: rate(depth[5m]) > 3 and on () quantile(90, depth) > 1\n",
        "expr: deriv(depth[5m]) > 3 and on () quantile(0.9, depth) > 1\n",
    ),
}


def _write(folder: Path, rules: str) -> Path:
    (folder / "stack.yml").write_text(f"{HEAD}rules: [{{file: r.yml}}]\n")
    (folder / "r.yml").write_text(rules)
    return folder / "stack.yml"


def _file(expr: str) -> str:
    return f"# Ours.\ngroups:\n  - name: g\n    rules:\n      - alert: A\n        {expr}        for: 5m\n"


@pytest.mark.parametrize(("before", "after"), FILES.values(), ids=FILES)
def test_corrects_an_expression_in_its_place(tmp_path: Path, before: str, after: str) -> None:
    manifest = _write(tmp_path, _file(before))
    fix(manifest, lambda: load(manifest))
    assert (tmp_path / "r.yml").read_text() == _file(after)


@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_keeps_the_ends_of_lines_and_the_byte_order_mark(tmp_path: Path, end: str) -> None:
    manifest = _write(tmp_path, "")
    before, after = (_file(text).replace("\n", end).encode("utf-8-sig") for text in FILES["plain"])
    (tmp_path / "r.yml").write_bytes(before)
    fix(manifest, lambda: load(manifest))
    assert (tmp_path / "r.yml").read_bytes() == after


def test_corrects_rules_of_the_manifest_and_queries_of_dashboards(tmp_path: Path) -> None:
    manifest = tmp_path / "stack.yml"
    rules = 'rules: [{name: g, rules: [{record: r, expr: "rate(depth[5m])"}]}]\n'
    manifest.write_text(f"{HEAD}{rules}grafana: {{}}\ndashboards: [{{file: d.json}}]\n")
    (tmp_path / "d.json").write_text(BOARD % "rate")
    fix(manifest, lambda: load(manifest))
    assert rules.replace("rate(", "deriv(") in manifest.read_text()
    assert (tmp_path / "d.json").read_text() == BOARD % "deriv"


def test_leaves_what_is_accepted(tmp_path: Path) -> None:
    manifest = _write(tmp_path, _file("expr: rate(depth[5m]) > 3  # stackctl: ignore promql.rate-of-gauge (reason)\n"))
    assert fix(manifest, lambda: load(manifest)) == []


def test_shows_changes_without_making_them(tmp_path: Path) -> None:
    manifest = _write(tmp_path, _file(FILES["plain"][0]))
    (found,) = corrections(manifest, load(manifest))
    assert "-        expr: rate(depth[5m])  > 3  # why\n+        expr: deriv(depth[5m])  > 3  # why\n" in found.diff
    assert (tmp_path / "r.yml").read_text() == _file(FILES["plain"][0])


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\x85"])
def test_finds_the_place_behind_separators_that_only_yaml_takes_for_ends_of_lines(
    tmp_path: Path, separator: str
) -> None:
    manifest = _write(
        tmp_path, _file(f"annotations: {{summary: 'a{separator}b'}}\n        expr: rate(depth[5m]) > 1\n")
    )
    manifest.write_text(f"{HEAD}rules: [{{file: r.yml}}]\ndashboards: [{{file: d.json}}]\ngrafana: {{}}\n")
    board = BOARD.replace('"D"', f'"D{separator}"')
    (tmp_path / "d.json").write_text(board % "rate")
    fix(manifest, lambda: load(manifest, {}))
    assert (tmp_path / "d.json").read_text() == board % "deriv"
    assert "expr: deriv(depth[5m]) > 1\n" in (tmp_path / "r.yml").read_text()


def test_keeps_comments_inside_of_what_would_change(tmp_path: Path) -> None:
    rules = _file("expr: |\n          rate(errors_total[5m]) # why\n            / depth\n")
    manifest = _write(tmp_path, rules)
    manifest.write_text(
        manifest.read_text().replace("depth: gauge", "depth: gauge, errors_total: {type: counter, labels: [a]}")
    )
    fix(manifest, lambda: load(manifest, {}))
    assert (tmp_path / "r.yml").read_text() == rules
