"""What the panels show, asked of a server on a real socket."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stackctl.report import panel_history
from stackctl.report.panel_history import LINES, POINTS, WINDOW
from stackctl.verification.context import Context
from tests.contract.serving import Asked, Reply, Server, serve
from tests.contract.world import context_of

NOW = 1_700_000_123.4
PANELS = [
    {
        "title": "Requests",
        "fieldConfig": {"defaults": {"unit": "reqps"}},
        "targets": [{"expr": "rate(requests_total[$__rate_interval])", "legendFormat": "{{ path }} by {{job}}"}],
    },
    {"title": "Row", "panels": [{"title": "Load", "targets": [{"expr": "load"}, {"expr": "many"}]}]},
    {"title": "Empty", "targets": [{"expr": "empty"}]},
    {"title": "Refused", "targets": [{"expr": "refused"}]},
]
DASHBOARD = {
    "title": "Shop",
    "uid": "shop",
    "templating": {"list": [{"name": "job", "type": "query", "query": "label_values(up, job)"}]},
    "panels": PANELS,
}


def series(labels: dict[str, str], *values: str) -> dict[str, Any]:
    return {"metric": labels, "values": [[NOW - 8 * n, value] for n, value in reversed(list(enumerate(values)))]}


def found(query: str) -> Any:
    if "refused" in query:
        return Reply({"status": "error", "error": "found duplicate series"}, 422)
    limit = int(re.findall(r"limit=(\d+)", query)[0])
    if "requests_total[5m]" in query:
        labels = {"job": "api", "path": "/cart"}
        return success([series(labels, "1", "NaN", "+Inf", "2")])
    many = [series({"__name__": "many", "zone": str(n)}, "1") for n in range(20)]
    results = {"query=load": [series({"__name__": "load", "job": "api"}, "5")], "query=many": many[:limit]}
    return success(next((each for start, each in results.items() if start in query), []))


def success(result: list[Any]) -> dict[str, Any]:
    return {"status": "success", "data": {"resultType": "matrix", "result": result}}


def asked(first: float) -> Asked:
    def answer(query: str) -> Any:
        if "count(many\n)" in query:
            return success([{"metric": {"__n__": "0"}, "value": [NOW, "20"]}])
        return success([{"metric": {}, "value": [NOW, str(first)]}])

    return Asked(answer)


@pytest.fixture
def server() -> Iterator[Server]:
    with serve() as made:
        made.routes |= {"/api/v1/query_range": Asked(found), "/api/v1/query": asked(NOW - 720)}
        yield made


@pytest.fixture
def context(server: Server, tmp_path: Path) -> Context:
    (tmp_path / "d.json").write_text(json.dumps(DASHBOARD))
    manifest = f"version: 1\nname: shop\nprometheus: {{listen: 127.0.0.1:{server.port}}}\n"
    (tmp_path / "stack.yml").write_text(
        f'{manifest}services: {{api: {{targets: ["localhost:1"]}}}}\ndashboards: [{{file: d.json}}]\n'
    )
    return context_of(tmp_path / "stack.yml")


def look(context: Context) -> panel_history.History:
    seen = panel_history.look(context)
    assert seen
    return seen


def test_every_panel_has_its_chart_and_no_variable_one(context: Context) -> None:
    charts = look(context).charts
    assert [(chart.title, chart.unit) for chart in charts] == [
        ("Requests", "reqps"),
        ("Load", ""),
        ("Empty", ""),
        ("Refused", ""),
    ]
    assert {chart.dashboard for chart in charts} == {"Shop"}


def test_a_line_is_named_by_its_legend_and_holds_finite_values_only(context: Context) -> None:
    (line,) = look(context).charts[0].lines
    assert line.name == "/cart by api"
    assert line.points == ((NOW - 24, 2.0), (NOW, 1.0))


def test_keeps_few_of_many_series_and_counts_the_rest(context: Context) -> None:
    chart = look(context).charts[1]
    assert len(chart.lines) == LINES
    # One of `load` and twenty of `many` are 21.
    assert chart.more == 21 - LINES
    assert [line.name for line in chart.lines] == ["load", *map(str, range(LINES - 1))]


def test_a_panel_without_lines_shows_the_reason(context: Context) -> None:
    empty, refused = look(context).charts[2:]
    assert (empty.lines, empty.trouble) == ((), "")
    assert (refused.lines, refused.trouble) == ((), "found duplicate series")


@pytest.mark.parametrize(("age", "seconds"), [(WINDOW + 1, 900), (720, 720), (713, 713), (0, 60)])
def test_time_shown_covers_the_available_samples(age: float, seconds: float, server: Server, context: Context) -> None:
    server.routes["/api/v1/query"] = asked(NOW - age)
    seen = look(context)
    assert seconds <= seen.end - seen.start <= seconds + seen.step
    assert (seen.end - seen.start) / seen.step <= POINTS + 1
    assert (seen.end - seen.start) % seen.step == 0  # else the last point is before the end
    assert NOW - seen.step < seen.end <= NOW


def test_a_prometheus_that_takes_too_long_is_left_alone(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(panel_history, "_PATIENCE_SECONDS", -1.0)
    assert all("not queried" in chart.trouble for chart in look(context).charts)


def test_no_charts_without_a_prometheus(server: Server, context: Context) -> None:
    server.routes.clear()
    assert panel_history.look(context) is None
