from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stackctl.model import Panel, Row
from stackctl.render.layout import COLUMNS, Box, place

KINDS = ("timeseries", "stat", "gauge", "bargauge", "table", "heatmap", "state-timeline", "text")
WIDTHS = st.none() | st.integers(1, COLUMNS)
HEIGHTS = st.none() | st.integers(1, 40)
PANELS = st.builds(Panel, st.just("p"), st.sampled_from(KINDS), width=WIDTHS, height=HEIGHTS)
ROWS = st.builds(
    Row, st.sampled_from(["", "Heading"]), st.lists(PANELS, min_size=1, max_size=12).map(tuple), st.booleans()
)


def boxes(*kinds: str, **fields: int) -> list[Box]:
    return place([Row("", tuple(Panel("p", kind, **fields) for kind in kinds))])[0][1]


def lines(*kinds: str) -> list[list[int]]:
    """The widths of the panels, line by line."""
    found = boxes(*kinds)
    return [[box.w for box in found if box.y == y] for y in sorted({box.y for box in found})]


def overlap(one: Box, other: Box) -> bool:
    return (
        one.x < other.x + other.w and other.x < one.x + one.w and one.y < other.y + other.h and other.y < one.y + one.h
    )


@given(st.lists(ROWS, min_size=1, max_size=6))
def test_panels_stay_in_the_grid_without_overlap(rows: list[Row]) -> None:
    shown: list[Box] = []
    for row, (heading, found) in zip(rows, place(rows), strict=True):
        assert (heading is not None) == bool(row.title)
        assert len(found) == len(row.panels)
        assert all(box.x >= 0 and box.y >= 0 and box.w > 0 and box.h > 0 and box.x + box.w <= COLUMNS for box in found)
        assert all(heading is None or box.y > heading.y for box in found)
        folded = heading is not None and row.collapsed
        shown += ([heading] if heading else []) + ([] if folded else found)
        assert not [1 for i, one in enumerate(found) for other in found[i + 1 :] if overlap(one, other)]
    assert not [1 for i, one in enumerate(shown) for other in shown[i + 1 :] if overlap(one, other)]


@given(st.lists(st.sampled_from(KINDS), min_size=1, max_size=20))
def test_every_line_is_filled_and_as_high_as_its_panels(kinds: list[str]) -> None:
    found = boxes(*kinds)
    for y in {box.y for box in found}:
        line = [box for box in found if box.y == y]
        assert sum(box.w for box in line) == COLUMNS
        assert len({box.h for box in line}) == 1


@given(PANELS)
def test_keeps_a_given_width_and_height(panel: Panel) -> None:
    [(_, [box])] = place([Row("", (panel,))])
    assert box.w == (panel.width or COLUMNS)
    assert panel.height in (None, box.h)


def test_lines_are_even() -> None:
    ts, stat = "timeseries", "stat"
    assert lines(ts) == [[24]]
    assert lines(ts, ts) == [[12, 12]]
    assert lines(ts, ts, ts) == [[8, 8, 8]]
    assert lines(ts, ts, ts, ts) == [[12, 12], [12, 12]]
    assert lines(*[ts] * 7) == [[8, 8, 8], [12, 12], [12, 12]]
    assert lines(*[stat] * 6) == [[4] * 6]
    assert lines(*[stat] * 4, ts, ts) == [[6] * 4, [12, 12]]
    assert lines(*[stat] * 6, ts) == [[4] * 6, [24]]
    assert lines(stat, ts) == [[8, 16]]


def test_a_folded_row_takes_the_height_of_its_heading() -> None:
    rows = [Row("A", (Panel("p"),), collapsed=True), Row("B", (Panel("p"),))]
    (first, [inside]), (second, _) = place(rows)
    assert (first, second) == (Box(0, 0, 24, 1), Box(0, 1, 24, 1))
    assert inside.y == 1


def test_charts_fill_the_first_screen() -> None:
    stat, ts = Panel("p", "stat"), Panel("p")
    assert [box.h for box in boxes(*["stat"] * 4, "timeseries", "timeseries")] == [4] * 4 + [16] * 2
    assert [box.h for _, [box] in place([Row("", (stat,)), Row("", (ts,)), Row("", (ts,))])] == [4, 8, 8]
    assert [box.h for _, [box] in place([Row("", (ts,))] * 4)] == [8] * 4
    assert [box.h for _, [box] in place([Row("", (Panel("p", "bargauge"),)), Row("", (ts,))])] == [8, 12]
    assert [box.h for _, [box] in place([Row("", (stat,)), Row("More", (ts,), collapsed=True)])] == [4, 8]
    assert [box.h for _, [box] in place([Row("", (Panel("p", height=6),)), Row("", (ts,))])] == [6, 14]
