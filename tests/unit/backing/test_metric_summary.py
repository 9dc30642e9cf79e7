"""What Prometheus is asked about the metrics of a contract."""

from __future__ import annotations

import promql_parser

from stackctl.backing.metric_summary import _questions
from stackctl.model import Label, Metric
from stackctl.promql.selectors import Condition
from stackctl.source import Position


def test_questions_quote_the_names_of_labels() -> None:
    metric = Metric("x_total", "counter", Position(""), (Label("http.route", ("/a", "/b")), Label("zone")))
    asked = _questions(metric, Condition("job", "=", "api"), {"service.name", "job"})
    for question in asked.values():
        promql_parser.parse(question)
    assert asked["beyond", "http.route"].startswith("topk(")
    assert 'topk by ("http.route") (1, ' in asked["beyond", "http.route"]
