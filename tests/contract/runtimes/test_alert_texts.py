"""Templates of alerts, expanded by a real promtool: what fails when an alert fires, and what does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.runtimes.alert_texts import alert_faults
from stackctl.runtimes.checkers import Text
from stackctl.runtimes.native.local_checker import Local
from tests.contract.checkers import needs

SUBJECT = "the annotation `summary` of `High`"


def faults(*texts: str) -> dict[str, str]:
    """Template -> what is reported of it."""
    needs("promtool")
    found = alert_faults([Text(text, f"{SUBJECT} {number}") for number, text in enumerate(texts)], Local(Path("/t")))
    return {texts[int(problem.summary.split()[5])]: problem.summary for problem in found}


GOOD = (
    "plain {{ $labels.job }} {{ $value }}",
    "{{ $value | humanizePercentage }} {{ $value | humanize }} {{ $value | humanizeDuration }}",
    '{{ printf "%.2f" $value }} {{ printf "%s" $labels.instance }} {{ $value | printf "%g" }}',
    "{{ $labels.le | humanizeDuration }}",
    "{{ .Labels.instance }} {{ .Value }} {{ .ExternalLabels.cluster }} {{ $externalLabels.cluster }}",
    "{{ $labels.anything }}",
    '{{ index $labels "service.name" }}',
    '{{ query "up" | first | value }}',
    '{{ with query "up" }}{{ . | first | value }}{{ end }}',
    '{{ with printf "up{instance=\'%s\'}" $labels.instance | query }}{{ . | first | label "job" }}{{ end }}',
    '{{ (index (query "up") 0).Value }}',
    '{{ range query "up" }}{{ .Labels.job }}{{ end }}',
    "{{ externalURL }}/graph {{ pathPrefix }}",
    "{{ if gt $value 1.0 }}much{{ else }}little{{ end }}",
    '{{ $labels.instance | stripPort }} {{ $labels.instance | reReplaceAll ":.*" "" | toUpper | title }}',
    '{{ define "x" }}a{{ end }}{{ template "x" }}',
    "{{ $value | humanizeTimestamp }} {{ ($value | toTime).Year }}",
    "{{ $labels }} {{ . }}",
    "100% of {{ $value }}! (really)",
    "{{ $value }} 100%!(important)",
    "{{ slice $labels.commit 0 7 }}",
    '{{ with printf "rate(x[%s])" $labels.window | query }}{{ . | first | value }}{{ end }}',
    "{{ parseDuration $labels.window }} {{ $labels.since | toTime }}",
    "{{ $x := $value }}{{ $x }}",
    '{{ parseDuration "1h" }} {{ args 1 2 }} {{ tableLink "up" }} {{ graphLink "up" }}',
    '{{ "up" | query | first | value | printf "%.0f" }}',
    '{{ range query (printf "up{job=\\"%s\\"}" $labels.job) }}{{ . | value }}{{ end }}',
    '{{ $last := "" }}{{ range query "up" }}{{ $last = .Labels.job }}{{ end }}{{ $last }}',
    '{{ printf "%.0f" (query "up") }}',
    '{{ query "up" | sortByLabel "job" | first | label "job" }}',
    '{{ if eq $labels.state "blocked" }}a{{ else if eq $labels.state "open" }}b{{ end }}',
    "{{ range $name, $value := $labels }}{{ $name }}={{ $value }} {{ end }}",
    'https://b.example/?var={{ urlquery $labels.name }}&from={{ with query "time()" }}{{ . | first | value }}{{ end }}',
)


BAD = {
    "{{ .group }}": "can't evaluate field group",
    "{{ .labels.job }}": "can't evaluate field labels",
    "{{ $labels.job.foo }}": "can't evaluate field foo in type string",
    "{{ $labels.instance | humanizePercentage }}": "strconv.ParseFloat",
    "{{ humanize $labels.pod }}": "strconv.ParseFloat",
    '{{ printf "%d" $value }}': "it prints `%!d(float64=0.5)`",
    '{{ printf "%d" $labels.pod }}': "it prints `%!d(string=",
    '{{ query "up(" }}': "parse error",
    '{{ printf "%s of %s" $labels.job }}': "it prints `%!s(MISSING)`",
    '{{ reReplaceAll "(" "x" "y" }}': "error parsing regexp",
    '{{ template "x" }}': 'template "x" not defined',
    "{{ index (args 1) 2 }}": "",
    "{{ if gt $value 100.0 }}{{ .group }}{{ end }}": "can't evaluate field group",
    "{{ if lt $value 1.0 }}{{ .group }}{{ end }}": "can't evaluate field group",
    "{{ $value | len }}": "",
    "{{ if $value > 3 }}{{ end }}": "",
    "{{ if lt $value 10 }}a{{ end }}": "incompatible types for comparison",
    "{{ if eq $labels.code 500 }}a{{ end }}": "incompatible types for comparison",
    '{{ with query "up{pid=%q}" $labels.pid }}{{ . }}{{ end }}': "wrong number of args",
}


def test_says_nothing_of_templates_that_work() -> None:
    assert faults(*GOOD) == {}


@pytest.mark.parametrize("text", BAD)
def test_reports_what_fails_when_an_alert_fires(text: str) -> None:
    found = faults(*GOOD[:3], text)
    if not found:
        assert text == "{{ if $value > 3 }}{{ end }}"  # cannot be read at all: promtool reports it by itself
        return
    assert list(found) == [text]
    assert BAD[text] in found[text]


def test_reports_each_place_of_the_same_template() -> None:
    needs("promtool")
    texts = [Text("{{ .group }}", "one"), Text("{{ .group }}", "other"), Text("{{ $value }}", "good")]
    found = alert_faults(texts, Local(Path("/t")))
    assert [problem.summary.split()[0] for problem in found] == ["one", "other"]


def test_reports_faults_next_to_what_cannot_be_read() -> None:
    assert list(faults("{{ foo }}", "{{ .group }}", "{{ end }}")) == ["{{ .group }}"]


def test_many_templates_take_one_call() -> None:
    needs("promtool")
    run, calls = Local(Path("/t")), []
    texts = [Text(f"{{{{ $labels.job }}}} {number}", "x") for number in range(2000)]
    assert alert_faults(texts, lambda call: calls.append(call) or run(call)) == []  # type: ignore[func-returns-value]
    assert len(calls) == 1
