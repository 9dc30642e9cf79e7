"""Text and words."""

from __future__ import annotations

import pytest

from stackctl.manifest.fields import Boolean, Filled, Filling, FolderTitle, Given, Off, Text, TextOrNothing, kind
from tests.unit.manifest.fields.reading import read, refusal


@pytest.mark.parametrize("written", ["", " a ", "3.10", "on"])
def test_text_stays_as_written(written: str) -> None:
    assert read(Text, written) == written


@pytest.mark.parametrize(("value", "said"), [(None, "nothing"), ([1], "a list"), ({}, "a mapping")])
def test_what_is_not_text_is_named_and_not_shown(value: object, said: str) -> None:
    assert kind(value) == said
    assert refusal(Text, value) == (f"expected text, got {said}", "")


def test_nothing_is_empty_text_where_it_may_be_left_out() -> None:
    assert read(TextOrNothing, None) == ""
    assert refusal(Filled, " ")[0] == "the text is empty"


@pytest.mark.parametrize(("written", "value"), [("true", True), ("false", False)])
def test_boolean_is_one_of_two_words(written: str, value: bool) -> None:
    assert read(Boolean, written) is value


@pytest.mark.parametrize(
    ("written", "remedy"),
    [
        ("yes", "Did you mean `true`?"),
        ("Off", "Did you mean `false`?"),
        ("TRUE", "Did you mean `true`?"),
        ("x", ""),
    ],
)
def test_other_word_for_a_boolean_is_refused(written: str, remedy: str) -> None:
    assert refusal(Boolean, written) == (f"expected `true` or `false`, got `{written}`", remedy)


def test_off_is_a_word_of_its_own() -> None:
    assert read(Off, "off") is True
    assert refusal(Off, "false") == ("expected `off` or a mapping, got `false`", "Did you mean `off`?")
    assert refusal(Off, ["off"]) == ("expected `off` or a mapping, got a list", "")


def test_folder_has_not_the_name_of_the_top_level() -> None:
    assert read(FolderTitle, " Shop ") == "Shop"
    assert "Grafana's name for the top level" in refusal(FolderTitle, " general")[0]


def test_parameter_of_a_pack_is_text_or_labels() -> None:
    assert read(Given, "a") == "a"
    assert read(Given, {"a": "b"}) == {"a": "b"}
    assert refusal(Given, {"a": ["b"]})[0] == "expected text or labels, got a mapping"


@pytest.mark.parametrize("written", ["", "a{b}", "a\nb", "a:b"])
def test_value_of_a_placeholder_has_no_sign_of_yaml(written: str) -> None:
    assert "a placeholder's value can contain only" in refusal(Filling, written)[0]
