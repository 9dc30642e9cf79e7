"""Native histograms, scraped by a Prometheus that has them: the pinned one (`make test-pinned`)."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from stackctl import conventions as c
from stackctl import tools
from stackctl.components import registry
from stackctl.tools.locate import is_at_least
from tests.e2e.pieces import Page, Piece, alert, board, group, panel, record, service
from tests.e2e.pieces.running import App, running
from tests.e2e.real_stack import need

pytestmark = [pytest.mark.e2e, pytest.mark.native]

# The first version that takes them up by a setting of its configuration.
SINCE = "3.8"
PROTOBUF = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
QUANTILE = "histogram_quantile(0.9, sum by (job) (rate(rpc_seconds[20s])))"
OF_BUCKETS = "histogram_quantile(0.9, sum by (le) (rate(rpc_seconds_bucket[20s])))"


def varint(number: int) -> bytes:
    parts = []
    while number > 0x7F:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*parts, number])


def zigzag(number: int) -> int:
    return number << 1 if number >= 0 else (-number << 1) - 1


def field(number: int, value: int | float | str | bytes) -> bytes:
    if isinstance(value, float):
        return varint(number << 3 | 1) + struct.pack("<d", value)
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    content = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(content)) + content


def native_histogram(name: str, now: int) -> bytes:
    """An exposition with one native histogram that counts on with the time `now` (milliseconds)."""
    count = now // 1000 % 1_000_000
    span = field(1, zigzag(0)) + field(2, 2)
    histogram = [
        field(1, 2 * count),
        field(2, 1.5 * count),
        field(5, zigzag(0)),
        field(6, 1e-9),
        field(7, 0),
        field(12, span),
        field(13, zigzag(count)),
        field(13, zigzag(0)),
    ]
    metric = field(7, b"".join(histogram))
    family = field(1, name) + field(2, "Time of calls.") + field(3, 4) + field(4, metric)
    return varint(len(family)) + family


GLOBAL = {"extra": {"global": {"scrape_native_histograms": True}}}
WELL = Piece(
    "native",
    {"/native": Page(lambda now: native_histogram("rpc_seconds", now), PROTOBUF)},
    service("native", metrics={"rpc_seconds": {"type": "histogram", "native": True}}),
    rules=(group("native", alert("Slow", f"{QUANTILE} > 100"), record("rpc:p9", QUANTILE)),),
    dashboard=board(
        panel("Quantile", QUANTILE),
        panel("Calls", "sum(histogram_count(rate(rpc_seconds[20s])))"),
        panel("Mean", "histogram_avg(sum(rate(rpc_seconds[20s])))"),
        panel("Heat map", "sum(rate(rpc_seconds[20s]))", kind="heatmap"),
    ),
    prometheus=GLOBAL,
)
FAULT = Piece(
    "of-buckets",
    rules=(group("of-buckets", alert("OfBuckets", f"{OF_BUCKETS} > 1")),),
    dashboard=board(panel("P", OF_BUCKETS)),
    red=frozenset({"rule.data of-buckets-rules.yml/of-buckets/OfBuckets", "panel.data of-buckets.json/P"}),
)


@pytest.fixture(autouse=True)
def has_native_histograms() -> None:
    need("native")
    version = tools.require(registry.component(c.PROMETHEUS).tool).version
    if not is_at_least(version, SINCE):
        pytest.skip(f"Prometheus {version} has no `scrape_native_histograms`: make test-pinned runs this")


def test_native_histograms_are_green(tmp_path: Path) -> None:
    with running(tmp_path, App([WELL]), WELL) as stack:
        assert {row: each["summary"] for row, each in stack.red().items()} == {}


def test_buckets_of_a_native_histogram_are_red(tmp_path: Path) -> None:
    # Without a contract `check` cannot know, so that only `verify` can tell.
    well = Piece(WELL.name, WELL.pages, service("native"), prometheus=GLOBAL)
    with running(tmp_path, App([well]), well, FAULT) as stack:
        found = stack.red()
    assert found.keys() == FAULT.red
    assert {each["summary"] for each in found.values()} == {
        "the native histogram `rpc_seconds` has no `_bucket` series"
    }
