"""The labels that the template of a text shows."""

from __future__ import annotations

import pytest

from stackctl.promql.alert_text import actions_of, shown_labels


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
