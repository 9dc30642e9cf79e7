"""The labels that the template of a text shows."""

from __future__ import annotations

import pytest

from stackctl.promql.alert_text import actions_of, needed_queries, shown_labels


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("{{ $labels.job }} of {{ .Labels.zone | toUpper }}", ["job", "zone"]),
        ('{{ index $labels "a b" }}', ["a b"]),
        ('{{ printf "{{ $labels.job }}" }}', ["job"]),
        ("{{ if $labels.job }}{{ $labels.job }}{{ end }}", []),
        ("{{ range query `up` }}{{ .Labels.job }}{{ end }}", []),
        ("$labels.job", []),
    ],
)
def test_labels_are_those_that_are_printed(text: str, labels: list[str]) -> None:
    assert shown_labels(actions_of(text)) == labels


@pytest.mark.parametrize(
    ("text", "queries"),
    [
        ('{{ query "sum(up)" | first | value }}', ["sum(up)"]),
        ('{{ query "up{job=\\"a\\"}" | first | value | humanize }}', ['up{job="a"}']),
        ("{{ `up` | query | first | value }} {{ query `down` | first | label `job` }}", ["up", "down"]),
        ('{{ with query "up" }}{{ . | first | value }}{{ end }}', []),
        ('{{ if query "up" }}{{ query "up" | first | value }}{{ end }}', []),
        ('{{ range query "up" }}{{ .Value }}{{ end }}', []),
        ('{{ query (printf "up{job=%q}" $labels.job) | first | value }}', []),
        ('{{ len (query "up") }} {{ $value }} query "up" | first', []),
    ],
)
def test_returns_queries_that_need_a_result(text: str, queries: list[str]) -> None:
    assert needed_queries(text) == queries
