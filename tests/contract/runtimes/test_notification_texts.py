"""Templates of notifications, rendered by a real amtool: what no message could be made of, and what is fine."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from stackctl.runtimes.checkers import Call, Text, Verdict
from stackctl.runtimes.native.local_checker import Local
from stackctl.runtimes.notification_texts import notification_faults
from tests.contract.checkers import needs

OWN = '{{ define "mine" }}{{ .Status }}{{ end }}{{ define "one" }}{{ .Labels.job }}{{ end }}'
GOOD = (
    "{{ .CommonAnnotations.summary }} {{ .CommonLabels.nobody_has_it }}",
    "{{ range .Alerts }}{{ .Annotations.summary }} {{ $.Receiver }}{{ end }}",
    '{{ template "slack.default.title" . }}{{ template "__text_alert_list" .Alerts.Firing }}',
    '{{ template "stackctl.title" . }}{{ template "stackctl.alerts" .Alerts }}',
    '{{ template "mine" . }}{{ template "one" (index .Alerts 0) }}',
    '{{ if eq .Status "resolved" }}good{{ end }}',
    "{{ if gt (len .Alerts.Firing) 7 }}many{{ end }}",
    "{{ with .CommonLabels.team }}@{{ . }}{{ end }}",
    '{{ .CommonLabels.severity | toUpper | title }} {{ join ", " .CommonLabels.Names }}',
    '{{ reReplaceAll "a(.)" "$1" .CommonLabels.job }} {{ match "^c" .CommonLabels.severity }}',
    '{{ index .CommonLabels "service.name" }} {{ (index .Alerts 0).StartsAt.Format "15:04" }}',
    '{{ define "local" }}x{{ end }}{{ template "local" . }}',
    "{{ $severity := .CommonLabels.severity }}{{ $severity }}",
    '{{ .GroupLabels.SortedPairs.Values | join " " }} {{ .ExternalURL }} {{ .Alerts | len }}',
    '{{ range .Alerts.Firing }}{{ .StartsAt | tz "Asia/Tokyo" | date "02 Jan 15:04" }}{{ end }}',
    "{{ with .Alerts.Firing }}{{ (index . 0).Labels.job }}{{ end }}",
    '{{ $env := or (index .CommonLabels "env") (index .CommonLabels "st") }}{{ if and $env (not .Alerts) }}a{{ end }}',
    "{{ range .Alerts }}{{ range .Labels.SortedPairs }}{{ .Name }}={{ .Value }} {{ end }}{{ end }}",
    "{{ range .Alerts }}{{ slice .Annotations.description 0 200 }}{{ end }}",
    "{{ $text := .CommonAnnotations.description }}{{ slice $text 0 200 }}",
    "{{- /* nothing */ -}}",
    "",
    "no template",
)
BAD = {
    '{{ template "common_title" . }}': 'template "common_title" not defined',
    "{{ add 1 2 }}": 'function "add" not defined',
    "{{ .Annotations.summary }}": "can't evaluate field Annotations",
    "{{ .Labels.job }}": "can't evaluate field Labels",
    "{{ range .Alerts }}{{ .CommonLabels.job }}{{ end }}": "can't evaluate field CommonLabels",
    "{{ $labels.job }}": 'undefined variable "$labels"',
    "{{ .CommonLabels.job.name }}": "can't evaluate field name",
    "{{ index .Alerts 1 }}": "index out of range",
    "{{ slice .Alerts 0 3 }}": "index out of range",
    "{{ (index .Alerts.Firing 0).Labels.job }}": "index out of range",
    "{{ .CommonLabels.job": "unclosed action",
    "{{ if .Status }}": "unexpected EOF",
    '{{ template "slack.default.title" .Alerts }}': "can't evaluate field",
    '{{ template "local" . }}': 'template "local" not defined',
    "{{ $severity }}": 'undefined variable "$severity"',
    "{{ end }}": "unexpected {{end}}",
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    needs("amtool")
    folder = tmp_path / "alertmanager"
    (folder / "templates").mkdir(parents=True)
    (folder / "alertmanager.yml").write_text("templates: [templates/*.tmpl]\n")
    (folder / "templates" / "own.tmpl").write_text(OWN)
    shipped = Path(__file__).parents[3] / "templates" / "alertmanager" / "stackctl.tmpl"
    (folder / "templates" / "stackctl.tmpl").write_text(shipped.read_text())
    return tmp_path


@pytest.mark.parametrize("html", [False, True])
def test_says_nothing_of_templates_that_work(tree: Path, html: bool) -> None:
    texts = [Text(text, str(number), html=html) for number, text in enumerate(GOOD)]
    assert notification_faults(texts, tree, Local(tree)) == []


def test_reports_every_template_that_cannot_be_rendered(tree: Path) -> None:
    texts = [Text(text, text) for pair in zip(GOOD, BAD, strict=False) for text in pair]
    found = {
        problem.summary.partition(" cannot be")[0]: problem for problem in notification_faults(texts, tree, Local(tree))
    }
    assert found.keys() == BAD.keys()
    for text, problem in found.items():
        assert BAD[text] in problem.summary
        assert not problem.remedy or "{{{{" not in problem.remedy


def test_good_templates_take_one_call_for_each_sample(tree: Path) -> None:
    run, calls = Local(tree), []

    def counted(call: Call) -> Verdict:
        calls.append(call)
        return run(call)

    texts = [Text(f"{{{{ .CommonLabels.job }}}} {number}", "x") for number in range(500)]
    assert notification_faults(texts, tree, counted) == []
    assert len(calls) == 3


def test_texts_too_long_for_a_call_stop_no_other(tree: Path) -> None:
    texts = [Text("{{ .Status }}" + "\u6f22" * 30_000, "a"), Text("{{ .Status }}" + "\u6f22" * 31_000, "b")]
    huge = Text("{{ .Nothing }}" + "x" * 140_000, "c")
    (fault,) = notification_faults([*texts, huge, Text("{{ .Nothing }}", "d")], tree, Local(tree))
    assert fault.summary.startswith("d cannot be rendered")


def test_ended_alerts_are_left_out_where_nobody_is_notified(tree: Path) -> None:
    text = Text("{{ (index .Alerts.Firing 0).Labels.job }}", "x", ended=False)
    assert notification_faults([text], tree, Local(tree)) == []
    assert len(notification_faults([replace(text, ended=True)], tree, Local(tree))) == 1


def test_leaves_an_unreadable_template_file_to_amtool(tree: Path) -> None:
    (tree / "alertmanager" / "templates" / "own.tmpl").write_text("{{ nope }}")
    assert notification_faults([Text("{{ .Status }}", "x")], tree, Local(tree)) == []
