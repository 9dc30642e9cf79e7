"""Colors of names that mean something."""

from __future__ import annotations

import re

import pytest

from stackctl.design import colors


@pytest.mark.parametrize(
    ("text", "color"),
    [
        ("200", "green"),
        ("2xx", "green"),
        ("304", "blue"),
        ("404", "orange"),
        ("Retries", "yellow"),
        ("503", "red"),
        (" failed ", "red"),
        ("api", ""),
        ("errors by job", ""),
    ],
)
def test_name_has_the_color_of_its_meaning(text: str, color: str) -> None:
    assert colors.meaning_of(text) == color


def test_no_name_has_two_colors() -> None:
    for text in ("200", "304", "404", "warning", "timeout", "not_found", "unknown", "hits", "misses"):
        matching = [color for color in colors.MEANINGS if re.fullmatch(colors.MEANINGS[color], text, re.IGNORECASE)]
        assert len(matching) == 1, text


def test_override_of_grafana_matches_whole_names_in_any_case() -> None:
    written = re.fullmatch(r"/(.*)/i", colors.regex_of("red"))
    assert written
    assert re.search(written[1], "Error", re.IGNORECASE)
    assert not re.search(written[1], "error budget", re.IGNORECASE)


def test_legend_of_one_status_label_is_a_status() -> None:
    assert colors.status_of("{{ code }}") == "code"
    assert colors.status_of("{{method}}") == ""
    assert colors.status_of("{{code}} {{method}}") == ""


def test_legends_with_labels_have_no_color_of_their_own() -> None:
    assert colors.named(["errors", "{{status}}", "requests"]) == {"errors": "red"}
