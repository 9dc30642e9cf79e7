"""What is recorded of SLOs becomes shares and burn rates, each beside the objective that it belongs to."""

from __future__ import annotations

from typing import Any

import pytest

from stackctl.access import Access
from stackctl.clients.http import Http, NoAnswer
from stackctl.clients.prometheus import Prometheus
from stackctl.operations.objectives import Objective, measured
from tests.contract.serving import Asked, Reply, Server

PAID = Objective("api", "paid", 0.999, 30.0)
FAST = Objective("api", "fast", 0.9, 7.0)
RECORDED = [
    ("slo:sli_error:ratio_period", {"service": "api", "slo": "paid"}, "0.0004"),
    ("slo:error_budget_remaining:ratio", {"service": "api", "slo": "paid"}, "0.6"),
    ("slo:sli_error:ratio_rate1h", {"service": "api", "slo": "paid"}, "0.002"),
    ("slo:sli_error:ratio_period", {"service": "api", "slo": "fast"}, "0.25"),
    ("slo:error_budget_remaining:ratio", {"service": "api", "slo": "fast"}, "-1.5"),
    # Of another tool: the same names, without these labels.
    ("slo:sli_error:ratio_period", {"sloth_service": "api", "sloth_slo": "paid"}, "0.9"),
]


def vector(query: str) -> Any:
    """The recorded series that `query` names."""
    result = [
        {"metric": {"__name__": name, **labels}, "value": [1.0, value]}
        for name, labels, value in RECORDED
        if name in query
    ]
    return {"status": "success", "data": {"resultType": "vector", "result": result}}


def test_each_objective_gets_its_own_numbers(server: Server) -> None:
    server.routes["/api/v1/query"] = Asked(vector)
    paid, fast, new = measured((PAID, FAST, Objective("new", "paid", 0.99, 30.0)), Prometheus(Http(Access(server.url))))
    # 0.2 % of the last hour failed, of 0.1 % that may: twice too fast.
    assert (paid.good, paid.budget_remaining, paid.burn_rate) == pytest.approx((0.9996, 0.6, 2.0))
    assert (fast.good, fast.budget_remaining, fast.burn_rate) == (0.75, -1.5, None)
    assert (new.good, new.budget_remaining, new.burn_rate) == (None, None, None)
    assert len(server.asked) == 1


def test_a_server_that_fails_is_one_kind_of_error(server: Server) -> None:
    server.routes["/api/v1/query"] = Reply({"error": "too busy"}, 503)
    with pytest.raises(NoAnswer, match="too busy"):
        measured((PAID,), Prometheus(Http(Access(server.url))))
