"""Many series are counted by few requests, each of them rightly."""

from __future__ import annotations

import pytest

from tests.contract.backing.asking import RULE, rules
from tests.contract.world import World


@pytest.mark.parametrize(("window", "requests"), [("", 1), ("[10m]", 5)])
def test_many_rules_take_few_requests(well: World, window: str, requests: int) -> None:
    selectors = [f'shop_orders_total{{result="ok", shop!="{n}"}}{window}' for n in range(100)]
    rules(well, *(f"max_over_time({each})" if window else each for each in selectors))
    assert {finding.status for finding in well.findings(RULE)} == {"pass"}
    of_former_jobs = 1
    assert well.servers["prometheus"].asked.count("/api/v1/query") == requests + of_former_jobs


def test_reports_the_wrong_one_among_many_alike(well: World) -> None:
    rules(well, *(f'shop_orders_total{{team="{team}"}}' for team in ("core", "c", "d", "e", "")))
    assert [finding.status for finding in well.findings(RULE)] == ["pass", "fail", "fail", "fail", "pass"]
