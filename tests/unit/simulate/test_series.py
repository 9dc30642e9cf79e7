"""What is simulated keeps the laws of its types, whatever the contract, the seed and the scenarios."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from stackctl.model import Contract, Label, Metric
from stackctl.simulate.flow import Flow, advance, at
from stackctl.simulate.scenario import SCENARIOS, Course
from stackctl.simulate.series import Exposition, Reading, exposition
from stackctl.source import Position

HERE = Position("stack.yml", 1, 1)
START = 1_700_000_000.0

STATUS = Label("status", ("200", "404", "500"))
METHOD = Label("method", ("GET", "POST"))
METRICS = (
    Metric("requests_total", "counter", HERE, (METHOD, STATUS), help='All "requests",\nby \\ status'),
    Metric("errors_total", "counter", HERE, (Label("error_type"),)),
    Metric("cpu_seconds_total", "counter", HERE, unit="seconds"),
    Metric("request_duration_seconds", "histogram", HERE, (METHOD,), buckets=(0.01, 0.1, 1.0)),
    Metric("answer_seconds", "histogram", HERE, (METHOD, STATUS), buckets=(0.01, 0.1, 1.0)),
    Metric("answer_points", "summary", HERE, (STATUS,)),
    Metric("message_size_bytes", "histogram", HERE),
    Metric("quality_ratio", "histogram", HERE, unit="ratio", buckets=(0.5, 0.9, 1.0)),
    Metric("points", "summary", HERE, (Label("indicator"),), quantiles=(0.5, 0.99)),
    Metric("cpu_percent", "gauge", HERE),
    Metric("fill_ratio", "gauge", HERE, unit="ratio"),
    Metric("memory_bytes", "gauge", HERE),
    Metric("speedup", "gauge", HERE, range=(1000.0, 300.0)),
    Metric("health_status", "gauge", HERE, (Label("odd", ('quote"', "back\\slash", "line\nbreak")),)),
    Metric("uptime_seconds", "gauge", HERE),
    Metric("nodes_total", "gauge", HERE),
    Metric("shop_info", "info", HERE, (Label("version", ("1.2.3",)), Label("mode"))),
    Metric("phase", "stateset", HERE, states=("good", "degraded", "bad")),
)
CONTRACT = Contract(METRICS, HERE)
LIMITS = {"cpu_percent": (0, 100), "fill_ratio": (0, 1), "memory_bytes": (0, math.inf), "speedup": (300, 1000)}

Samples = Mapping[tuple[str, tuple[tuple[str, str], ...]], float]
Story = Iterable[tuple[str, float]]
stories = st.lists(st.tuples(st.sampled_from(sorted(SCENARIOS)), st.floats(0, 400)), min_size=1, max_size=6)


def read(made: Exposition, reading: Reading, openmetrics: bool) -> Samples:
    text = made.text(reading, openmetrics)
    families = list(parse_openmetrics(text) if openmetrics else parse_text(text))
    return {
        (each.name, tuple(sorted(each.labels.items()))): each.value for family in families for each in family.samples
    }


def readings(story: Story, seed: int) -> list[Reading]:
    """A look at the end of each part of `story`: a scenario and the seconds it lasts."""
    flow, made = Flow(START, START), []
    for name, seconds in story:
        course = Course(SCENARIOS[name], flow.time)
        now = flow.time + seconds
        flow = advance(flow, course, seed, now)
        flow = at(flow, course.weather(seed, flow.time), now)
        made.append(Reading(flow, course.weather(seed, now)))
    return made


@settings(max_examples=40, deadline=None)
@given(stories, st.integers(0, 1000))
def test_counters_never_fall_while_the_service_runs(story: Story, seed: int) -> None:
    made = exposition(CONTRACT, seed)
    last: Samples = {}
    for reading in readings(story, seed):
        now = read(made, reading, False)
        for (name, labels), value in now.items():
            if name.endswith(("_total", "_bucket", "_sum", "_count")) and name != "nodes_total":
                assert value >= last.get((name, labels), 0.0), name
        last = now


@settings(max_examples=40, deadline=None)
@given(stories, st.integers(0, 1000))
def test_buckets_are_cumulative_and_end_with_the_count(story: Story, seed: int) -> None:
    made = exposition(CONTRACT, seed)
    for reading in readings(story, seed):
        samples = read(made, reading, False)
        for metric in (each for each in METRICS if each.kind == "histogram"):
            buckets: dict[tuple[tuple[str, str], ...], list[tuple[float, float]]] = {}
            for (name, labels), value in samples.items():
                if name == f"{metric.name}_bucket":
                    rest = tuple(pair for pair in labels if pair[0] != "le")
                    buckets.setdefault(rest, []).append((float(dict(labels)["le"]), value))
            for rest, found in buckets.items():
                counts = [value for _, value in sorted(found)]
                assert counts == sorted(counts)
                assert counts[-1] == samples[f"{metric.name}_count", rest]


@settings(max_examples=40, deadline=None)
@given(stories, st.integers(0, 1000))
def test_gauges_stay_in_the_bounds_of_their_unit(story: Story, seed: int) -> None:
    made = exposition(CONTRACT, seed)
    for reading in readings(story, seed):
        for (name, _), value in read(made, reading, False).items():
            low, high = LIMITS.get(name, (-math.inf, math.inf))
            assert low <= value <= high, name


@settings(max_examples=20, deadline=None)
@given(stories, st.integers(0, 1000))
def test_same_seed_gives_the_same_series_in_both_formats(story: Story, seed: int) -> None:
    one, other = exposition(CONTRACT, seed), exposition(CONTRACT, seed)
    for first, second in zip(readings(story, seed), readings(story, seed), strict=True):
        assert one.text(first, False) == other.text(second, False)
        assert read(one, first, False) == read(other, second, True)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(0, 300), max_size=20), st.integers(0, 100))
def test_counts_do_not_depend_on_the_scrapes(looks: list[float], seed: int) -> None:
    course = Course(SCENARIOS["normal"], START)
    often = Flow(START, START)
    for look in sorted(looks):
        often = advance(often, course, seed, START + look)
    assert advance(often, course, seed, START + 301) == advance(Flow(START, START), course, seed, START + 301)


def test_labels_are_those_of_the_contract_within_closed_sets() -> None:
    samples = read(exposition(CONTRACT, 1), readings([("normal", 60)], 1)[0], False)
    by_metric = {metric.name: metric for metric in METRICS}
    for name, labels in samples:
        base = name if name in by_metric else name.rpartition("_")[0]
        metric = by_metric[base]
        own = {"histogram": "le", "summary": "quantile", "stateset": metric.name}.get(metric.kind)
        given_labels = {label: value for label, value in labels if label != own}
        assert set(given_labels) == {label.name for label in metric.labels}
        for label in metric.labels:
            assert not label.values or given_labels[label.name] in label.values


def test_counter_without_total_has_only_the_older_format() -> None:
    made = exposition(Contract((Metric("queries", "counter", HERE),), HERE), 1)
    assert not made.speaks_openmetrics
    assert "# TYPE queries counter\nqueries " in made.text(readings([("normal", 60)], 1)[0], False)


def test_sums_over_labels_agree_between_metrics() -> None:
    samples = read(exposition(CONTRACT, 7), readings([("normal", 3600)], 7)[0], False)
    requests = sum(value for (name, _), value in samples.items() if name == "requests_total")
    durations = sum(value for (name, _), value in samples.items() if name == "request_duration_seconds_count")
    assert requests == pytest.approx(durations, rel=0.01)
    get = sum(v for (name, labels), v in samples.items() if name == "requests_total" and ("method", "GET") in labels)
    assert get == pytest.approx(samples["request_duration_seconds_count", (("method", "GET"),)], rel=0.01)


@pytest.mark.parametrize("counted", ["requests_total", "answer_seconds_count", "answer_points_count"])
@pytest.mark.parametrize(("scenario", "low", "high"), [("normal", 0.0, 0.02), ("errors", 0.25, 0.45)])
def test_failed_work_shows_as_failed_requests(scenario: str, low: float, high: float, counted: str) -> None:
    samples = read(exposition(CONTRACT, 1), readings([(scenario, 600)], 1)[0], False)
    requests = {labels: value for (name, labels), value in samples.items() if name == counted}
    failed = sum(value for labels, value in requests.items() if ("status", "500") in labels)
    assert low <= failed / sum(requests.values()) <= high


@pytest.mark.parametrize("codes", [("OK", "NotFound", "Internal"), ("OK", "NOT_FOUND", "DEADLINE_EXCEEDED")])
def test_failed_calls_have_codes_of_server_errors(codes: tuple[str, ...]) -> None:
    calls = Metric("grpc_server_handled_total", "counter", HERE, (Label("grpc_code", codes),))
    samples = read(exposition(Contract((calls,), HERE), 1), readings([("errors", 600)], 1)[0], False)
    good, clients, servers = (samples[calls.name, (("grpc_code", code),)] for code in codes)
    assert 0.25 <= servers / (good + clients + servers) <= 0.45
    assert clients < 0.1 * good


def test_a_histogram_shows_the_latency_of_its_scenario() -> None:
    def slow(scenario: str) -> float:
        samples = read(exposition(CONTRACT, 1), readings([(scenario, 600)], 1)[0], False)
        get = ("method", "GET")
        at_most = samples["request_duration_seconds_bucket", (("le", "0.1"), get)]
        return 1 - at_most / samples["request_duration_seconds_count", (get,)]

    assert slow("normal") < 0.2
    assert slow("latency") > 0.9


def test_saturation_shows_full_gauges_and_the_last_state() -> None:
    samples = read(exposition(CONTRACT, 1), readings([("saturated", 60)], 1)[0], False)
    assert samples["cpu_percent", ()] == 100
    assert samples["speedup", ()] == 300
    assert samples["phase", (("phase", "bad"),)] == 1
    assert samples["phase", (("phase", "good"),)] == 0
    assert {value for (name, _), value in samples.items() if name == "health_status"} == {0}


def test_an_idle_service_counts_nothing() -> None:
    samples = read(exposition(CONTRACT, 1), readings([("idle", 600)], 1)[0], False)
    assert {value for (name, _), value in samples.items() if name.endswith(("errors_total", "requests_total"))} == {0}


def test_an_idle_service_does_not_count_even_what_it_counts_at_rest() -> None:
    busy = Contract((Metric("bars_total", "counter", HERE, range=(3.0, 30.0)),), HERE)
    samples = [read(exposition(busy, 1), each, False) for each in readings([("normal", 60), ("idle", 600)], 1)]
    assert min(samples[0].values()) >= 60 * 3.0
    assert samples[0] == samples[1]


def test_recovery_leads_from_the_scenario_before_to_normal() -> None:
    before = Course(SCENARIOS["saturated"], START).weather(1, START)
    course = Course(SCENARIOS["recover"], START, before)
    pressure = [course.weather(1, START + seconds).pressure for seconds in (0, 20, 40, 60)]
    assert pressure == sorted(pressure, reverse=True)
    assert pressure[0] == before.pressure
    assert course.weather(1, START + 60) == Course(SCENARIOS["normal"], START).weather(1, START + 60)


def test_afternoon_is_busier_than_the_night() -> None:
    midnight = START - START % 86400
    course = Course(SCENARIOS["normal"], midnight)
    assert course.weather(1, midnight + 15 * 3600).load > 2 * course.weather(1, midnight + 3 * 3600).load


@given(st.integers(0, 1000))
@settings(max_examples=20, deadline=None)
def test_gauges_move_smoothly_from_scrape_to_scrape(seed: int) -> None:
    gauges = {"cpu_percent": 100.0, "fill_ratio": 1.0, "speedup": 700.0}
    contract = Contract(tuple(metric for metric in METRICS if metric.name in gauges), HERE)
    made, course = exposition(contract, seed), Course(SCENARIOS["normal"], START)
    before: Samples = {}
    for time in range(0, 1800, 15):
        now = START + time
        samples = read(made, Reading(Flow(START, now), course.weather(seed, now)), openmetrics=False)
        for name, range_ in gauges.items():
            if before:
                assert abs(samples[name, ()] - before[name, ()]) <= 0.06 * range_, name
        before = samples
