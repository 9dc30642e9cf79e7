"""The text of a manifest reads back as its data, whatever is in it."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from stackctl.adopt.source import source_of
from stackctl.adopt.text import manifest_text
from stackctl.manifest.problems import Problems

TEXTS = st.text(st.characters(exclude_categories=["C"]))
DATA = st.recursive(
    TEXTS | st.integers(0, 10**6) | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS.filter(bool), inner, max_size=3),
    max_leaves=12,
)
SECTIONS = st.lists(DATA, min_size=1, max_size=3) | st.dictionaries(TEXTS.filter(bool), DATA, max_size=3)


@given(st.dictionaries(st.sampled_from(["prometheus", "services", "rules"]), SECTIONS, min_size=1))
def test_text_reads_back_as_the_data(data: dict[str, Any]) -> None:
    source = source_of(manifest_text(data, [], "x"), "stack.yml", Problems())
    assert source
    assert source.data == data


def test_sections_are_apart_and_short_mappings_on_one_line() -> None:
    data = {
        "version": 1,
        "name": "a",
        "prometheus": {"scrape_interval": "15s"},
        "services": {"b": {"targets": ["c:1"]}},
    }
    assert manifest_text(data, [], "x").split("\n", 1)[1] == (
        "version: 1\nname: a\n\nprometheus: {scrape_interval: 15s}\n\nservices:\n  b:\n    targets: ['c:1']\n"
    )
