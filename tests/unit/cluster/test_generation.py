"""Generations are kept in Secrets, of which the last confirmed one is what a change goes back to."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from stackctl import conventions as c
from stackctl.cluster.generation import (
    SIZE_LIMIT,
    Generation,
    as_confirmed,
    confirmed,
    generation_of,
    generations,
    outdated,
    secret,
    unfinished,
)
from stackctl.cluster.objects import Thing, thing
from stackctl.cluster.plan import removals
from stackctl.errors import Unavailable


def rule(expression: str) -> Thing:
    metadata = {"name": "r", "namespace": "shop"}
    return thing({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"expr": expression}})


def kept(*each: Generation) -> list[Thing]:
    return [thing(secret(one, "shop", "shop", {"app.kubernetes.io/part-of": "shop"})) for one in each]


def history(*expressions: str) -> list[Generation]:
    """Confirmed generations, one after the other."""
    found: list[Generation] = []
    for expression in expressions:
        found.append(as_confirmed(generation_of([rule(expression)], found, 7.0)))
    return found


def test_secret_gives_back_the_generation_and_its_objects() -> None:
    (one,) = history("up")
    (secret_of_it,) = kept(one)
    assert str(secret_of_it) == "Secret shop-generation-1"
    assert "up" not in str(secret_of_it.content)
    assert generations([rule("no generation"), secret_of_it]) == [one]
    assert [each.content for each in one.things()] == [rule("up").content]
    assert one.written_at() == 7.0


def test_equal_objects_are_the_same_generation() -> None:
    first, again, other = history("up", "up", "down")
    assert first.id == again.id != other.id
    assert first.content == again.content
    assert [each.number for each in (first, again, other)] == [1, 2, 3]


def test_change_that_was_not_confirmed_is_unfinished_until_another_is() -> None:
    (old,) = history("up")
    new = generation_of([rule("down")], [old], 8.0)
    assert (confirmed([old, new]), unfinished([old, new])) == (old, new)
    later = as_confirmed(generation_of([rule("up")], [old, new], 9.0))
    assert (confirmed([old, new, later]), unfinished([old, new, later])) == (later, None)
    assert (confirmed([new]), unfinished([])) == (None, None)


def test_only_the_last_confirmed_generations_are_kept_each_once() -> None:
    found = history(*"abcdefg", "f")
    begun = generation_of([rule("h")], found, 8.0)
    gone = outdated([*found, begun])
    lasting = [each for each in [*found, begun] if each not in gone]
    assert len(lasting) == c.GENERATIONS_KEPT
    assert [each.number for each in lasting] == [3, 4, 5, 7, 8]


def test_generation_is_never_removed_by_a_change_of_the_manifest() -> None:
    assert removals(kept(*history("up")), []) == []


def test_what_no_secret_holds_is_known_before_it_is_sent() -> None:
    noise = random.Random(1).randbytes(2 * SIZE_LIMIT).hex()
    assert generation_of([rule(noise)], [], 0.0).is_too_large
    assert not generation_of([rule("a" * 2 * SIZE_LIMIT)], [], 0.0).is_too_large


@pytest.mark.parametrize("data", [{}, {"objects.json.gz": "!"}, {"objects.json.gz": "bm8="}, None])
def test_damaged_secret_is_an_error_only_when_it_is_needed(data: Any) -> None:
    (one,) = kept(*history("up"))
    (read,) = generations([replace(one, content={**one.content, "data": data})])
    with pytest.raises(Unavailable):
        read.things()
