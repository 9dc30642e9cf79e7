"""What is wrong with a document, in the words of its schema and at its place."""

from __future__ import annotations

from typing import Literal

import pytest
from pydantic import Field

from stackctl.manifest.base import Model
from stackctl.manifest.parse import parse
from stackctl.manifest.problems import Problems
from stackctl.manifest.validate import show_path, unknown_name, validate


class Item(Model):
    """An item."""

    size: Literal["small", "large"] = Field("small", description="How large it is.")
    name: str = Field(description="Its name.")


class File(Model):
    """A file."""

    file: str = Field(description="Its name.")


class Watched(Model):
    """What is watched."""

    targets: list[str] = Field(description="Where it is.")


class Box(Model):
    """A box of items."""

    files: list[File] = Field(default_factory=list, description="Its files.")
    watched: dict[str, Watched] = Field(default_factory=dict, description="What is watched.")

    items: list[Item] = Field(default_factory=list, description="What is in it.")
    by_name: dict[str, Item] = Field(default_factory=dict, description="More, by name.")


def problems(text: str) -> list[tuple[str, str, str, int]]:
    found = Problems()
    assert validate(parse(text, "box.yml"), Box, found) is None
    return [(each.code, each.summary, each.remedy, each.position.line if each.position else 0) for each in found]


def test_good_document_is_the_model() -> None:
    found = Problems()
    box = validate(parse("items: [{name: a}]\n", "box.yml"), Box, found)
    assert not found
    assert box is not None
    assert (box.items[0].name, box.items[0].size) == ("a", "small")


@pytest.mark.parametrize(
    ("text", "code", "summary", "remedy"),
    [
        ("itmes: []", "manifest.unknown-key", "unknown key `itmes`", "Did you mean `items`?"),
        ("zzz: 1", "manifest.unknown-key", "unknown key `zzz`", "Known here: by_name, files, items, watched."),
        (
            "items:\n- {size: small}",
            "manifest.missing-key",
            "items[0]: the key `name` is missing",
            "`name`: its name.",
        ),
        ("items: a", "manifest.value", "items: expected a list, got text", 'Write `["a"]`.'),
        ("by_name: []", "manifest.value", "by_name: expected a mapping, got a list", ""),
        (
            "by_name: [{name: x, size: large}]",
            "manifest.value",
            "by_name: expected a mapping, got a list",
            "Write each under its name: `by_name: {x: {...}}`.",
        ),
        (
            "watched: {api: {targets: [a], url: 'http://a'}}",
            "manifest.unknown-key",
            "watched.api: unknown key `url`",
            "Did you mean `targets`?",
        ),
        (
            "by_name: {a.b: {name: x, size: larg}}",
            "manifest.value",
            'by_name."a.b".size: expected `small` or `large`, got `larg`',
            "Did you mean `large`?",
        ),
        ("items: [5]", "manifest.value", "items[0]: expected a mapping, got text", "Known here: name, size."),
        ("files: [a.yml]", "manifest.value", "files[0]: expected a mapping, got text", "Write `file: a.yml`."),
        (
            "watched: {api: 'localhost:8000'}",
            "manifest.value",
            "watched.api: expected a mapping, got text",
            'Write `targets: ["localhost:8000"]`.',
        ),
        (
            "items:\n- {name: x, size: blue}",
            "manifest.value",
            "items[0].size: expected `small` or `large`, got `blue`",
            "`size`: how large it is.",
        ),
        (
            "items:\n- {name: x, 'size(': small}",
            "manifest.unknown-key",
            "items[0]: unknown key `size(`",
            "Did you mean `size`?",
        ),
        (
            "items:\n- {name: x, '{{a}}': small}",
            "manifest.unknown-key",
            "items[0]: unknown key `{{a}}`",
            "Inside `{...}` a comma ends a value: quote a value that holds one.",
        ),
    ],
)
def test_mistake_is_named_by_its_path(text: str, code: str, summary: str, remedy: str) -> None:
    (found,) = problems(f"{text}\n")
    assert found == (code, summary, remedy, text.count("\n") + 1)


def test_all_mistakes_are_reported() -> None:
    found = problems("items: [{name: a, size: x}, {nme: b}]\nmore: 1\n")
    assert [summary for _, summary, _, _ in found] == [
        "items[0].size: expected `small` or `large`, got `x`",
        "items[1]: the key `name` is missing",
        "items[1]: unknown key `nme`",
        "unknown key `more`",
    ]


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        (("services", "api", "targets", 1), "services.api.targets[1]"),
        (("services", "my.api", "x y"), 'services."my.api"."x y"'),
        (("a", ""), 'a.""'),
        ((0, "a"), "[0].a"),
        ((), ""),
    ],
)
def test_path_is_written_as_a_user_would_say_it(path: tuple[str | int, ...], shown: str) -> None:
    assert show_path(path) == shown


def test_unknown_name_has_the_one_that_was_meant_or_all() -> None:
    assert unknown_name("rediss", ["redis", "kafka"], "There are") == "Did you mean `redis`?"
    assert unknown_name("x", ["redis", "kafka"], "There are") == "There are: `redis`, `kafka`."
    assert unknown_name("x", [], "There are") == "There are: none."
