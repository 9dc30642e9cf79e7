"""`check` as a user types it: offline, with the real checkers, and nothing left behind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from stackctl import tools
from tests.e2e.real_stack import cannot_run, stackctl

pytestmark = [pytest.mark.e2e, pytest.mark.native]

MANIFEST = """\
version: 1
name: shop
alertmanager: {receivers: {oncall: {webhook: {url: "http://127.0.0.1:1/"}}}}
services: {api: {targets: ["localhost:8000", "localhost:8001"]}}
rules: [{file: rules.yml}]
"""
GOOD = "groups: [{name: g, rules: [{alert: Down, expr: up == 0}]}]\n"
# PromQL has nothing to say about it; only promtool reads templates.
BAD_TEMPLATE = "groups: [{name: g, rules: [{alert: Down, expr: up == 0, annotations: {summary: '{{ $nothing }}'}}]}]\n"
BAD_EXPRESSION = "groups: [{name: g, rules: [{alert: Down, expr: 'up =='}]}]\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("promtool", "amtool"):
        if tools.locate(name) is None:
            cannot_run(f"no {name}: run `stackctl tools install`")
    (tmp_path / "stack.yml").write_text(MANIFEST)
    (tmp_path / "rules.yml").write_text(GOOD)
    return tmp_path


def check(folder: Path, *arguments: str, code: int) -> Any:
    ran = stackctl("-f", str(folder / "stack.yml"), "check", *arguments)
    assert ran.returncode == code, ran.stdout + ran.stderr
    assert {path.name for path in folder.iterdir()} <= {"stack.yml", "rules.yml"}
    return ran


def test_a_good_manifest_is_counted(folder: Path) -> None:
    ran = check(folder, code=0)
    assert (ran.stdout, ran.stderr) == ("✓ shop: 2 components, 1 service, 2 targets, 1 rule\n", "")
    report = json.loads(check(folder, "--output", "json", code=0).stdout)
    assert (report["ok"], report["command"], report["stack"], report["diagnostics"]) == (True, "check", "shop", [])


def test_exits_with_1_for_what_promtool_refuses(folder: Path) -> None:
    (folder / "rules.yml").write_text(BAD_TEMPLATE)
    ran = check(folder, code=1)
    assert ran.stdout == ""
    assert "promtool refuses prometheus/prometheus.yml" in ran.stderr
    assert 'undefined variable "$nothing"' in ran.stderr
    assert str(Path("/tmp")) not in ran.stderr.replace(str(folder), "")


@pytest.mark.parametrize(
    ("template", "words", "remedy"),
    [
        ("{{ $nothing }}", 'undefined variable "$nothing"', "Prometheus knows `$labels`"),
        ("{{ .Foo", "unclosed action", "Close `{{` with"),
        ("{{ if $value }}", "unexpected EOF", "with `{{ end }}`"),
        ("{{ $value | nofunc }}", 'function "nofunc" not defined', "Prometheus has `humanize`"),
    ],
)
def test_a_template_that_cannot_be_read_is_reported_at_its_rule(
    folder: Path, template: str, words: str, remedy: str
) -> None:
    rule = f"      - {{alert: Bad, expr: up == 0, annotations: {{summary: '{template}'}}}}\n"
    good = "      - {alert: Good, expr: up == 1}\n"
    (folder / "rules.yml").write_text(f"groups:\n  - name: own\n    rules:\n{good}{rule}")
    (problem,) = json.loads(check(folder, "--output", "json", code=1).stdout)["diagnostics"]
    assert problem["summary"].startswith("the annotation `summary` of `Bad` is not a template: ")
    assert words in problem["summary"]
    assert remedy in problem["remedy"]
    assert problem["source"]["file"].endswith("rules.yml")
    assert problem["source"]["line"] == 5


def test_a_wrong_expression_ends_with_2_at_its_line(folder: Path) -> None:
    (folder / "rules.yml").write_text(BAD_EXPRESSION)
    ran = check(folder, code=2)
    assert "rules.yml:1:48: groups[0].rules[0].expr: not PromQL" in ran.stderr


def test_every_problem_is_in_the_json_with_its_place(folder: Path) -> None:
    (folder / "stack.yml").write_text(MANIFEST.replace("targets:", "tragets:").replace("name: shop", "name: Shop!"))
    report = json.loads(check(folder, "--output", "json", code=2).stdout)
    assert report["ok"] is False
    assert [problem["source"]["line"] for problem in report["diagnostics"]] == [2, 4]
    assert [problem["code"] for problem in report["diagnostics"]] == ["manifest.value", "manifest.unknown-key"]
    assert "did you mean `targets`" in json.dumps(report).lower()


def test_github_annotates_the_line(folder: Path) -> None:
    (folder / "stack.yml").write_text(MANIFEST.replace("targets:", "tragets:"))
    ran = check(folder, "--output", "github", code=2)
    assert ran.stdout.startswith(f"::error file={folder}/stack.yml,line=4,col=")
    assert len(ran.stdout.splitlines()) == 1


def test_github_gets_nothing_for_a_good_manifest(folder: Path) -> None:
    assert check(folder, "--output", "github", code=0).stdout == ""


def test_names_missing_checkers_without_failing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("STACKCTL_CACHE_DIR", str(folder.parent / "no-cache"))
    ran = check(folder, code=0)
    assert "- promtool is not installed, so its check was skipped: stackctl tools install" in ran.stderr
    assert ran.stdout.startswith("✓ shop: ")
