"""Every code has its page, with all of its parts."""

from __future__ import annotations

import ast

import pytest
import yaml

from stackctl.checks.registry import IDS
from stackctl.codes import CODES, FAMILIES
from stackctl.data import data_dir
from stackctl.report.explanation import explain, page
from tests.sources import MODULES, nodes

# Codes that arise on running servers only, or from what a machine lacks: their pages have a sample of the output. Those
# of the checks of `verify` are in the list of the checks.
NOT_ALONE = {
    "cluster.away",
    "cluster.foreign",
    "cluster.library",
    "cluster.namespace",
    "cluster.not-kept",
    "cluster.operator",
    "cluster.refused",
    "cluster.volume",
    "archive.unusable",
    "backup.incomplete",
    "backup.not-running",
    "backup.snapshot",
    "certificate.not-yet-valid",
    "checker.crashed",
    "checker.not-checked",
    "checker.not-installed",
    "checker.unknown-key",
    "checker.unusable",
    "command.timeout",
    "dashboard.package-missing",
    "data.not-confirmed",
    "data.unusable",
    "disk.full",
    "docker.bridge",
    "docker.compose-failed",
    "docker.data",
    "docker.failed",
    "docker.mount",
    "docker.no-compose",
    "docker.no-network",
    "docker.unavailable",
    "drill.delivered",
    "drill.integration",
    "drill.no-alert",
    "drill.no-alertmanager",
    "file.cannot-write",
    "file.too-large",
    "file.unreadable",
    "generation.damaged",
    "generation.edited",
    "grafana.no-datasource",
    "grafana.password",
    "grafana.title-taken",
    "json.nesting",
    "port.none-free",
    "port.taken",
    "prometheus.empty",
    "reload.interrupted",
    "reload.not-confirmed",
    "reload.restart-needed",
    "reload.rollback-failed",
    "reload.rolled-back",
    "restore.no-volume",
    "restore.running",
    "server.no-answer",
    "stack.locked",
    "stack.name-taken",
    "stack.second-home",
    "stack.unchanged",
    "state.damaged",
    "state.unreadable",
    "tools.archive",
    "tools.checksum",
    "tools.does-not-run",
    "tools.download",
    "tools.incomplete",
    "tools.missing",
    "tools.no-apt",
    "tools.no-archive",
    "tools.no-package",
    "tools.no-source",
    "tools.package",
    "unit.exited",
    "unit.missing",
    "unit.name-taken",
    "unit.not-ready",
    "unit.not-running",
    "unit.not-started",
    "unit.reload-failed",
    "usage.no-folder",
}
WITH_SAMPLE = {*NOT_ALONE, *IDS}


@pytest.mark.parametrize("code", CODES)
def test_every_code_has_a_page_with_all_of_its_parts(code: str) -> None:
    explained = explain(code)
    for text in (explained.cause, explained.remedy):
        assert text.strip().endswith("."), text
    assert bool(explained.bad) == bool(explained.good) == (code not in WITH_SAMPLE)
    assert bool(explained.sample) == bool(explained.reported_by) == (code in WITH_SAMPLE)
    assert CODES[code] in page(code)


def test_there_is_an_explanation_for_codes_only() -> None:
    written = {path.stem: yaml.safe_load(path.read_text()) for path in data_dir("codes").glob("*.yml")}
    assert written.keys() == FAMILIES.keys()
    assert [code for family in written.values() for code in family if code not in CODES] == []
    assert {code for family in written.values() for code in family} == CODES.keys()


def test_samples_have_the_words_of_the_program() -> None:
    """A sample cannot be tried, so at least a part of its first line has to be a text of the sources."""
    found = (node for path in MODULES if path.name != "codes.py" for node in nodes(path))
    values = (node.value for node in found if isinstance(node, ast.Constant) and isinstance(node.value, str))
    texts = {value.strip() for value in values if len(value.strip()) > 9}
    foreign = []
    for code in sorted(WITH_SAMPLE):
        line = explain(code).sample.splitlines()[0]
        words = line.split("  ", 2)[2] if line[0] in "✗!" else line
        foreign += [code] if not any(text in words for text in texts) else []
    assert foreign == []


@pytest.mark.parametrize("code", IDS)
def test_page_of_a_check_names_the_key_that_it_is_about(code: str) -> None:
    assert explain(code).key or code.startswith(("stack.", "drift."))
