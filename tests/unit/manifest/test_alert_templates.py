"""Templates of alerts that show labels which their expressions cannot have."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stackctl.manifest import load
from stackctl.manifest.alert_templates import template_warnings

HEAD = 'version: 1\nname: shop\nservices: {api: {targets: ["localhost:8000"]}}\n'


def warnings(folder: Path, expr: str, text: str, prometheus: str = "{}") -> list[str]:
    rule = {"alert": "High", "expr": expr, "labels": {"severity": "page"}, "annotations": {"summary": text}}
    rules = f"prometheus: {prometheus}\nrules: [{{name: g, rules: [{json.dumps(rule)}]}}]\n"
    (folder / "stack.yml").write_text(HEAD + rules)
    return [str(problem) for problem in template_warnings(load(folder / "stack.yml", {}))]


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("{{ $labels.instance }}", "instance"),
        ("{{ .Labels.instance }}", "instance"),
        ('{{ index $labels "instance" }}', "instance"),
        ("{{ if gt $value 3.0 }}{{ $labels.instance | toUpper }}{{ end }}", "instance"),
        ("{{ $labels.jbo }}", "jbo"),
    ],
)
def test_reports_a_label_that_the_expression_drops(tmp_path: Path, text: str, label: str) -> None:
    (warning,) = warnings(tmp_path, "sum by (job) (up) < 1", text)
    assert f"High: the annotation `summary` uses the label `{label}`, which the expression does not have" in warning
    assert "`job`" in warning


@pytest.mark.parametrize(
    ("expr", "text"),
    [
        ("sum by (job) (up) < 1", "{{ $labels.job }} {{ $value }}"),
        ("sum by (job) (up) < 1", "{{ if $labels.instance }}{{ $labels.instance }}{{ end }}"),
        ("sum by (job) (up) < 1", "{{ with $labels.instance }}on {{ . }}{{ end }}"),
        ("sum by (job) (up) < 1", '{{ range query "up" }}{{ .Labels.instance }}{{ end }}'),
        ("sum by (job) (up) < 1", "no template: $labels.instance"),
        ("up == 0", "{{ $labels.instance }} {{ $labels.anything }}"),
        ("sum by (job) (up) < 1 or up == 7", "{{ $labels.instance }}"),
    ],
)
def test_says_nothing_where_a_label_may_be_there(tmp_path: Path, expr: str, text: str) -> None:
    assert warnings(tmp_path, expr, text) == []


def test_says_that_a_label_of_the_rule_is_not_among_those_of_the_series(tmp_path: Path) -> None:
    (warning,) = warnings(tmp_path, "sum by (job) (up) < 1", "{{ $labels.severity }}")
    assert "help: Write the value of `severity` into the text." in warning


@pytest.mark.parametrize("text", ["{{ $externalLabels.clustr }}", '{{ index $externalLabels "clustr" }}'])
def test_reports_an_external_label_that_is_not_declared(tmp_path: Path, text: str) -> None:
    (warning,) = warnings(tmp_path, "up == 0", text, "{external_labels: {cluster: a}}")
    assert "uses the external label `clustr`" in warning
    assert "Did you mean `cluster`?" in warning
    assert warnings(tmp_path, "up == 0", text) == []


@pytest.mark.parametrize(
    ("text", "prometheus"),
    [
        ("{{ $externalLabels.cluster }}", "{external_labels: {cluster: a}}"),
        ("{{ if $externalLabels.site }}{{ $externalLabels.site }}{{ end }}", "{}"),
        ("{{ $externalLabels.site }}", "{extra: {global: {external_labels: {site: a}}}}"),
    ],
)
def test_accepts_external_labels_that_are_there_or_guarded(tmp_path: Path, text: str, prometheus: str) -> None:
    assert warnings(tmp_path, "up == 0", text, prometheus) == []


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        (
            """{{ query "x{team='{{ $labels.team }}'}" | first | value }}""",
            """Write `(printf "x{team='%s'}" $labels.team)` instead of the string.""",
        ),
        (
            "{{ range query `100 % x{a='{{ $labels.a }}',b='{{.Labels.b}}'}` }}{{ .Value }}{{ end }}",
            "in a string, where it is not expanded",
        ),
        ("{{`{{ $labels.instance }}`}} is down", "Write `{{ $labels.instance }}` without the braces and quotes"),
        ('{{ "{{" }} $labels.instance {{ "}}" }}', "prints `{{` literally"),
    ],
)
def test_reports_braces_in_a_string(tmp_path: Path, text: str, remedy: str) -> None:
    (warning,) = warnings(tmp_path, "up == 0", text)
    assert remedy in warning


@pytest.mark.parametrize(
    "text", ['{{ query (printf "x{team=%q}" $labels.team) | first | value }}', '{{ printf "}} and %s" $labels.job }}']
)
def test_accepts_strings_with_other_braces(tmp_path: Path, text: str) -> None:
    assert warnings(tmp_path, "up == 0", text) == []


def test_places_a_warning_at_the_annotation(tmp_path: Path) -> None:
    (tmp_path / "r.yml").write_text(
        "groups:\n- name: g\n  rules:\n  - alert: High\n    expr: sum(up) < 1\n    annotations:\n"
        "      more: text\n      summary: '{{ $labels.job }}'\n"
    )
    (tmp_path / "stack.yml").write_text(HEAD + "rules: [{file: r.yml}]\n")
    (warning,) = template_warnings(load(tmp_path / "stack.yml", {}))
    assert str(warning.position) == "r.yml:8:16"


def test_places_a_warning_at_the_override(tmp_path: Path) -> None:
    (tmp_path / "r.yml").write_text("groups: [{name: g, rules: [{alert: High, expr: sum(up) < 1}]}]\n")
    override = "  override:\n    High:\n      annotations:\n        summary: '{{ $labels.job }}'\n"
    (tmp_path / "stack.yml").write_text(HEAD + "rules:\n- file: r.yml\n" + override)
    (warning,) = template_warnings(load(tmp_path / "stack.yml", {}))
    assert str(warning.position).endswith("/stack.yml:9:18")


@pytest.mark.parametrize(
    ("expr", "function", "unit"),
    [
        ("wait_seconds > 1", "humanizePercentage", "seconds"),
        ("wait_milliseconds > 1", "humanizeDuration", "milliseconds"),
        ("sum(a) / sum(b) > 1 and disk_used_ratio * 100 > 80", "humanizePercentage", ""),
        ("disk_used_ratio * 100 > 80", "humanizePercentage", "percent"),
        ("time() - last_timestamp_seconds > 60", "humanizeTimestamp", "seconds"),
    ],
)
def test_reports_a_value_in_another_unit_than_the_function_takes(
    tmp_path: Path, expr: str, function: str, unit: str
) -> None:
    for template in (f"{{{{ $value | {function} }}}}", f"{{{{ {function} $value }}}}"):
        said = "".join(warnings(tmp_path, expr, template))
        assert (f"writes {unit} with `{function}`" in said) is bool(unit)


@pytest.mark.parametrize(
    "text",
    [
        "{{ $value }}%",
        "{{ $value | humanize }} %",
        '{{ printf "%.1f" $value }}%',
        '{{ printf "%.1f%%" $value }}',
        "{{.Value}}%",
    ],
)
@pytest.mark.parametrize("expr", ["disk_used_ratio > 0.8", "a_bytes / b_bytes > 0.9", "1 - a_bytes / b_bytes < 0.1"])
def test_reports_a_ratio_that_is_written_as_percent(tmp_path: Path, expr: str, text: str) -> None:
    (warning,) = warnings(tmp_path, expr, text)
    assert "writes a ratio with `%` after it" in warning
    assert "humanizePercentage" in warning


@pytest.mark.parametrize(
    ("expr", "text"),
    [
        ("disk_used_ratio > 0.8", "{{ $value | humanizePercentage }}"),
        ("disk_used_ratio > 0.8", "{{ if gt $value 0.9 }}90% full{{ end }}% of {{ $labels.job }}"),
        ("disk_used_ratio > 0.8", "at {{ $value }}, above 80%"),
        ("disk_used_ratio > 0.8", "http://localhost/?q={{ $labels.job }}%20b"),
        ("disk_used_ratio * 100 > 80", "{{ $value }}%"),
        ("disk_used_ratio > 80", "{{ $value }}%"),
        ("disk_used_ratio < 20", "{{ $value }}%"),
        ("something > 0.9", "{{ $value }}%"),
        ("a_bytes / b_seconds > 0.9", "{{ $value }}%"),
    ],
)
def test_accepts_what_is_percent_or_may_be(tmp_path: Path, expr: str, text: str) -> None:
    assert warnings(tmp_path, expr, text) == []


@pytest.mark.parametrize(
    ("expr", "function"),
    [
        ("disk_used_ratio > 0.8", "humanizePercentage"),
        ("a_seconds / b_seconds > 0.8", "humanizePercentage"),
        ("rate(cpu_seconds_total[5m]) > 0.8", "humanizePercentage"),
        ("time() - last_timestamp_seconds > 60", "humanizeDuration"),
        ("something > 1", "humanizeDuration"),
        ("memory_bytes > 1", "humanize1024"),
        ("wait_seconds > 1", "humanize"),
    ],
)
def test_says_nothing_where_the_unit_may_fit(tmp_path: Path, expr: str, function: str) -> None:
    assert warnings(tmp_path, expr, f"{{{{ $value | {function} }}}}") == []


def label_warnings(folder: Path, expr: str, text: str, **rule: str) -> list[str]:
    rules = json.dumps([{"name": "g", "rules": [{"alert": "High", "expr": expr, "labels": {"of": text}, **rule}]}])
    (folder / "stack.yml").write_text(f"{HEAD}rules: {rules}\n")
    return [problem.summary for problem in template_warnings(load(folder / "stack.yml", {}))]


@pytest.mark.parametrize(
    "text",
    [
        "{{ $value }}",
        "{{ .Value }}",
        "{{ $value | humanize }}",
        '{{ printf "%.2f" $value }}',
        "{{ if gt $value 3.0 }}{{ $value }}{{ end }}",
        "about {{- $value -}}",
    ],
)
def test_reports_a_label_that_changes_with_the_value(tmp_path: Path, text: str) -> None:
    (warning,) = label_warnings(tmp_path, "count(up) > 1", text, **{"for": "5m"})
    assert warning.startswith("High: the label `of` holds the value of the alert: ")
    assert "begins its `for` of 300 s again, so it may never fire" in warning


def test_label_that_changes_without_a_for_sends_another_alert(tmp_path: Path) -> None:
    (warning,) = label_warnings(tmp_path, "count(up) > 1", "{{ $value }}")
    assert warning.endswith("each change of the value resolves it and sends another one")


@pytest.mark.parametrize(
    ("expr", "text"),
    [
        ("count(up) > 1", "{{ if gt $value 90.0 }}critical{{ else if gt $value 50.0 }}warning{{ end }}"),
        ("count(up) > 1", "{{ gt $value 90.0 }}"),
        ("count(up) > 1", "{{ $level := $value }}high"),
        ("count(up) > 1", '{{ "$value" }}'),
        ("count(up) > 1", "{{ range query `x` }}{{ end }}$value"),
        ("sum by (job) (up) > 1", "{{ $labels.job }}"),
        ("up == 0", "{{ $value }}"),
        ("absent(up)", "{{ $value }}"),
    ],
)
def test_label_that_does_not_change_with_the_value_is_not_reported(tmp_path: Path, expr: str, text: str) -> None:
    assert label_warnings(tmp_path, expr, text) == []
