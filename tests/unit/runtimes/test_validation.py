"""Kinds of discovery that the promtool of this machine is built without."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl import conventions as c
from stackctl.runtimes.checkers import TREE, Call, Texts, Verdict
from stackctl.runtimes.validation import UnknownField, validate_for_releases

CONFIG = """\
scrape_configs:
- {job_name: a, consul_sd_configs: [{server: "localhost:8500"}]}
- {job_name: b, static_configs: [{targets: ["localhost:1"]}]}
"""
WITHOUT = "FAILED: parsing YAML file: yaml: unmarshal errors:\n  line 2: field %s not found in type discovery.plain\n"


class Checkers:
    """Programs that know no `names`, and refuse `other` as well."""

    def __init__(self, tree: Path, *names: str, other: str = "") -> None:
        self.tree, self.names, self.other = tree, names, other

    def __call__(self, call: Call) -> Verdict:
        content = Path(call.command(str(self.tree))[-1]).read_text()
        for name in self.names:
            if name in content:
                return Verdict(1, WITHOUT % name)
        return Verdict(1, self.other) if self.other else Verdict(0, f"Checking {TREE}/{c.PROMETHEUS_FILE}")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / c.PROMETHEUS_FILE).parent.mkdir(parents=True)
    (tmp_path / c.PROMETHEUS_FILE).write_text(CONFIG)
    return tmp_path


def test_a_kind_of_the_releases_is_left_out_and_named(tree: Path) -> None:
    found = validate_for_releases(tree, Texts(), Checkers(tree, "consul_sd_configs"))
    assert (found.refusals, found.left_out) == ([], ("consul_sd_configs",))


def test_the_rest_is_checked(tree: Path) -> None:
    found = validate_for_releases(tree, Texts(), Checkers(tree, "consul_sd_configs", other="FAILED: bad rule"))
    assert [getattr(each, "cause", "") for each in found.refusals] == ["FAILED: bad rule"]


def test_a_kind_that_no_release_has_is_refused(tree: Path) -> None:
    path = tree / c.PROMETHEUS_FILE
    path.write_text(CONFIG.replace("consul_sd", "consol_sd"))
    found = validate_for_releases(tree, Texts(), Checkers(tree, "consol_sd_configs"))
    assert (found.refusals, found.left_out) == ([UnknownField("Prometheus", "consol_sd_configs")], ())
