"""Data of YAML files, as the servers read it."""

from __future__ import annotations

import pytest

from stackctl.adopt.source import source_of, with_booleans
from stackctl.manifest.problems import Problems


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("true", True),
        ('"true"', "true"),
        ("on", "on"),
        ("42", 42),
        ("0.5", 0.5),
        ("007", "007"),
        ("1e3", "1e3"),
        ("22:22", "22:22"),
        ("3.10", "3.10"),
        ("'5'", "5"),
        ("~", None),
        ("15s", "15s"),
    ],
)
def test_values_have_the_type_that_a_server_gives_them(written: str, value: object) -> None:
    source = source_of(f"a: {written}", "x.yml", Problems())
    assert source
    assert source.data["a"] == value
    assert type(source.data["a"]) is type(value)


def test_places_are_known() -> None:
    source = source_of("a:\n  b: 1\n", "x.yml", Problems())
    assert source
    assert str(source.at("a", "b")) == "x.yml:2:3"


def test_file_that_is_no_mapping_is_empty() -> None:
    source = source_of("- 1\n", "x.yml", Problems())
    assert source
    assert source.data == {}


def test_booleans_of_options_have_any_word_for_them() -> None:
    data = {"honor_labels": "yes", "tls_config": {"insecure_skip_verify": "On"}, "labels": {"y": "yes", "of": "True"}}
    made = with_booleans({"jobs": [data, {"honor_labels": "False"}]})
    assert made["jobs"][0] == {**data, "honor_labels": True, "tls_config": {"insecure_skip_verify": True}}
    assert made["jobs"][1] == {"honor_labels": False}
