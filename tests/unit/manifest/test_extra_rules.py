"""Rule files in `extra` are declared rules, and jobs in files of `extra` are declared jobs."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl import scrape
from stackctl.errors import InputError
from stackctl.manifest import load
from stackctl.render import render
from stackctl.runtimes.registry import facts

MANIFEST = """\
version: 1
name: shop
prometheus:
  extra:
{extra}
services: {{api: {{targets: ["localhost:8000"]}}}}
"""
RULES = "groups: [{name: g, rules: [{alert: A, expr: 'up == 0'}]}]\n"


def manifest(folder: Path, extra: str) -> Path:
    (folder / "more").mkdir()
    for name in ("a.yml", "b.yml"):
        (folder / "more" / name).write_text(RULES.replace("A", name[0].upper()))
    (folder / "jobs.yml").write_text(
        "scrape_configs: [{job_name: more, static_configs: [{targets: ['localhost:1']}]}]\n"
    )
    path = folder / "stack.yml"
    path.write_text(MANIFEST.format(extra=f"    {extra}"))
    return path


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("more/*.yml", ["A", "B"]),
        ("more/a.yml", ["A"]),
        ("**/b.yml", ["B"]),
        ("more/[^a]*.yml", ["B"]),
        ("{folder}/more/b*.yml", ["B"]),
        ("../{name}/more/a*.yml", ["A"]),
    ],
)
def test_rule_files_of_extra_are_declared_rules(tmp_path: Path, pattern: str, names: list[str]) -> None:
    pattern = pattern.format(folder=tmp_path, name=tmp_path.name)
    stack = load(manifest(tmp_path, f'rule_files: ["{pattern}"]'), {})
    assert [rule.name for file in stack.rules for rule in file.rules] == names
    assert "rule_files" not in stack.prometheus.extra
    tree = render(stack, "native")
    assert tree.yaml("prometheus/prometheus.yml")["rule_files"] == [f"rules/{file.path}" for file in stack.rules]


def test_a_file_that_two_patterns_match_is_loaded_once(tmp_path: Path) -> None:
    stack = load(manifest(tmp_path, 'rule_files: ["more/b*.yml", "more/*.yml"]'), {})
    assert [rule.name for file in stack.rules for rule in file.rules] == ["B", "A"]


@pytest.mark.parametrize("pattern", ["none/*.yml", "{folder}/*.yaml"])
def test_pattern_that_matches_nothing_is_refused(tmp_path: Path, pattern: str) -> None:
    with pytest.raises(InputError, match=r"stack.yml:5:\d+: no file matches `.+`"):
        load(manifest(tmp_path, f'rule_files: ["{pattern.format(folder=tmp_path)}"]'), {})


def test_bad_rule_in_extra_is_refused_at_its_line(tmp_path: Path) -> None:
    path = manifest(tmp_path, "rule_files: [bad.yml]")
    (tmp_path / "bad.yml").write_text("groups: [{name: g, rules: [{alert: A, expr: 'up =='}]}]\n")
    with pytest.raises(InputError, match=r"bad.yml:1:"):
        load(path, {})


def test_jobs_in_files_of_extra_are_declared_jobs(tmp_path: Path) -> None:
    stack = load(manifest(tmp_path, "scrape_config_files: [jobs.yml]"), {})
    jobs = scrape.rendered_jobs(stack, facts("native"), render(stack, "native"))
    assert [job.name for job in jobs] == ["prometheus", "api", "more"]
    assert [endpoint.address for endpoint in jobs[-1].endpoints] == ["localhost:1"]
