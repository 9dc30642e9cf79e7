"""Remote read is judged by how Prometheus answers a query that has to ask each block."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.serving import Asked
from tests.contract.world import World, success

ID = "remote_read.answers"
URL = "http://store.test/read"
REFUSED = f'remote_read: error sending request: Post "{URL}": dial tcp 192.0.2.1:80: connect: connection refused'


def read_from(well: World, *blocks: dict[str, Any], warnings: tuple[str, ...] = ()) -> list[str]:
    """Let Prometheus read from these, and answer with `warnings`. Returns the queries that it is asked."""
    well.configure(remote_read=list(blocks))
    asked: list[str] = []

    def answer(query: str) -> Any:
        asked.append(query)
        return {**success({"result": []}), "warnings": list(warnings)}

    well.servers["prometheus"].routes["/api/v1/query"] = Asked(answer)
    return asked


def test_block_that_answers_passes(well: World) -> None:
    asked = read_from(well, {"url": URL, "required_matchers": {"site": "north"}})
    finding = well.only(ID)
    assert (finding.subject, finding.status) == (URL, "pass")
    assert [query for query in asked if 'site="north"' in query and "time=1000.000" in query]


def test_stack_without_remote_read_has_no_row(well: World) -> None:
    assert well.findings(ID) == []


@pytest.mark.parametrize(
    "warning",
    [REFUSED, f"remote_read: remote server {URL} returned http status 404 Not Found", "remote_read: unexpected EOF"],
)
def test_block_that_does_not_answer_fails_with_the_reason(well: World, warning: str) -> None:
    read_from(well, {"url": URL}, warnings=(warning,))
    finding = well.only(ID)
    assert (finding.status, finding.evidence) == ("fail", warning)


def test_one_of_two_blocks_is_to_blame(well: World) -> None:
    blocks = ({"url": URL, "name": "north"}, {"url": f"{URL}/2"}, {"url": f"{URL}er"})
    read_from(well, *blocks, warnings=(REFUSED.replace(URL, f"{URL}/2"),))
    assert [(each.subject, each.status) for each in well.findings(ID)] == [
        ("north", "pass"),
        (f"{URL}/2", "fail"),
        (f"{URL}er", "pass"),
    ]


def test_login_in_the_url_is_not_shown(well: World) -> None:
    url = "http://someone:hunter2@store.test/read?token=hunter2"
    read_from(well, {"url": url}, warnings=(f"remote_read: remote server {url} returned http status 500",))
    finding = well.only(ID)
    assert finding.status == "fail"
    assert "hunter2" not in f"{finding}"
