"""Text and lines of a preview."""

from __future__ import annotations

from stackctl.preview.shapes import Area, Label, area, centred, fitting, line, width_of


def test_text_is_cut_to_its_width() -> None:
    assert fitting("requests", 1000, 12) == "requests"
    cut = fitting("requests per second", 60, 12)
    assert cut.endswith("…")
    assert width_of(cut, 12) <= 60


def test_inset_never_has_an_empty_size() -> None:
    box = Area(10, 10, 20, 5)
    assert box.inset(left=5, top=1) == Area(15, 11, 15, 4)
    assert box.inset(left=50, top=50) == Area(60, 60, 1, 1)


def test_area_is_closed_between_two_lines() -> None:
    assert line([(0, 1), (2, 3)]) == "M0.0 1.0L2.0 3.0"
    assert area([(0, 1), (2, 3)], [(0, 9), (2, 9)]) == "M0.0 1.0L2.0 3.0L2.0 9.0L0.0 9.0Z"


def test_centred_text_is_in_the_middle() -> None:
    (label,) = centred(Area(0, 0, 100, 50), "No data")
    assert isinstance(label, Label)
    assert (label.x, label.anchor, label.text) == (50, "middle", "No data")
