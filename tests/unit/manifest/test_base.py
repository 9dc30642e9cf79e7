"""Short forms of the mappings of the manifest."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from stackctl.manifest.base import Model


class Inner(Model):
    size: str = "1"


class Outer(Model):
    shorthand = "name"
    listable = frozenset({"items"})
    omissible = frozenset({"note"})

    name: str = ""
    items: list[str] = []  # noqa: RUF012 - pydantic copies it
    note: str = ""
    inner: Inner | None = None


def test_text_stands_for_the_main_key() -> None:
    assert Outer.model_validate("x").name == "x"


def test_one_thing_stands_for_a_list_of_it() -> None:
    assert Outer.model_validate({"items": "a"}).items == ["a"]
    assert Outer.model_validate({"items": ["a", "b"]}).items == ["a", "b"]


def test_empty_section_has_its_defaults() -> None:
    assert Outer.model_validate({"inner": None}).inner == Inner()
    assert Outer.model_validate({}).inner is None


def test_key_without_a_value_may_be_left_out() -> None:
    assert Outer.model_validate({"note": None}).note == ""
    with pytest.raises(ValidationError):
        Outer.model_validate({"name": None})


def test_refuses_unknown_keys() -> None:
    with pytest.raises(ValidationError):
        Outer.model_validate({"other": "x"})
