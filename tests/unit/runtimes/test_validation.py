"""Kinds of discovery that the promtool of this machine is built without."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl import conventions as c
from stackctl.diagnostic import Diagnostic
from stackctl.runtimes.checkers import TREE, Call, Texts, Verdict
from stackctl.runtimes.validation import BadSetting, BadTemplate, Refusal, UnknownField, validate, validate_for_releases
from stackctl.source import Position

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


def refusals(folder: Path, file: str, verdict: Verdict) -> list[Refusal]:
    """What is made of a verdict about a tree that has one file."""
    (folder / file).parent.mkdir(exist_ok=True)
    (folder / file).touch()
    calls: list[Call] = []

    def run(call: Call) -> Verdict:
        calls.append(call)
        return verdict

    found = validate(folder, Texts(), run)
    assert [call.command("/t")[-1] for call in calls] == [f"/t/{file}"]
    return found


PROMETHEUS = "prometheus/prometheus.yml"


def test_a_checkers_complaint_names_the_file_of_the_tree(tmp_path: Path) -> None:
    assert refusals(tmp_path, PROMETHEUS, Verdict(0, "")) == []
    said = "Checking {tree}/prometheus/prometheus.yml\n  SUCCESS: 1 rule files found\n\n"
    said += "FAILED: {tree}/prometheus/rules/a.yml: bad\n"
    (problem,) = refusals(tmp_path, PROMETHEUS, Verdict(1, said))
    assert str(problem) == (
        "promtool refuses prometheus/prometheus.yml\n"
        "FAILED: prometheus/rules/a.yml: bad\n"
        "help: Fix the reported errors; rule files keep their names from the manifest, below prometheus/rules/."
    )


def test_reports_crash_of_a_checker_without_its_stack(tmp_path: Path) -> None:
    said = "Checking '{tree}/alertmanager/alertmanager.yml'panic: runtime error: nil pointer [recovered, repanicked]\n"
    said += "goroutine 1 [running]:\ngithub.com/prometheus/alertmanager/config.(*SlackConfig).UnmarshalYAML(0x3)\n"
    (problem,) = refusals(tmp_path, "alertmanager/alertmanager.yml", Verdict(2, said))
    assert str(problem) == (
        "amtool crashes on alertmanager/alertmanager.yml while it reads a SlackConfig, and so would Alertmanager\n"
        "runtime error: nil pointer\n"
        "help: Remove keys there one by one until it is accepted: some of them are incompatible."
    )


def test_distinguishes_templates_from_other_refusals(tmp_path: Path) -> None:
    good = "Checking {tree}/prometheus/rules/a.yml\n  SUCCESS: 2 rules found\n"
    bad = (
        '  FAILED:\n{tree}/prometheus/rules/a.yml: group "g: 1", rule 2, "Down": annotation "summary": '
        "template: __alert_Down:1: unclosed action\n"
    )
    template = BadTemplate("prometheus/rules/a.yml", "g: 1", 1, "Down", "annotation", "summary", "unclosed action")
    assert refusals(tmp_path, PROMETHEUS, Verdict(1, good + bad)) == [template]
    assert str(template.at(Position("rules/a.yml", 3, 5))) == (
        "rules/a.yml:3:5: the annotation `summary` of `Down` is not a template: unclosed action\n"
        "promtool refuses prometheus/prometheus.yml: rule 2 of `g: 1`, prometheus/rules/a.yml\n"
        "help: Close `{{` with `}}`."
    )
    other = "  FAILED: {tree}/prometheus/prometheus.yml: unknown field x\n"
    found, rest = refusals(tmp_path, PROMETHEUS, Verdict(1, good + bad + other))
    assert found == template
    assert isinstance(rest, Diagnostic)
    assert "unknown field x" in rest.cause
    assert "unclosed" not in rest.cause


@pytest.mark.parametrize("words", ["bad matcher format: x y=1", "unknown time zone Mars/One"])
def test_keeps_the_reason_of_amtool(tmp_path: Path, words: str) -> None:
    said = f"Checking '{{tree}}/alertmanager/alertmanager.yml'  FAILED: {words}\n\n"
    said += "amtool: error: failed to validate 1 file(s)\n\n"
    assert refusals(tmp_path, "alertmanager/alertmanager.yml", Verdict(1, said)) == [BadSetting(words)]


@pytest.mark.parametrize("place", range(3))
def test_reads_amtool_wherever_its_total_comes(tmp_path: Path, place: int) -> None:
    parts = [
        "Checking '{tree}/alertmanager/alertmanager.yml'",
        "  FAILED: address nowhere: missing port in address\n\n",
    ]
    parts.insert(place, "amtool: error: failed to validate 1 file(s)\n\n")
    found = refusals(tmp_path, "alertmanager/alertmanager.yml", Verdict(1, "".join(parts)))
    assert found == [BadSetting("address nowhere: missing port in address")]


def test_names_keys_that_a_server_does_not_know(tmp_path: Path) -> None:
    said = "Checking '{tree}/alertmanager/alertmanager.yml'  FAILED: yaml: unmarshal errors:\n"
    said += "  line 16: field titel not found in type config.plain\n\namtool: error: failed to validate 1 file(s)\n"
    (unknown,) = refusals(tmp_path, "alertmanager/alertmanager.yml", Verdict(1, said))
    assert unknown == UnknownField("Alertmanager", "titel")


def test_says_that_a_build_may_lack_a_service_discovery() -> None:
    problem = UnknownField("Prometheus", "consul_sd_configs").at(Position("stack.yml", 3, 5))
    assert "does not know the key `consul_sd_configs`" in problem.summary
    assert "use a release of the Prometheus project" in problem.remedy


def test_keeps_the_reason_about_a_template_file(tmp_path: Path) -> None:
    said = (
        "Checking '{tree}/alertmanager/alertmanager.yml'  SUCCESS\nFound:\n - global config\n - route\n"
        ' - 1 templates\n  FAILED: template: bad.tmpl:1: function "nope" not defined\n\n'
        "amtool: error: failed to validate 1 file(s)\n"
    )
    (setting,) = refusals(tmp_path, "alertmanager/alertmanager.yml", Verdict(1, said))
    assert setting == BadSetting('template: bad.tmpl:1: function "nope" not defined')


def test_a_checker_that_says_nothing_is_not_taken_for_content(tmp_path: Path) -> None:
    (problem,) = refusals(tmp_path, PROMETHEUS, Verdict(137, ""))
    assert "It exited with code 137 and no output." in str(problem)
