"""The metrics of a server itself, read as text."""

from __future__ import annotations

from stackctl.clients.exposition import Exposition

TEXT = '# TYPE sent_total counter\nsent_total{to="a"} 2\nsent_total{to="b"} 3\nopen 4\n'


def test_reads_labels_and_values() -> None:
    assert Exposition(TEXT).series("sent_total") == [({"to": "a"}, 2.0), ({"to": "b"}, 3.0)]


def test_total_is_the_sum_over_all_series() -> None:
    assert Exposition(TEXT).total("sent_total") == 5.0
    assert Exposition(TEXT).total("missing") == 0.0


def test_text_that_is_not_metrics_has_no_series() -> None:
    assert Exposition("<html>").series("sent_total") == []
