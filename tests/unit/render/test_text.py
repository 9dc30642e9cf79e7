"""YAML that every reader reads alike."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from stackctl.render.text import yaml_bytes
from tests.unit.render.test_round_trip import CHECKED, TEXT


@CHECKED
@given(st.dictionaries(TEXT, TEXT | st.lists(TEXT) | st.integers() | st.booleans() | st.none(), max_size=5))
def test_yaml_reads_back_the_same(value: dict[str, Any]) -> None:
    assert yaml.safe_load(yaml_bytes(value, "stack.yml")) == value


@pytest.mark.parametrize(
    "word", ["y", "n", "Yes", "off", "0o17", "1_000", "22:22", "=", "<<", "~", "1e3", "012", "0b1"]
)
def test_quotes_words_that_parsers_disagree_about(word: str) -> None:
    assert f'"{word}"' in yaml_bytes({"key": word}, "stack.yml").decode()
