"""Colors of Grafana: names, palette, shades and scales."""

from __future__ import annotations

import pytest

from stackctl.preview import colors


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("red", "#F2495C"),
        ("super-light-blue", "#C0D8FF"),
        ("#abc", "#abc"),
        ("rgba(255, 0, 16, 0.5)", "#ff0010"),
        ("rgb(999,0,0)", "#ff0000"),
        ("no-color", colors.GREY),
        ("#12", colors.GREY),
    ],
)
def test_knows_names_and_codes(name: str, code: str) -> None:
    assert colors.code_of(name) == code


def test_palette_begins_again() -> None:
    palette = [colors.classic(index) for index in range(40)]
    assert len(set(palette)) == 19
    assert palette[0] == palette[19] == colors.code_of("green")


def test_shades_are_darker_and_brighter_by_turns() -> None:
    base, darker, brighter = (colors.shade("#808080", index) for index in range(3))
    assert (base, darker, brighter) == ("#808080", "#737373", "#8d8d8d")


@pytest.mark.parametrize(("share", "name"), [(-1, "green"), (0.5, "yellow"), (2, "red")])
def test_scale_goes_from_the_first_color_to_the_last(share: float, name: str) -> None:
    assert colors.continuous("continuous-GrYlRd", share) == colors.code_of(name).lower()


def test_mixes_short_codes() -> None:
    assert colors.mixed("#fff", "#000000", 0.5) == "#808080"
