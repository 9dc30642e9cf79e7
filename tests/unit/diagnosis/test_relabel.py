"""Relabelling does what Prometheus documents, step by step."""

from __future__ import annotations

from typing import Any

import pytest

from stackctl.diagnosis.relabel import relabelled

LABELS = {"__address__": "api:8000", "env": "Prod", "team": "core", "__meta_zone": "a"}


@pytest.mark.parametrize(
    ("step", "dropped"),
    [
        ({"action": "drop", "source_labels": ["env"], "regex": "Prod"}, True),
        ({"action": "drop", "source_labels": ["env"], "regex": "Pro"}, False),  # the whole value has to match
        ({"action": "drop", "source_labels": ["env", "team"], "regex": "Prod;core"}, True),
        ({"action": "drop", "source_labels": ["env", "team"], "separator": "", "regex": "Prodcore"}, True),
        ({"action": "drop", "source_labels": ["none"], "regex": ""}, True),
        ({"action": "keep", "source_labels": ["env"], "regex": "Test|Prod"}, False),
        ({"action": "keep", "source_labels": ["env"], "regex": "Test"}, True),
        ({"action": "keepequal", "source_labels": ["team"], "target_label": "env"}, True),
        ({"action": "keepequal", "source_labels": ["team"], "target_label": "team"}, False),
        ({"action": "dropequal", "source_labels": ["team"], "target_label": "team"}, True),
        ({"action": "dropequal", "source_labels": ["team"], "target_label": "env"}, False),
    ],
)
def test_step_drops_or_keeps_as_documented(step: dict[str, Any], dropped: bool) -> None:
    assert (relabelled(LABELS, [{"target_label": "x", "replacement": "y"}, step]).dropped_by == 1) == dropped


@pytest.mark.parametrize(
    ("step", "changed"),
    [
        ({"source_labels": ["env"], "target_label": "stage"}, {"stage": "Prod"}),
        ({"source_labels": ["env"], "regex": "(P)(?P<rest>.*)", "target_label": "stage", "replacement": "${rest}-$1"},
         {"stage": "rod-P"}),
        ({"source_labels": ["env"], "regex": "(P).*", "target_label": "stage", "replacement": "$1x$$"}, {"stage": "$"}),
        ({"source_labels": ["env"], "regex": "no", "target_label": "team"}, {}),
        ({"target_label": "team", "replacement": "web"}, {"team": "web"}),
        ({"target_label": "team", "replacement": ""}, {"team": None}),
        ({"source_labels": ["env"], "regex": "(.).*", "target_label": "in_$1"}, {"in_P": "P"}),
        ({"source_labels": ["env"], "target_label": "9$1"}, {}),  # no name of a label
        ({"action": "lowercase", "source_labels": ["env"], "target_label": "env"}, {"env": "prod"}),
        ({"action": "uppercase", "source_labels": ["team"], "target_label": "t"}, {"t": "CORE"}),
        ({"action": "labelmap", "regex": "__meta_(.+)"}, {"zone": "a"}),
        ({"action": "labeldrop", "regex": "te.*"}, {"team": None}),
        ({"action": "labelkeep", "regex": "__.*|env"}, {"team": None}),
    ],
)  # fmt: skip
def test_a_step_changes_labels_as_documented(step: dict[str, Any], changed: dict[str, str | None]) -> None:
    expected = {name: value for name, value in {**LABELS, **changed}.items() if value is not None}
    assert relabelled(LABELS, [step]).labels == expected


def test_hashmod_uses_the_last_half_of_md5() -> None:
    """The values are those of Prometheus' own tests (relabel_test.go): "foo;bar;baz" modulo 1000 is 976."""
    labels = {"a": "foo", "b": "bar", "c": "baz"}
    step = {"action": "hashmod", "source_labels": ["c"], "separator": ";", "modulus": 1000, "target_label": "d"}
    assert relabelled(labels, [step]).labels["d"] == "976"


def test_a_later_step_sees_what_an_earlier_one_made() -> None:
    steps = [
        {"action": "lowercase", "source_labels": ["env"], "target_label": "env"},
        {"action": "drop", "source_labels": ["env"], "regex": "prod"},
    ]
    assert relabelled(LABELS, steps).dropped_by == 1


def test_reads_expressions_as_prometheus_does() -> None:
    assert relabelled({"a": "é"}, [{"action": "drop", "source_labels": ["a"], "regex": r"\pL"}]).dropped_by == 0
    assert relabelled({"a": "1"}, [{"action": "drop", "source_labels": ["a"], "regex": r"\pL"}]).dropped_by is None


def test_reports_an_expression_that_nobody_reads() -> None:
    with pytest.raises(ValueError, match="missing"):
        relabelled(LABELS, [{"action": "drop", "regex": "("}])
