"""What is known of the parts of expressions over a service with metrics of every kind."""

from __future__ import annotations

from math import inf

import pytest

from stackctl.promql.catalogue import UNKNOWN_PART, Catalogue, Record
from stackctl.promql.types.infer import infer, series_value
from stackctl.promql.types.unit import COUNT, RATIO, SECONDS, Unit
from stackctl.promql.types.value import BUCKETS, COUNTER, GAUGE, QUANTILE, STATE, SUM, UNKNOWN, Range, Value
from tests.unit.promql.shop import SHOP


def _of(expr: str, catalogue: Catalogue = SHOP) -> Value:
    return infer(expr, catalogue).value


@pytest.mark.parametrize(
    ("expr", "kind"),
    [
        ("requests_total", COUNTER),
        ("rate(requests_total[5m])", GAUGE),
        ("sum(requests_total)", SUM),
        ("topk(3, requests_total)", COUNTER),
        ("sum(rate(requests_total[5m]))", GAUGE),
        ("latency_seconds_bucket", BUCKETS),
        ("sum by (le) (rate(latency_seconds_bucket[5m]))", BUCKETS),
        ('latency_seconds_bucket{le="0.5"}', COUNTER),
        ("histogram_quantile(0.9, rate(latency_seconds_bucket[5m]))", QUANTILE),
        ("depth > bool 3", STATE),
        ("nobody_knows", UNKNOWN),
        ("depth or requests_total", UNKNOWN),
        ("depth * on (instance) group_left (version) build_info", GAUGE),
        ("job:requests:sum", SUM),
    ],
)
def test_knows_the_kind(expr: str, kind: str) -> None:
    assert _of(expr).kind == kind


@pytest.mark.parametrize(
    ("expr", "unit"),
    [
        ("rate(requests_total[5m])", Unit("count", per_second=True)),
        ("rate(latency_seconds_sum[5m]) / rate(latency_seconds_count[5m])", SECONDS),
        ("histogram_quantile(0.9, sum by (le) (rate(latency_seconds_bucket[5m])))", SECONDS),
        ("memory_bytes / limit_bytes", RATIO),
        ("wait_seconds * 1000", Unit("seconds", 0.001)),
        ("time() - last_success_timestamp_seconds", SECONDS),
        ("count(depth)", COUNT),
        ("ln(wait_seconds)", None),
    ],
)
def test_knows_the_unit(expr: str, unit: Unit | None) -> None:
    assert _of(expr).unit == unit


@pytest.mark.parametrize(
    ("expr", "span"),
    [
        ("requests_total", Range(0, inf)),
        ("wait_seconds", Range()),
        ("-requests_total", Range(-inf, 0)),
        ("up", Range(0, 1)),
        ("1 - avg(up)", Range(0, 1)),
        ("sum(up)", Range(0, inf)),
        ("count(depth) - 1", Range(0, inf)),
        ("clamp(depth, 0, 10)", Range(0, 10)),
        ("count(depth) or vector(0)", Range(0, inf)),
        ("histogram_quantile(0.9, rate(latency_seconds_bucket[5m]))", Range(0, 5)),
    ],
)
def test_knows_the_range(expr: str, span: Range) -> None:
    assert _of(expr).range == span


def test_result_is_there_whatever_is_found_behind_a_fallback() -> None:
    assert _of("sum(depth) or vector(0)").is_there
    assert not _of("(sum(depth) or vector(0)) and depth").is_there
    assert not _of("sum(depth)").is_there


def test_label_that_a_variable_names_may_be_any() -> None:
    assert _of(f"sum by ({UNKNOWN_PART}) (depth)").labels.possible is None
    assert _of(f"depth * on ({UNKNOWN_PART}) up").labels.possible is None


def test_values_of_labels_are_those_that_are_selected() -> None:
    assert _of('requests_total{status=~"4..|5.."}').labels.values["status"] == ("404", "500")
    assert _of('requests_total{status!="200", method="GET"}').labels.values["method"] == ("GET",)


def test_record_has_the_labels_that_its_rule_adds() -> None:
    labels = series_value("team:depth:max", SHOP).labels
    assert labels.possible == {"team"}
    assert labels.values["team"] == ("shop",)


def test_records_in_a_circle_are_unknown() -> None:
    assert series_value("loop:a", SHOP).kind == UNKNOWN


def test_conditions_choose_among_the_rules_of_one_name() -> None:
    rules = tuple(Record("vector(1)", {"slo": name, "owner": owner}) for name, owner in (("a", "x"), ("b", "y")))
    catalogue = Catalogue(records={"slo:budget": rules})
    assert infer("slo:budget", catalogue).value.labels.values["owner"] == ("x", "y")
    assert infer('slo:budget{slo="b"}', catalogue).value.labels.values["owner"] == ("y",)
    assert infer('slo:budget{slo="c"}', catalogue).value.labels.values["owner"] == ("x", "y")
