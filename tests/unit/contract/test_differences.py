"""What a contract promises, compared with a scrape."""

from __future__ import annotations

import pytest

from stackctl.contract.differences import differences, without_series
from stackctl.contract.served import served, without_type
from stackctl.exposition import parse
from stackctl.manifest.contracts import read_metrics
from stackctl.manifest.problems import Problems

SCRAPE = """
# HELP jobs_total Jobs.
# TYPE jobs_total counter
jobs_total{queue="a"} 1
# TYPE jobs_created gauge
jobs_created{queue="a"} 1
# TYPE wait_seconds histogram
wait_seconds_bucket{method="GET",le="0.5"} 1
wait_seconds_bucket{method="GET",le="1.0"} 1
wait_seconds_bucket{method="GET",le="+Inf"} 1
wait_seconds_sum{method="GET"} 1
wait_seconds_count{method="GET"} 1
# TYPE size_bytes summary
size_bytes{quantile="0.5"} 1
size_bytes{quantile="0.99"} 1
size_bytes_sum 1
size_bytes_count 1
# TYPE app_info gauge
app_info{version="1"} 1
# TYPE phase gauge
phase{phase="up"} 1
phase{phase="down"} 0
# TYPE depth gauge
depth 3
# TYPE lazy_total counter
# TYPE process_cpu_seconds_total counter
process_cpu_seconds_total 3
# TYPE odd untyped
odd 3
"""
WHOLE = """
jobs_total: {type: counter, labels: [queue]}
wait_seconds: {type: histogram, labels: [method]}
size_bytes: summary
app_info: {type: info, labels: [version]}
phase: {type: stateset, states: [up, down]}
depth: gauge
lazy_total: {type: counter, labels: [whatever]}
"""


def compared(contract: str, scrape: str = SCRAPE, taken: frozenset[str] = frozenset()) -> list[str]:
    problems = Problems()
    promised = read_metrics(contract, "contract.yml", {}, (), problems)
    found = parse(scrape)
    assert promised is not None, "\n".join(map(str, problems))
    assert found
    return [str(each) for each in differences(promised, served([found], taken))]


def test_a_contract_that_holds_has_no_difference() -> None:
    assert compared(WHOLE) == []


@pytest.mark.parametrize(
    ("right", "wrong", "difference"),
    [
        ("depth: gauge", "depth: counter", "~ depth: type counter -> gauge"),
        ("[queue]", "[room, queue]", "~ jobs_total: labels -room"),
        ("[queue]", "[]", "~ jobs_total: labels +queue"),
        ("[queue]", "{queue: [b]}", "~ jobs_total: values of queue +a"),
        ("labels: [method]", "labels: [method], buckets: [1, 5]", "~ wait_seconds: buckets 1 5 -> 0.5 1"),
        ("summary", "{type: summary, quantiles: [0.5]}", "~ size_bytes: quantiles 0.5 -> 0.5 0.99"),
        ("[up, down]", "[down, broken]", "~ phase: states down broken -> down up"),
        ("depth: gauge", "", "+ depth: gauge"),
        (
            "wait_seconds: {type: histogram, labels: [method]}",
            "",
            "+ wait_seconds: histogram, labels method, buckets 0.5 1",
        ),
        ("app_info: {type: info, labels: [version]}", "", "+ app_info: info, labels version"),
        ("phase: {type: stateset, states: [up, down]}", "", "+ phase: stateset, states down up"),
        ("depth: gauge", "depth: gauge\nheight: gauge", "- height"),
    ],
)
def test_names_the_difference(right: str, wrong: str, difference: str) -> None:
    assert compared(WHOLE.replace(right, wrong, 1)) == [difference]


def test_native_histograms_are_not_expected_in_a_text() -> None:
    assert compared(f"{WHOLE}rpc_seconds: {{type: histogram, native: true}}\n") == []


def test_labels_that_the_scrape_sets_are_found_renamed() -> None:
    assert compared(WHOLE, taken=frozenset({"queue"})) == ["~ jobs_total: labels -queue, +exported_queue"]


def test_the_types_of_openmetrics_are_found_by_their_short_names() -> None:
    scrape = (
        "# TYPE jobs counter\njobs_total 1\njobs_created 5\n# TYPE lazy counter\n# TYPE app info\napp_info 1\n# EOF\n"
    )
    assert compared("jobs_total: counter\nlazy_total: counter\napp_info: info\n", scrape) == []
    found = parse(scrape)
    assert found
    assert without_type([found]) == []


def test_reports_what_cannot_be_added() -> None:
    found = parse(SCRAPE)
    assert found
    assert without_series([], served([found], frozenset())) == ["lazy_total"]
    assert without_type([found]) == ["odd"]
